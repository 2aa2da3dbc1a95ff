"""Dates, money and numbers of things as people of each language write them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from domain.vocabulary import Language

LOCALES = {Language.EN: "en_GB", Language.ES: "es_ES", Language.FR: "fr_FR", Language.DE: "de_DE", Language.PT: "pt_PT"}
"""The locale whose formats stand for a language. British English: day before month cannot be misread here."""


def written_date(day: date, language: Language) -> str:
    """Such as `12 June 2025`, `12. Juni 2025`, `12 de junio de 2025`, `1er juin 2025`."""
    text = format_date(day, format="long", locale=LOCALES[language])
    return f"1er{text[1:]}" if language is Language.FR and day.day == 1 else text


def written_money(amount: Decimal | int, currency: str, language: Language) -> str:
    """Such as `€1,299.00` or `1.299,00 €`."""
    return format_currency(amount, currency, locale=LOCALES[language])


def plural(forms: Mapping[str, str], number: int, language: Language) -> str:
    """The form for a number of things, with the number in it, such as `1 day` or `30 days`."""
    form = forms.get(_locale(language).plural_form(number), forms["other"])
    return form.replace("{n}", format_decimal(number, locale=LOCALES[language]))


@cache
def _locale(language: Language) -> Locale:
    return Locale.parse(LOCALES[language])
