"""Names and postcodes as customers write them when they say who they are, in the five languages. Pure."""

import json
import re
from functools import cache

from activities.wording import RESOURCES, fold

MAX_NAMES = 3
"""Names of one message that are looked at."""
MAX_POSTCODES = 2
MAX_WORDS = 6
"""Words of a name."""
_POSTCODE = re.compile(
    r"(?<![\w.,#€$£+-])(?:\d{5}-\d{3,4}|\d{4}-\d{3}|\d{4} ?[A-Z]{2}|\d{5}"
    r"|(?i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d[\dW] ?[A-Z\d]{4}))"
    r"(?![\w€$£%-]|[.,]\d)"
)
_WORD = r"[^\W\d_][\w'’-]{0,39}"
_WORDS = re.compile(rf"{_WORD}(?:\.? {_WORD}){{0,{MAX_WORDS - 1}}}")
_PART = re.compile(r"[^\W_][\w'’-]*")


def postcodes_in(text: str) -> tuple[str, ...]:
    """What may be a postcode, as it is written; at most MAX_POSTCODES. Four digits alone only where they are called
    one."""
    called = [match.group(1) for match in _called_postcode().finditer(text)]
    found = dict.fromkeys([*called, *(match.group() for match in _POSTCODE.finditer(text))])
    return tuple(found)[:MAX_POSTCODES]


def names_in(text: str) -> tuple[tuple[str, ...], ...]:
    """Where somebody says their name: what may be it, from two words on, each with the places where it may end.

    A name is what follows `my name is` and its like, a line of capitalised words alone (a signature), or such words
    before a postcode.
    """
    found: dict[tuple[str, ...], None] = {}
    for introduced in _introduced().finditer(text):
        found.setdefault(_spellings(introduced["name"], capitals=introduced["sure"] is None))
    for line in text.splitlines():
        rest = _POSTCODE.sub(" ", line).strip(" \t,;.-–—")
        if rest and len(rest) <= 120 and _WORDS.fullmatch(rest):
            found.setdefault(_spellings(rest, capitals=True))
    return tuple(name for name in found if name)[:MAX_NAMES]


def _spellings(words: str, *, capitals: bool) -> tuple[str, ...]:
    """The beginnings of a run of words that may be a name; none when it does not begin like one."""
    parts: list[str] = []
    for part in _PART.findall(words)[:MAX_WORDS]:
        if fold(part) in _connectors():
            break
        if capitals and not part[0].isupper() and fold(part) not in _particles():
            break
        parts.append(part)
    return tuple(" ".join(parts[:count]) for count in range(2, len(parts) + 1))


@cache
def _lists() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((RESOURCES / "names.json").read_text(encoding="utf-8"))
    return found


@cache
def _connectors() -> frozenset[str]:
    return frozenset(fold(word) for word in _lists()["connectors"])


@cache
def _particles() -> frozenset[str]:
    return frozenset(fold(word) for word in _lists()["particles"])


@cache
def _called_postcode() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(_lists()["postcodes"], key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?i:{words})(?!\w)(?i:\W{{0,3}}(?:is|es|est|ist|é)\b)?\W{{0,3}}(\d{{4}})(?![\w-])")


@cache
def _introduced() -> re.Pattern[str]:
    """`sure` phrases are followed by a name in any case; after the others only capitalised words are one."""
    sure, unsure = (
        "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(_lists()[kind], key=len, reverse=True))
        for kind in ("sure", "unsure")
    )
    return re.compile(rf"(?<!\w)(?:(?P<sure>(?i:{sure}))|(?i:{unsure}))\s*:?\s+(?P<name>{_WORDS.pattern})")
