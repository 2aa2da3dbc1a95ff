"""Changes that turn a good reply into a wrong one: one value, link, negation or contrary word at a time.

What is changed is found by rules of their own, apart from those of the guard: what the guard cannot read would else not
be changed either.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.dates import get_month_names

from domain.vocabulary import Language

CHANGES = Path(__file__).parent / "resources" / "changes.json"
KINDS = ("amount", "percentage", "date", "duration", "number", "code", "link", "dropped", "added", "turned", "swapped")
"""`dropped` and `added` are negations, `turned` words for their contrary, `swapped` a value for another one of the same
kind that the source has too: the hardest, since every value is then known."""
_AMOUNT = re.compile(r"(?<=€)\d[\d.,]*\d|\d[\d.,]*\d(?=\s?€)")
_PERCENT = re.compile(r"\d+(?=\s?%)")
_UNITS = (
    r"(?:working |calendar |weitere |business )?(?:days?|weeks?|months?|years?|hours?|minutes?|Werktag\w*|Tag\w*"
    r"|Woche\w*|Monat\w*|Jahr\w*|Stunde\w*|Minute\w*|jours?|mois|ans|heures?|semaines?|días?|años?|meses|horas?"
    r"|minutos?|semanas?|dias?|anos?)\b"
)
_DURATION = re.compile(
    rf"(?<![\d.,–-])\d{{1,4}}(?=(?: ?(?:[–-]|to|bis|à|a|y|e) ?\d{{1,3}})? {_UNITS})|(?<=[–-])\d{{1,3}}(?= {_UNITS})"
)
_CODE = re.compile(r"\b(?:ORD-\d{5}|LO-\d{4}|[A-Z]{2}\d{9}[A-Z]{2})\b")
_LINK = re.compile(r"https://[\w./-]+\w")
_WORDS = {
    "two": "three", "three": "four", "four": "five", "five": "seven", "zwei": "drei", "drei": "vier",
    "vier": "fünf", "fünf": "sieben", "deux": "trois", "trois": "quatre", "quatre": "cinq", "cinq": "sept",
    "dos": "tres", "tres": "cuatro", "cuatro": "cinco", "cinco": "siete", "duas": "três", "três": "quatro",
    "quatro": "cinco",
}  # fmt: skip
_NUMBER = re.compile(
    r"(?<![\w.,:/–€-])\d+(?:[.,]\d+)?(?= ?(?:°C|kg|l|cm|m|W|V)\b)|(?<![\d:.,])\d{1,2}(?=:\d\d)"
    rf"|\b(?:{'|'.join(_WORDS)})\b(?= \w)"
)
_UNDENIABLE = re.compile(r"^\s*(?:If|Wenn|Si|Se|S'il)\b|\b(?:only|nur|erst|seulement|solo|só|apenas)\b")
"""Conditions, and sentences that `not` would turn into `not only`."""


class Change(NamedTuple):
    """One wrong reply."""

    kind: str
    text: str
    what: str
    """What stood there and what stands there now."""


def changes_of(reply: str, language: Language, sources: str = "") -> Iterator[Change]:
    """Every wrong reply that one change makes of a good one. `sources` are its passages, for what is `swapped`."""
    for kind, pattern in (("amount", _AMOUNT), ("percentage", _PERCENT), ("duration", _DURATION), ("number", _NUMBER)):
        for match in pattern.finditer(reply):
            for other in dict.fromkeys(_other_numbers(match.group())):
                yield _put(kind, reply, match, other)
    for match in _CODE.finditer(reply):
        yield _put("code", reply, match, _other_digit(match.group()))
    for match in _LINK.finditer(reply):
        yield _put("link", reply, match, match.group() + "2")
        yield _put("link", reply, match, match.group().replace("://", "://my-", 1))
    yield from _dates(reply, language)
    for kind in ("dropped", "added", "turned"):
        yield from _reworded(kind, reply, language)
    yield from _swapped(reply, sources)


def _other_numbers(number: str) -> Iterator[str]:
    """The next greater leading digit, and another last digit."""
    if number in _WORDS:
        yield _WORDS[number]
        return
    yield f"{int(number[0]) % 9 + 1}{number[1:]}"
    if len(number) > 1:
        yield f"{number[:-1]}{(int(number[-1]) + 3) % 10}"


def _other_digit(code: str) -> str:
    place = max(index for index, letter in enumerate(code) if letter.isdigit())
    return f"{code[:place]}{(int(code[place]) + 1) % 10}{code[place + 1 :]}"


def _put(kind: str, reply: str, match: re.Match[str], other: str) -> Change:
    changed = reply[: match.start()] + other + reply[match.end() :]
    return Change(kind, changed, f"{match.group()} → {other}")


def _dates(reply: str, language: Language) -> Iterator[Change]:
    names = _months(language)
    pattern = rf"(?P<d>\d{{1,2}})(?P<a>\.? (?:de )?)(?P<m>{'|'.join(names)})(?P<b> (?:de )?)(?P<y>\d{{4}})"
    for match in re.finditer(pattern, reply):
        day, month, year = int(match["d"]), names.index(match["m"]), int(match["y"])
        others = ((day % 28 + 1, month, year), (day, (month + 1) % 12, year), (day, month, year + 1))
        for d, m, y in others:
            yield _put("date", reply, match, f"{d}{match['a']}{names[m]}{match['b']}{y}")


@cache
def _months(language: Language) -> list[str]:
    return [str(name) for _, name in sorted(get_month_names("wide", locale=language.value).items())]


def _reworded(kind: str, reply: str, language: Language) -> Iterator[Change]:
    """Sentence by sentence: all negations of one are dropped, one is added, or one contrary is put for a word."""
    rules = _rules()[language.value]
    negated = re.compile("|".join(pattern for pattern, _ in rules["dropped"]))
    for match in re.finditer(r"(?:[^.!?;\n]|[.](?=\d))+[.!?;]?", reply):
        sentence = match.group()
        if sentence.rstrip().endswith("?"):
            continue
        for other in _sentences(kind, sentence, rules[kind], negated):
            if other != sentence:
                yield _put(kind, reply, match, other)


def _sentences(kind: str, sentence: str, rules: list[list[str]], negated: re.Pattern[str]) -> Iterator[str]:
    if kind == "dropped" and negated.search(sentence):
        yield _without_negations(sentence, rules)
    elif kind == "added" and not negated.search(sentence) and not _UNDENIABLE.search(sentence):
        yield next(
            (re.sub(rule[0], rule[1], sentence, count=1) for rule in rules if re.search(rule[0], sentence)), sentence
        )
    elif kind == "turned" and not negated.search(sentence):
        yield from (re.sub(rule[0], rule[1], sentence, count=1) for rule in rules if re.search(rule[0], sentence))


def _without_negations(sentence: str, rules: list[list[str]]) -> str:
    for pattern, instead in rules:
        sentence = re.sub(pattern, instead, sentence)
    return sentence


def _swapped(reply: str, sources: str) -> Iterator[Change]:
    for pattern in (_AMOUNT, _PERCENT, _DURATION):
        known = sorted({match.group() for match in pattern.finditer(sources)})
        for match in pattern.finditer(reply):
            others = [each for each in known if each != match.group()]
            if others:
                yield _put("swapped", reply, match, others[len(match.group()) % len(others)])


@cache
def _rules() -> dict[str, dict[str, list[list[str]]]]:
    rules: dict[str, dict[str, list[list[str]]]] = json.loads(CHANGES.read_text(encoding="utf-8"))
    return rules
