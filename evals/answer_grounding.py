"""Numbers, dates, links, ids and names of a reply that stand in none of its sources. Pure.

Written apart from the guard, which looks for the same harm: what its reading of values overlooks is found here. It
reads figures and capital letters and nothing else, so a value that is in the sources with another meaning passes.
"""

import json
import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path

from babel.dates import get_month_names

from domain.orders import Order
from domain.values import Value
from domain.vocabulary import Language
from evals.answer_dates import LOCALES, days_of
from evals.answer_text import folded, plain, words_of

PHRASES = Path(__file__).parents[1] / "activities" / "resources" / "phrases"
"""The fixed wordings of every store. Their capitalised words are no names; their numbers are not excused."""
KNOWLEDGE = Path(__file__).parents[1] / "app" / "demo" / "knowledge"
_LINK = re.compile(r"https?://[^\s<>\"'“”«»)\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE = re.compile(r"\b[A-Z]{1,4}-?\d[\w-]*\b|\b\d+[A-Z]{2,}\b")
_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}|\d{2}))?(?![\d%°])(?!\s?(?:€|eur))")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAME = re.compile(r"(?<=[\w,;–-]\s)([A-ZÀ-ÖØ-Þ][\w'’-]+)")
_AMBIGUOUS = frozenset({"neuf", "once", "sobre"})
"""Number words that are another word as well."""


class Sources(Value):
    """What a reply may rest on."""

    texts: tuple[str, ...]
    """Cited passages with their titles and addresses, looked-up facts, the store's settings, the customer's words."""
    orders: tuple[Order, ...] = ()
    today: date
    """When the message was received."""


def ungrounded(reply: str, language: Language, sources: Sources) -> tuple[str, ...]:
    """Each value of the reply that is in no source, as it is written there, in order."""
    known = "\n".join((*sources.texts, *(_written(order) for order in sources.orders)))
    squeezed = _squeezed(known)
    strange = [found for found in _LINK.findall(reply) if _squeezed(found.rstrip(".,;:")) not in squeezed]
    rest = _LINK.sub(" ", reply)
    strange += [found for found in _CODE.findall(rest) if _squeezed(found) not in squeezed]
    rest = _CODE.sub(" ", rest)
    dates, dateless = _strange_dates(rest, language, known, sources)
    return (*strange, *dates, *_strange_numbers(dateless, language, known), *_strange_names(rest, language, known))


def _strange_dates(text: str, language: Language, known: str, sources: Sources) -> tuple[list[str], str]:
    """Dates that are in no source, and the text folded and without any date."""
    allowed, read, stated = _days(language, sources), folded(text), folded(known)
    strange: list[str] = []

    def heard(found: re.Match[str], order: str) -> str:
        day, month = _day_and_month(found, order, language)
        if not month:
            return found[0]
        if (day, month) not in allowed and found[0].rstrip(".") not in stated:
            strange.append(found[0].rstrip("."))
        return " "

    for pattern, order in _date_patterns(language):
        read = pattern.sub(partial(heard, order=order), read)
    return strange, read


def _days(language: Language, sources: Sources) -> set[tuple[int, int]]:
    """Days and months of the orders, and of as many days after delivery as a source names."""
    days, said = {sources.today}, plain("\n".join(sources.texts), language)
    days |= {day for text in sources.texts for found in _ISO.finditer(text) for day in _stated(found)}
    spans = {int(each) for each in re.findall(r"(?<![\d.])(\d{1,2})(?![\d.])", said)}
    for order in sources.orders:
        moments = [order.placed_at, order.delivered_at, order.expected_at]
        moments += [each for parcel in order.shipments for each in (parcel.expected_at, parcel.delivered_at)]
        days |= {day for moment in moments if moment for day in days_of(moment)}
        if order.delivered_at:
            days |= {day + timedelta(days=span) for day in days_of(order.delivered_at) for span in spans}
    return {(day.day, day.month) for day in days}


def _stated(found: re.Match[str]) -> tuple[date, ...]:
    """The day of an ISO date, and the next: a moment late in the evening is another day in the east."""
    try:
        day = date.fromisoformat(found[0])
    except ValueError:
        return ()
    return (day, day + timedelta(days=1))


def _date_patterns(language: Language) -> Iterable[tuple[re.Pattern[str], str]]:
    names = "|".join(sorted(_months(language), key=len, reverse=True))
    yield (
        re.compile(
            rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s(?:de\s|of\s)?({names})\b\.?(?:,?\s(?:de\s)?\d{{4}})?"
        ),
        "words",
    )
    if language is Language.EN:
        yield re.compile(rf"\b({names})\s(\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s\d{{4}})?"), "month first"
    yield _ISO, "iso"
    yield _FIGURES, "figures"


def _day_and_month(found: re.Match[str], order: str, language: Language) -> tuple[int, int]:
    if order == "words":
        return int(found[1]), _months(language)[found[2]]
    if order == "month first":
        return int(found[2]), _months(language)[found[1]]
    if order == "iso":
        return int(found[3]), int(found[2])
    day, month = int(found[1]), int(found[2])
    return (day, month) if 1 <= month <= 12 and 1 <= day <= 31 and found[3] else (0, 0)


@cache
def _months(language: Language) -> dict[str, int]:
    found = {}
    for locale in LOCALES[language]:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, "format", locale).items():
                found[folded(str(name)).rstrip(".")] = number
    return found


def _strange_numbers(text: str, language: Language, known: str) -> list[str]:
    stated = set(_NUMBER.findall(plain(known, language)))
    words = words_of(language).numbers
    spelt = [each for each in re.findall(r"[\w-]+", folded(text)) if words.get(each, 1) > 1 and each not in _AMBIGUOUS]
    strange = [each for each in _NUMBER.findall(_figures_only(text, language)) if each not in stated]
    return strange + [each for each in spelt if str(words[each]) not in stated]


def _figures_only(text: str, language: Language) -> str:
    """Plain, without the numbers that were words."""
    words = words_of(language).numbers
    return plain(re.sub(r"[\w-]+", lambda found: " " if found[0] in words else found[0], folded(text)), language)


def _strange_names(text: str, language: Language, known: str) -> list[str]:
    read = set(re.findall(r"\w[\w'-]*", folded(known))) | _own_words(language)
    parts = {part for each in read for part in re.split(r"['-]", each)}
    strange = []
    for found in _NAME.findall(text):
        name = folded(found)
        if name not in read and name.removesuffix("'s") not in parts | read and not {*re.split(r"['-]", name)} <= parts:
            strange.append(found)
    return strange


@cache
def _own_words(language: Language) -> frozenset[str]:
    """Capitalised words that are no names: those of the fixed wordings and, in German, every noun of the knowledge."""
    texts = [file.read_text(encoding="utf-8") for file in PHRASES.glob(f"{language.value}*.json")]
    if language is Language.DE:
        texts += [file.read_text(encoding="utf-8") for file in KNOWLEDGE.rglob("*.de.md")]
    months = " ".join(_months(language))
    return frozenset(re.findall(r"\w[\w'-]*", folded(" ".join((*texts, months)))))


def _written(order: Order) -> str:
    return json.dumps(order.model_dump(mode="json", exclude_none=True), ensure_ascii=False) + f" {order.total:.2f}"


def _squeezed(text: str) -> str:
    return re.sub(r"[\s-]", "", folded(text))
