"""The forms in which the five languages write a day. Pure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_month_names

from domain.vocabulary import Language
from evals.answer_text import folded, words_of

LOCALES = {
    Language.EN: ("en_GB", "en_US"),
    Language.ES: ("es_ES",),
    Language.FR: ("fr_FR",),
    Language.DE: ("de_DE",),
    Language.PT: ("pt_PT",),
}
ZONES = tuple(ZoneInfo(name) for name in ("Europe/Berlin", "Europe/Lisbon"))
"""Of the demo store's customers: a moment late in the evening is another day in the east."""
_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def days_of(moment: datetime) -> frozenset[date]:
    """The days that a moment falls on where it happened, where customers live, and in UTC."""
    return frozenset(
        {moment.date(), moment.astimezone(UTC).date(), *(moment.astimezone(zone).date() for zone in ZONES)}
    )


def written_forms(day: date, language: Language, today: date) -> frozenset[str]:
    """Every usual form, long, short and in figures, with and without the year, folded; `today` as a word too."""
    forms = {day.isoformat(), *_in_words(day, language), *_in_figures(day, language)}
    words = words_of(language)
    for distance, named in ((0, words.today), (1, words.tomorrow), (-1, words.yesterday)):
        if day == today + timedelta(days=distance):
            forms |= set(named)
    return frozenset(folded(form) for form in forms)


def _in_words(day: date, language: Language) -> set[str]:
    forms = {
        format_date(day, format=style, locale=locale) for locale in LOCALES[language] for style in ("long", "medium")
    }
    for locale in LOCALES[language]:
        for width in ("wide", "abbreviated"):
            month = str(get_month_names(width, "format", locale)[day.month])
            forms |= set(_around(day, month, language)) | set(_around(day, month.rstrip("."), language))
    return forms


def _around(day: date, month: str, language: Language) -> tuple[str, ...]:
    if language is Language.EN:
        nth = f"{day.day}{_ORDINALS.get(day.day, 'th')}"
        return (f"{day.day} {month}", f"{month} {day.day}", f"{nth} {month}", f"{nth} of {month}", f"{month} {nth}")
    if language is Language.DE:
        return (f"{day.day}. {month}", f"{day.day:02}. {month}", f"{day.day} {month}")
    if language is Language.FR:
        return (f"{day.day} {month}", f"1er {month}") if day.day == 1 else (f"{day.day} {month}",)
    return (f"{day.day} de {month}", f"{day.day} {month}", f"{day.day:02} de {month}")


def _in_figures(day: date, language: Language) -> set[str]:
    signs = "." if language is Language.DE else "/-."
    forms = set()
    for sign in signs:
        for first, second in ((f"{day.day}", f"{day.month}"), (f"{day.day:02}", f"{day.month:02}")):
            short = f"{first}{sign}{second}"
            forms |= {short, f"{short}{sign}{day.year}", f"{short}{sign}{day.year % 100:02}"}
            if sign == ".":
                forms.add(f"{short}.")
    return forms
