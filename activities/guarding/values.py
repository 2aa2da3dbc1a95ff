"""The values that a text states: money, dates, percentages, durations, codes, links, addresses, phones, numbers.

Each is normalised, so that `3–5 Werktage` and `3 to 5 working days`, or `1.299,00 €` and `€1,299`, are the same value.
"""

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from babel.dates import get_month_names

from activities.classification.entities import CURRENCIES, read_number
from activities.wording import fold
from domain.vocabulary import Language

Kind = Literal["link", "email", "money", "percentage", "date", "duration", "code", "phone", "number"]

_NUMBER = r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_UNIT = "|".join(sorted((re.escape(name) for name in CURRENCIES), key=len, reverse=True))
_WORKING = r"business|working|week|labor[a-z]*|habil[a-z]*|ouvr[a-z]*|uteis|util"
_DURATIONS = {
    "minute": r"min(?:ute|uto|uten|utes|utos)?s?",
    "hour": r"h|hrs?|hours?|horas?|heures?|stunden?",
    "workday": rf"(?:(?:{_WORKING})[ -])(?:days?)|(?:dias?|jours?) (?:{_WORKING})s?|werktage?n?|arbeitstage?n?",
    "day": r"days?|dias?|jours?|tage?n?",
    "week": r"weeks?|semanas?|semaines?|wochen?",
    "month": r"months?|mes(?:es)?|mois|monate?n?",
    "year": r"years?|anos?|ans?|annees?|jahre?n?",
}
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'“”«»)]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|eu|de|es|fr|pt|co\.uk|example)(?:/[^\s<>\"'“”«»)]*)?\b",
    re.I,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MONEY = re.compile(
    rf"(?:(?<!\w)(?P<before>{_UNIT})\s?(?P<first>{_NUMBER})|(?<![\w.,])(?P<second>{_NUMBER})(?:,-|,–)?\s?(?P<after>{_UNIT})(?!\w))"
)
_PERCENT = re.compile(rf"(?<![\w.,])({_NUMBER})\s?(?:%|percent|per cent|prozent|por ciento|pour cent|por cento)(?!\w)")
_PHONE = re.compile(r"(?<![\w-])(?:\+\d{1,3}|0)[\d ()/.-]{7,}\d(?!\w)")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.,/-])(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})?(?![\d])")
_CODE = re.compile(
    r"(?<![\w-])(?=[\w/-]*\d)(?=[\w/-]*[a-z])[a-z0-9]+(?:[-/][a-z0-9]+)*(?![\w-])|(?<!\w)\d+(?:-\d+)+(?!\w)"
)
_BARE = re.compile(rf"(?<![\w.,])(?:{_NUMBER})(?!\w)")


class Stated(NamedTuple):
    """One value. `key` is its normal form: equal keys of one kind are the same value."""

    kind: Kind
    key: str
    excerpt: str


class Values(NamedTuple):
    """All values of some supporting texts, for look-up."""

    keys: frozenset[tuple[str, str]]

    def support(self, value: Stated) -> bool:
        """Whether these texts state the value, or one that says at least as much."""
        if (value.kind, value.key) in self.keys:
            return True
        if value.kind == "date":
            return self._supports_date(value.key)
        if value.kind == "money":
            number, _, currency = value.key.partition(" ")
            return currency != "" and ("money", number) in self.keys
        return value.kind == "number" and any((kind, value.key) in self.keys for kind in ("code", "phone"))

    def _supports_date(self, key: str) -> bool:
        """A date without its year is supported by the same day of any year; with a year only by that one."""
        year, rest = key.split("-", 1)
        if year != "0000":
            return False
        return any(kind == "date" and known.split("-", 1)[1] == rest for kind, known in self.keys)


def values_of(*texts: str) -> Values:
    """Every value that any of the texts states."""
    return Values(frozenset((value.kind, value.key) for text in texts for value in values_in(text)))


@lru_cache(maxsize=4_096)
def values_in(text: str) -> tuple[Stated, ...]:
    """The values of a text, each found once: what one kind has taken is not read again as another."""
    rest = fold(text).replace("–", "-").replace("—", "-").replace("º", "").replace("’", "'")
    found: list[Stated] = []
    for reader in (_links, _money, _percentages, _dates, _durations, _phones, _codes, _numbers):
        rest = reader(rest, found)
    return tuple(found)


def _take(pattern: re.Pattern[str], kind: Kind, rest: str, found: list[Stated], strip: str = "") -> str:
    for match in pattern.finditer(rest):
        found.append(Stated(kind, match.group().strip(strip), match.group()))
    return pattern.sub(" ¤ ", rest)


def _links(rest: str, found: list[Stated]) -> str:
    rest = _take(_EMAIL, "email", rest, found, ".")
    for match in _LINK.finditer(rest):
        found.append(
            Stated("link", re.sub(r"^(?:https?://)?(?:www\.)?", "", match.group()).rstrip(".,;:!?/"), match.group())
        )
    return _LINK.sub(" ¤ ", rest)


def _money(rest: str, found: list[Stated]) -> str:
    for match in _MONEY.finditer(rest):
        number = read_number(match["first"] or match["second"])
        found.append(
            Stated("money", f"{_plain(number)} {CURRENCIES[match['before'] or match['after']]}", match.group())
        )
    return _MONEY.sub(" ¤ ", rest)


def _percentages(rest: str, found: list[Stated]) -> str:
    for match in _PERCENT.finditer(rest):
        found.append(Stated("percentage", _plain(read_number(match[1])), match.group()))
    return _PERCENT.sub(" ¤ ", rest)


def _dates(rest: str, found: list[Stated]) -> str:
    for match in _ISO_DATE.finditer(rest):
        _add_date(found, match.group(), int(match[1]), int(match[2]), int(match[3]))
    rest = _ISO_DATE.sub(" ¤ ", rest)
    for match in _worded_date().finditer(rest):
        month = _months()[match["m1"] or match["m2"]]
        _add_date(found, match.group(), int(match["y1"] or match["y2"] or 0), month, int(match["d1"] or match["d2"]))
    rest = _worded_date().sub(" ¤ ", rest)
    for match in _DOTTED.finditer(rest):
        year = int(match[3] or 0)
        _add_date(found, match.group(), year + 2000 if 0 < year < 100 else year, int(match[2]), int(match[1]))
    return _DOTTED.sub(" ¤ ", rest)


def _add_date(found: list[Stated], excerpt: str, year: int, month: int, day: int) -> None:
    if month > 12 >= day:
        month, day = day, month
    try:
        date(year or 2000, month, day)
    except ValueError:
        found.append(Stated("code", excerpt.strip(), excerpt))
        return
    found.append(Stated("date", f"{year:04}-{month:02}-{day:02}", excerpt))


def _durations(rest: str, found: list[Stated]) -> str:
    for match in _duration().finditer(rest):
        unit = next(name for name in _DURATIONS if match[name])
        high = match["high"] or match["low"]
        found.append(Stated("duration", f"{int(match['low'])}-{int(high)} {unit}", match.group()))
    return _duration().sub(" ¤ ", rest)


def _phones(rest: str, found: list[Stated]) -> str:
    for match in _PHONE.finditer(rest):
        found.append(Stated("phone", re.sub(r"\D", "", match.group()), match.group()))
    return _PHONE.sub(" ¤ ", rest)


def _codes(rest: str, found: list[Stated]) -> str:
    for match in _CODE.finditer(rest):
        found.append(Stated("code", match.group().upper(), match.group()))
    return _CODE.sub(" ¤ ", rest)


def _numbers(rest: str, found: list[Stated]) -> str:
    for match in _BARE.finditer(rest):
        found.append(Stated("number", _plain(read_number(match.group())), match.group()))
    return rest


def _plain(number: Decimal | None) -> str:
    return "?" if number is None else format(number.normalize(), "f")


@cache
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in Language:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language.value).items():
                names[fold(str(name)).rstrip(".")] = int(number)
    return {name: number for name, number in names.items() if len(name) >= 3}


@cache
def _worded_date() -> re.Pattern[str]:
    months = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    year = r"(?:,? (?:de |del |do )?(?P<y{0}>\d{{4}}))?"
    return re.compile(
        rf"(?<![\d.,])(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.)? (?:of |de |do )?(?P<m1>{months})\b\.?{year.format(1)}"
        rf"|\b(?P<m2>{months})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?![.,]?\d){year.format(2)}"
    )


@cache
def _duration() -> re.Pattern[str]:
    units = "|".join(f"(?P<{name}>{unit})" for name, unit in _DURATIONS.items())
    between = r"\s?(?:-|to|bis|a|à|ou|or|oder|y|e|et|und|and|o)\s?"
    return re.compile(rf"(?<![\w.,])(?P<low>\d{{1,4}})(?:{between}(?P<high>\d{{1,4}}))?[ -]?(?:{units})\b")
