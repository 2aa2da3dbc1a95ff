"""Dates, months and days of the week in a folded text, in the notations of the five languages."""

import re
from datetime import date
from functools import cache

from babel.dates import get_day_names, get_month_names

from activities.guarding.quantities import TAKEN, Stated
from activities.wording import fold
from domain.vocabulary import Language

_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.,/-])(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})?(?![\d])")
_RELATIVE = {
    "today": "today|heute|aujourd'hui|hoy|hoje",
    "tomorrow": r"tomorrow|(?<!guten )morgen(?! frueh)|demain|(?<!la )(?<!esta )(?<!una )manana|amanha",
    "yesterday": "yesterday|gestern|ayer|ontem",  # not `hier`: German for `here`
}


def read_dates(rest: str, found: list[Stated]) -> str:
    """Full dates, dates without a year, months with a year, days of the week, `today` and `tomorrow`."""
    for match in _ISO_DATE.finditer(rest):
        _add_date(found, match.group(), int(match[1]), int(match[2]), int(match[3]))
    rest = _ISO_DATE.sub(TAKEN, rest)
    for match in _worded_date().finditer(rest):
        month = _months()[match["m1"] or match["m2"]]
        _add_date(found, match.group(), int(match["y1"] or match["y2"] or 0), month, int(match["d1"] or match["d2"]))
    rest = _worded_date().sub(TAKEN, rest)
    for match in _DOTTED.finditer(rest):
        year = int(match[3] or 0)
        _add_date(found, match.group(), year + 2000 if 0 < year < 100 else year, int(match[2]), int(match[1]))
    rest = _DOTTED.sub(TAKEN, rest)
    for match in _month_of_year().finditer(rest):
        found.append(Stated("month", f"{match['y']}-{_months()[match['m']]:02}", match.group()))
    rest = _month_of_year().sub(TAKEN, rest)
    for match in _weekday().finditer(rest):
        found.append(
            Stated("weekday", _weekdays()[match["name"]] if match["name"] else _relative(match), match.group())
        )
    return rest


def _add_date(found: list[Stated], excerpt: str, year: int, month: int, day: int) -> None:
    if month > 12 >= day:
        month, day = day, month
    try:
        date(year or 2000, month, day)
    except ValueError:
        found.append(Stated("code", excerpt.strip(), excerpt))
        return
    found.append(Stated("date", f"{year:04}-{month:02}-{day:02}", excerpt))


def _relative(match: re.Match[str]) -> str:
    return next(name for name in _RELATIVE if match[name])


@cache
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in Language:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language.value).items():
                names[fold(str(name)).rstrip(".")] = int(number)
    return {name: number for name, number in names.items() if len(name) >= 3}


@cache
def _weekdays() -> dict[str, str]:
    names = {
        fold(str(name)): str(number)
        for language in Language
        for number, name in get_day_names("wide", locale=language.value).items()
    }
    return {**names, "sonnabend": names["samstag"]}


@cache
def _weekday() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _weekdays()), key=len, reverse=True))
    others = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _RELATIVE.items())
    return re.compile(rf"\b(?:(?P<name>{names})s?|{others})(?!\w)")


@cache
def _month_of_year() -> re.Pattern[str]:
    months = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    return re.compile(rf"\b(?P<m>{months})\.?,? (?:of |de |do )?(?P<y>(?:19|20)\d\d)\b")


@cache
def _worded_date() -> re.Pattern[str]:
    months = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    year = r"(?:,? (?:de |del |do )?(?P<y{0}>\d{{4}}))?"
    return re.compile(
        rf"(?<![\d.,])(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.)? (?:of |de |do )?(?P<m1>{months})\b\.?{year.format(1)}"
        rf"|\b(?P<m2>{months})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?![.,:]?\d){year.format(2)}"
    )
