"""Dates and money as people of each language write them."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency

from domain.vocabulary import Language

LOCALES = {Language.EN: "en_GB", Language.ES: "es_ES", Language.FR: "fr_FR", Language.DE: "de_DE", Language.PT: "pt_PT"}
"""The locale whose formats stand for a language. British English: day before month cannot be misread here."""


def written_date(day: date, language: Language) -> str:
    """Such as `12 June 2025`, `12. Juni 2025`, `12 de junio de 2025`."""
    return format_date(day, format="long", locale=LOCALES[language])


def written_money(amount: Decimal, currency: str, language: Language) -> str:
    """Such as `€1,299.00` or `1.299,00 €`."""
    return format_currency(amount, currency, locale=LOCALES[language])
