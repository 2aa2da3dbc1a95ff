"""Text aimed at a model rather than a reader: such a document waits for a person. Pure.

A document is suspicious when it speaks to an assistant, gives it orders, imitates its protocol, or hides words. It is
then not found; what a draft says is checked again by the guard.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice

from domain.knowledge import Document
from domain.values import Value
from retrieval.disguises import plain_words, set_apart, unpacked, without_digits
from retrieval.invisible import FLAG, TAGS, visible
from retrieval.phrases import phrases_of
from retrieval.protocol import protocol_marks

MAX_EXCERPT = 120
MAX_SUSPICIONS = 10
MAX_PIECE = 4_000
"""Longer paragraphs are read in pieces of this many characters that overlap."""
OVERLAP = 300

WHY = {
    "override": "It tells a model to set its instructions aside.",
    "role": "It gives a model another role.",
    "address": "It speaks to an assistant, not to a customer.",
    "secrecy": "It orders to keep something from customers.",
    "disclosure": "It orders to reveal instructions or secrets.",
    "dictation": "It dictates what replies have to say.",
    "approval": "It orders to approve or to keep people out.",
    "collection": "It orders to collect or to send away what customers entrust.",
}
_HIDDEN_WHY = "It hides words from readers that are aimed at a model."
_INVISIBLE = re.compile(r"(?:\w[\u200b-\u200d\u2060\ufeff]+){8,}|[\u200b-\u200d\u2060-\u2064\ufeff]{6,}|[\u202d\u202e]")
_TWO_ALPHABETS = re.compile(r"\b(?=\w*[a-zA-Z])(?=\w*[\u0400-\u04ff])[a-zA-Z\u0400-\u04ff]{3,}\b")
_ORDERS = re.compile(
    "ignor|disregard|forget|olvid|oubli|vergiss|vergess|esquec|esquece|desconsider|override|missacht|bypass|reveal|approve"
)
_OBJECTS = re.compile(
    "instruc|anweisung|consigne|prompt|regeln|regras|reglas|rules|directive|guideline|system|sistema|refund|customer"
)


class Suspicion(Value):
    """One reason to let a person look."""

    rule: str
    """What was found, such as `override` or `hidden_text`."""
    excerpt: str
    """The words, at most MAX_EXCERPT characters."""
    why: str
    """One sentence for the person."""


def suspicions(document: Document) -> tuple[Suspicion, ...]:
    """Why a person should see the document before it answers, at most one a rule; empty for nearly every document."""
    shown = "\n\n".join([document.title, document.text, document.url or "", *_attributes(document)])
    found: dict[str, Suspicion] = {}
    for each in islice(chain(_in_shown(shown), _in_hidden(document.hidden)), 1_000):
        found.setdefault(each.rule, each)
        if len(found) == MAX_SUSPICIONS:
            break
    return tuple(found.values())


def suspicions_in(text: str) -> tuple[Suspicion, ...]:
    """The same of a text that is no document, such as a message, as readers see it."""
    found: dict[str, Suspicion] = {}
    for each in islice(_in_shown(text), 1_000):
        found.setdefault(each.rule, each)
    return tuple(found.values())


def _attributes(document: Document) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in document.attributes.items())


def _in_shown(text: str) -> Iterator[Suspicion]:
    yield from _in_characters(text)
    for mark in protocol_marks(text):
        yield _suspicion(mark.rule, mark.text, mark.why)
    for piece in _pieces(text):
        yield from _in_words(piece, WHY)
    for said in unpacked(text):
        yield _suspicion("encoded", said, "It holds readable words that were encoded.")
        yield from _in_words(said, WHY)
    for letters in set_apart(text):
        if _ORDERS.search(letters) and _OBJECTS.search(letters):
            yield _suspicion("override", letters, "It hides an order in letters that are set apart.")


def _in_hidden(text: str) -> Iterator[Suspicion]:
    for found in _in_shown(text) if text else ():
        yield _suspicion("hidden_text", found.excerpt, _HIDDEN_WHY)
    for piece in text.splitlines():
        yield from (
            _suspicion("hidden_text", each.excerpt, _HIDDEN_WHY)
            for each in _in_words(piece[:MAX_PIECE], {"hidden": ""})
        )


def _in_characters(text: str) -> Iterator[Suspicion]:
    if text.isascii():
        return
    if tags := TAGS.findall(FLAG.sub("", text)):
        said = "".join(chr(ord(character) - 0xE0000) for character in "".join(tags))
        yield _suspicion("invisible_characters", said, "It writes in an alphabet that is never drawn.")
    if found := _INVISIBLE.search(text):
        said = visible(text[max(0, found.start() - 20) : found.end() + 60])
        yield _suspicion("invisible_characters", said, "It holds a run of characters that nobody sees.")
    if len(mixed := _TWO_ALPHABETS.findall(text)) > 1:
        yield _suspicion("lookalikes", " ".join(mixed), "It writes words in letters of two alphabets that look alike.")


def _pieces(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        for start in range(0, max(len(paragraph), 1), MAX_PIECE):
            yield paragraph[max(0, start - OVERLAP) : start + MAX_PIECE]


def _in_words(piece: str, rules: dict[str, str]) -> Iterator[Suspicion]:
    words = plain_words(piece)
    for read in (words, *without_digits(words)):
        known = frozenset(read.split())
        for rule, why in rules.items():
            if place := _find(rule, read, known):
                yield _suspicion(rule, _excerpt(piece, place), why)


def _find(rule: str, words: str, known: frozenset[str]) -> re.Match[str] | None:
    for phrase in phrases_of(rule).candidates(known):
        found = phrase.pattern.search(words)
        while found and _is_ordinary(words, known, found):
            found = phrase.pattern.search(words, found.end())
        if found:
            return found
    return None


def _is_ordinary(words: str, known: frozenset[str], found: re.Match[str]) -> bool:
    """Whether ordinary words of shops overlap the find."""
    begin, end = max(0, found.start() - 60), found.end() + 80
    return any(
        ordinary.start() < found.end() and ordinary.end() > found.start()
        for phrase in phrases_of("ordinary").candidates(known)
        for ordinary in phrase.pattern.finditer(words, begin, end)
    )


def _excerpt(piece: str, place: re.Match[str]) -> str:
    """The words of the piece around the find, which stands in its plain form."""
    share = place.start() / max(1, len(place.string))
    start = max(0, int(share * len(piece)) - 15)
    return piece if len(piece) <= MAX_EXCERPT else piece[start : start + MAX_EXCERPT]


def _suspicion(rule: str, excerpt: str, why: str) -> Suspicion:
    return Suspicion(rule=rule, excerpt=" ".join(visible(excerpt).split())[:MAX_EXCERPT], why=why)
