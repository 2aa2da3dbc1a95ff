"""The customer's words, tidied: what is greeting, signature or quotation says nothing about what is wanted.

Rules are data, one JSON file a language in resources/wording.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from domain.vocabulary import Language

RESOURCES = Path(__file__).parent / "resources"
MAX_CHARACTERS = 20_000
"""Beyond this a message is read no further: the classifier's answer would not change."""
MAX_UNITS = 8
"""Sentences of a message that are read by themselves."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
_ACCENTS = re.compile("[\u0300-\u036f]+")
_OVERLONG = re.compile(r"(\S{200})\S+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s\d.,;:!?)])|\n+")
_ABBREVIATION = re.compile(
    r"\b(?:nr|no|nº|núm|num|tel|tél|ca|bzw|z\. ?b|d\. ?h|sr|sra|dr|dra|mr|mrs|ms|st|etc|p\. ?ex|ej"
    r"|approx|inkl|exmos|av|art|e\.g|i\.e|p|ex|vgl|evtl|ggf|max|min|zzgl|bspw|resp|incl|u\. ?a)\.$"
    r"|(?<![\w.,:])\d{1,2}\.$",
    re.I,
)
_IDENTIFIERS = re.compile(
    r"\S+@\S+\.\w+|(?<![\w-])(?:ORD-\d+|[A-Z]{2,4}-\d{5,}|#\s?\d{4,}|\d{6,})(?![\w-])[ ,:]*", re.IGNORECASE
)
_WORD = re.compile(r"\w")


class Wording(NamedTuple):
    """The word lists of one language."""

    greetings: tuple[str, ...]
    openers: tuple[str, ...]
    farewells: tuple[str, ...]
    subject: tuple[str, ...]
    quotes: tuple[str, ...]
    order_words: tuple[str, ...]
    tracking_words: tuple[str, ...]
    negations: tuple[str, ...]
    automatic: tuple[str, ...]
    words: tuple[str, ...]


@cache
def wording(language: Language) -> Wording:
    """The lists of one language, read once a process."""
    lists = json.loads((RESOURCES / "wording" / f"{language.value}.json").read_text(encoding="utf-8"))
    return Wording(**{name: tuple(entries) for name, entries in lists.items()})


def clean(text: str) -> str:
    """NFKC, without invisible and control characters, straight apostrophes, at most MAX_CHARACTERS, no word longer
    than 200: patterns stay fast whatever is sent."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text)).replace("’", "'")
    return _OVERLONG.sub(r"\1", text).strip()


def fold(text: str) -> str:
    """Lower case without accents, for comparing with word lists."""
    if text.isascii():
        return text.casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    if any(map(unicodedata.combining, plain)):  # marks of other scripts
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return plain


def sentences_of(text: str, limit: int = 12) -> list[str]:
    """The sentences of a text, at most `limit`; abbreviations do not end one."""
    found: list[str] = []
    for piece in (piece.strip() for piece in _SENTENCE_END.split(text)):
        if found and (_ABBREVIATION.search(found[-1][-14:]) or not _WORD.search(piece)):
            found[-1] = f"{found[-1]} {piece}".strip()
        elif _WORD.search(piece):
            found.append(piece)
    return found[:limit]


def core_of(text: str) -> str:
    """The text without subject labels, greeting, signature and quoted mail; the whole text when nothing else is
    left."""
    core = _subject().sub("", _quotes().split(text, maxsplit=1)[0])
    core = "\n".join(line for line in core.split("\n") if not line.startswith(">")).strip()
    core = _farewell().sub("", core).strip()
    core = _opener().sub("", _greeting().sub("", core, count=1)).strip()
    return core if len(_WORD.findall(core)) >= 3 else text


def gist_of(text: str) -> str:
    """What a message is about: its core without order numbers and addresses, which no document speaks of."""
    core = core_of(clean(text))
    bare = _IDENTIFIERS.sub("", core).strip()
    return bare if sum(letter.isalpha() for letter in bare) >= 3 else core


def units_of(text: str) -> list[str]:
    """What models read of a message: its gist, then the sentences of the gist where it has several."""
    gist = gist_of(text)
    sentences = sentences_of(gist, MAX_UNITS)
    return [gist, *(sentences if len(sentences) > 1 else ())]


def is_automatic(text: str) -> bool:
    """An out-of-office reply or a delivery failure, by its set phrases."""
    return _automatic().search(fold(text[:600])) is not None


def negated_before(text: str, start: int) -> bool:
    """Whether one of the four words before `start` in the folded text negates, within the same clause."""
    clause = re.split(r"[.;:!?\n]", text[max(0, start - 60) : start])[-1]
    words = re.findall(r"[\w']+", clause)[-4:]
    return any(word in _negations() or word.endswith("n't") for word in words)


def _every(name: str) -> Iterable[str]:
    for language in Language:
        yield from getattr(wording(language), name)


def _any_of(phrases: Iterable[str], *, escape: bool = True) -> str:
    ordered = sorted(set(phrases), key=len, reverse=True)
    return "|".join(re.escape(phrase) if escape else phrase for phrase in ordered)


@cache
def _greeting() -> re.Pattern[str]:
    return re.compile(
        rf"^(?:{_any_of(_every('greetings'))})\b(?:[^,.!?:;\n\d]{{0,40}}[,.!:;\n]+|(?=\s))\s*", re.I | re.M
    )


@cache
def _opener() -> re.Pattern[str]:
    return re.compile(rf"^(?:{_any_of(_every('openers'))})\b[^.!?\n]{{0,20}}[.!?,\n]+\s*", re.I)


@cache
def _farewell() -> re.Pattern[str]:
    start = r"(?:\n|(?<=[.!?,])\s)\s*"
    return re.compile(
        rf"{start}(?:{_any_of(_every('farewells'))})\b(?!\s+(?:for|por|pour|für|pela|pelo)\b)[^?\d]{{0,80}}$", re.I
    )


@cache
def _subject() -> re.Pattern[str]:
    return re.compile(rf"^(?:{_any_of(_every('subject'))})\s?:\s*", re.I)


@cache
def _quotes() -> re.Pattern[str]:
    return re.compile(rf"(?:^|\n)(?:{_any_of(_every('quotes'), escape=False)})", re.I)


@cache
def _automatic() -> re.Pattern[str]:
    return re.compile("|".join(fold(phrase) for phrase in _every("automatic")))


@cache
def _negations() -> frozenset[str]:
    return frozenset(fold(word) for word in _every("negations"))
