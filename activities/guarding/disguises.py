"""Replies that show something else than they hold, and replies that were never finished."""

import re

from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT
from domain.findings import Finding

MAX_READ = 100_000
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]|\\w[\u200b\u200c\u2060\ufeff]+\\w"
)
_LATIN = r"a-zA-Z\u00c0-\u024f"
_TWO_ALPHABETS = re.compile(
    rf"(?<!\w)(?:[{_LATIN}]{{1,40}}[\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff]{{1,40}}[{_LATIN}])\w{{0,40}}"
)
_SLOTS = re.compile(
    r"\{\{[^{}\n]{0,60}\}\}|\{%[^{}\n]{0,60}%\}|\{[a-z_]{1,40}\}"
    r"|\[(?:your|our|customer|name|order|insert|date|ihr|ihre|kunden|bestell|votre|nom|num|su|tu|nombre|pedido|seu|sua|nome|store|shop|link)"
    r"[^\]\n]{0,40}\]"
    r"|<(?:your|customer|name|order|insert|date)[^>\n]{0,40}>|\blorem ipsum\b|(?-i:\bTODO\b|\bX{3,}\b)",
    re.I,
)
_MARKUP = re.compile(
    r"<(?:script|iframe|object|embed|img|svg|style|form|meta|link)\b[^>]{0,200}>?|\bon(?:error|load|click)\s?=", re.I
)


class DisguisedText:
    """Invisible or turning characters, or words in letters of two alphabets that look alike."""

    name = "disguised_text"

    def check(self, context: Context) -> list[Finding]:
        reply = context.reply
        if reply is None or (reply.isascii() and reply.isprintable()):
            return []
        match = _HIDDEN.search(reply, 0, MAX_READ) or _TWO_ALPHABETS.search(reply, 0, MAX_READ)
        if match is None:
            return []
        why = "The reply holds characters that hide or disguise what it says."
        return [Finding(check=self.name, on="reply", excerpt=_shown(match.group()), why=why)]


class UnfinishedText:
    """A slot that nobody filled, or markup that a page would run."""

    name = "unfinished_text"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        slot = _SLOTS.search(context.reply, 0, MAX_READ)
        markup = None if slot else _MARKUP.search(context.reply, 0, MAX_READ)
        found = slot or markup
        if found is None:
            return []
        why = "The reply holds a slot that was not filled." if slot else "The reply holds markup that a page would run."
        return [Finding(check=self.name, on="reply", excerpt=found.group()[:MAX_EXCERPT], why=why)]


def _shown(text: str) -> str:
    """The characters, those that nobody sees as their numbers."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)[:MAX_EXCERPT]
