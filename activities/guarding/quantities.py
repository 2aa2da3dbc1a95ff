"""Readers of values in a folded text: each takes what it knows out of the text and leaves the rest to the next."""

import re
from decimal import Decimal
from functools import cache
from typing import Literal, NamedTuple

from activities.classification.entities import CURRENCIES as USUAL
from activities.classification.entities import read_number
from activities.wording import fold

Kind = Literal[
    "link", "email", "money", "percentage", "date", "month", "weekday", "time", "duration", "measure", "code", "phone",
    "number",
]  # fmt: skip

CURRENCIES = {
    **USUAL, "¥": "JPY", "jpy": "JPY", "yen": "JPY", "zł": "PLN", "pln": "PLN", "zloty": "PLN", "kr": "SEK",
    "sek": "SEK", "dkk": "DKK", "nok": "NOK", "czk": "CZK", "₹": "INR", "₺": "TRY",
}  # fmt: skip
TAKEN = " ¤ "
"""Stands where a value was taken out."""
_NUMBER = r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_UNIT = "|".join(sorted((re.escape(name) for name in CURRENCIES), key=len, reverse=True))
_WORKING = r"business|working|week|labor[a-z]*|habil[a-z]*|ouvr[a-z]*|uteis|util"
_DURATIONS = {
    "second": r"s|secs?|seconds?|segundos?|secondes?|sek\.?|sekunden?",
    "minute": r"min(?:ute|uto|uten|utes|utos)?s?",
    "hour": r"h|hrs?|hours?|horas?|heures?|stunden?",
    "workday": rf"(?:(?:{_WORKING})[ -])(?:days?)|(?:dias?|jours?) (?:{_WORKING})s?|werktage?[ns]?|arbeitstage?[ns]?",
    "day": r"(?:calendar )?days?|dias?|jours?|(?:kalender)?tage?[ns]?",
    "week": r"weeks?|semanas?|semaines?|wochen?",
    "month": r"months?|mes(?:es)?|mois|monate?[ns]?",
    "year": r"years?|anos?|ans?|annees?|jahre?[ns]?",
}
_MEASURES = {
    "kg": "kg|kilos?|kilograms?|kilogramm|kilogrammes?|quilos?", "g": "g|grams?|gramm|gramos?|gramas?|grammes?",
    "l": "l|liters?|litres?|liter|litros?", "ml": "ml", "km": "km",
    "cm": "cm|centimet(?:er|re)s?|zentimeter|centimetros?",
    "mm": "mm", "m2": r"m2|qm", "m": "m|met(?:er|re)s?|metros?", "kw": "kw", "w": "w|watts?|vatios?", "v": "v|volts?",
    "mah": "mah", "bar": "bar", "db": r"db(?:\(a\))?", "°c": r"° ?c|degrees?(?: celsius)?|grad|grados?|graus?|degres?",
    "inch": "inch(?:es)?|zoll|pouces?|pulgadas?|polegadas?", "lm": "lm|lumens?",
}  # fmt: skip
_URL = r"(?:(?:https?|ftp)://|www\.)[^\s<>\"'“”«»)\]]+|(?:javascript|data|vbscript):[^\s<>]+"
_TLD = r"com|net|org|info|io|eu|de|es|fr|pt|at|ch|uk|co|shop|store|online|site|xyz|top|ru|cn|biz|app|link|example"
_LINK = re.compile(
    rf"{_URL}|(?<![\w@.-])[^\W_](?:[\w-]*\w)?(?:\.[\w-]+)*\.(?:{_TLD})(?:/[^\s<>\"'“”«»)]*)?(?![\w@])", re.I
)
_USER_IN_LINK = re.compile(r"https?://[^\s/@]{1,200}@[^\s]{1,300}", re.I)
"""`https://shop.example@evil.net` leads to the host behind the `@`."""
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}")
_MONEY = re.compile(
    rf"(?:(?<!\w)(?P<before>{_UNIT})\s?(?P<first>{_NUMBER})|(?<![\w.,])(?P<second>{_NUMBER})(?:,-)?\s?(?P<after>{_UNIT})(?!\w))"
)
_PERCENT = re.compile(rf"(?<![\w.,])({_NUMBER})\s?(?:%|percent|per cent|prozent|por ciento|pour cent|por cento)(?!\w)")
_PHONE = re.compile(r"(?<![\w-])(?:\+\d{1,3}|\(?0)[\d ()/.-]{7,20}\d(?!\w)")
_TIME = re.compile(
    r"(?<![\w:.,])(?P<h>[01]?\d|2[0-4])(?:[:h](?P<m>[0-5]\d)(?: ?(?P<half>[ap])\.?m\b\.?)?(?: ?(?:uhr|h)\b)?"
    r"|\.(?P<d>[0-5]\d) ?(?:uhr|h)\b"
    r"| ?(?:uhr|o'clock|horas em ponto)\b| ?(?P<noon>[ap])\.?m\b\.?)(?![\w:])"
)
_CODE = re.compile(
    r"(?<![\w-])(?=[\w/-]{0,60}\d)(?=[\w/-]{0,60}[a-z])[a-z0-9]{1,60}(?:[-/][a-z0-9]{1,60}){0,8}(?![\w-])"
    r"|(?<!\w)\d+(?:-\d+){1,8}(?!\w)"
)
_BARE = re.compile(rf"(?<![\w.,])(?:{_NUMBER})(?!\w)")
_NAMED_CODE = re.compile(
    r"\b(?:[Cc]odes?|CODE|[Gg]utschein(?:code)?|[Rr]abattcode|[Cc](?:ó|o)digo|[Cc]up(?:ó|o|ã)[no]?|[Vv]oucher|[Cc]oupon)"
    r"[ :]{1,3}[\"'“„«]?\s?([A-Z][A-Z0-9]{3,20})\b"
)
_WORKDAY_WORDS = re.compile(_DURATIONS["workday"])


class Stated(NamedTuple):
    """One value. `key` is its normal form: equal keys of one kind are the same value."""

    kind: Kind
    key: str
    excerpt: str


def says_working_days(text: str) -> bool:
    """Whether a text speaks of working days anywhere, in any of the languages."""
    return _WORKDAY_WORDS.search(fold(text)) is not None


def read_links(rest: str, found: list[Stated]) -> str:
    """E-mail addresses, then links and bare host names; the key of a link has no scheme, `www.` or closing mark."""
    for match in _USER_IN_LINK.finditer(rest):
        found.append(Stated("link", match.group(), match.group()))
    rest = _USER_IN_LINK.sub(TAKEN, rest)
    for match in _EMAIL.finditer(rest):
        found.append(Stated("email", match.group().strip("."), match.group()))
    rest = _EMAIL.sub(TAKEN, rest)
    for match in _LINK.finditer(rest):
        found.append(
            Stated("link", re.sub(r"^(?:https?://)?(?:www\.)?", "", match.group()).rstrip(".,;:!?/"), match.group())
        )
    return _LINK.sub(TAKEN, rest)


def read_money(rest: str, found: list[Stated]) -> str:
    """Numbers with a currency sign, code or word."""
    for match in _MONEY.finditer(rest):
        number = read_number(match["first"] or match["second"])
        key = f"{_plain(number)} {CURRENCIES[match['before'] or match['after']]}"
        found.append(Stated("money", key, match.group()))
    return _MONEY.sub(TAKEN, rest)


def read_percentages(rest: str, found: list[Stated]) -> str:
    """Numbers in percent."""
    for match in _PERCENT.finditer(rest):
        found.append(Stated("percentage", _plain(read_number(match[1])), match.group()))
    return _PERCENT.sub(TAKEN, rest)


def read_times(rest: str, found: list[Stated]) -> str:
    """Times of day, in 24 hours."""
    for match in _TIME.finditer(rest):
        hour, half = int(match["h"]), match["half"] or match["noon"]
        if half is not None:
            hour = hour % 12 + (12 if half == "p" else 0)
        found.append(Stated("time", f"{hour}:{match['m'] or match['d'] or '00'}", match.group()))
    return _TIME.sub(TAKEN, rest)


def read_durations(rest: str, found: list[Stated]) -> str:
    """Periods: a number or a range with a unit of time."""
    for match in _duration().finditer(rest):
        unit = next(name for name in _DURATIONS if match[name])
        high = match["high"] or match["low"]
        found.append(Stated("duration", f"{int(match['low'])}-{int(high)} {unit}", match.group()))
    return _duration().sub(TAKEN, rest)


def read_phones(rest: str, found: list[Stated]) -> str:
    """Telephone numbers with their country code or a leading zero."""
    for match in _PHONE.finditer(rest):
        found.append(Stated("phone", re.sub(r"\D", "", match.group()), match.group()))
    return _PHONE.sub(TAKEN, rest)


def read_measures(rest: str, found: list[Stated]) -> str:
    """Numbers with a unit of size, weight, power or heat."""
    for match in _measure().finditer(rest):
        unit = next(name for index, name in enumerate(_MEASURES) if match[f"u{index}"])
        for number in (*_BARE.findall(match["list"] or ""), match["n"]):
            found.append(Stated("measure", f"{_plain(read_number(number))} {unit}", match.group()))
    return _measure().sub(TAKEN, rest)


def read_codes(rest: str, found: list[Stated]) -> str:
    """Letters with digits in one word, and groups of digits with hyphens."""
    for match in _CODE.finditer(rest):
        found.append(Stated("code", match.group().upper(), match.group()))
    return _CODE.sub(TAKEN, rest)


def read_named_codes(text: str) -> list[Stated]:
    """Codes of capital letters alone, where the text calls them codes; of the text as it was written."""
    return [
        Stated("code", match[1], match[1])
        for match in _NAMED_CODE.finditer(text)
        if not any(map(str.isdigit, match[1]))
    ]


def read_numbers(rest: str, found: list[Stated]) -> str:
    """Whatever number is left."""
    for match in _BARE.finditer(rest):
        found.append(Stated("number", _plain(read_number(match.group())), match.group()))
    return rest


def _plain(number: Decimal | None) -> str:
    return "?" if number is None else format(number.normalize(), "f")


@cache
def _duration() -> re.Pattern[str]:
    units = "|".join(f"(?P<{name}>{unit})" for name, unit in _DURATIONS.items())
    between = r"\s?(?:-|to|bis|a|à|ou|or|oder|y|e|et|und|and|o)\s?"
    return re.compile(rf"(?<![\w.,])(?P<low>\d{{1,4}})(?:{between}(?P<high>\d{{1,4}}))?[ -]?(?:{units})(?!\w)")


@cache
def _measure() -> re.Pattern[str]:
    units = "|".join(f"(?P<u{index}>{unit})" for index, unit in enumerate(_MEASURES.values()))
    between = r"(?:, | ?- ?| ?x ?| ?× ?| (?:and|to|und|bis|et|y|e|a|à|or|oder|ou|o) )"
    some = rf"(?P<list>(?:(?:{_NUMBER}){between}){{1,6}})?"
    return re.compile(rf"(?<![\w.,]){some}(?P<n>{_NUMBER})[ -]?(?:{units})(?!\w)")
