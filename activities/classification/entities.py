"""Order ids and amounts of money in a customer's words, in the five languages."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import NamedTuple

from activities.wording import fold, wording
from domain.vocabulary import Language

ORDER_ID_PATTERNS = (r"ORD-\d{3,}", r"LO-\d{6}", r"[A-Z]{2,4}-\d{5,}", r"[A-Z]{1,3}-?\d{2,4}-\d{3,}")
"""The formats of order ids, most usual first. A store may have its own."""
PRODUCT_CODE_PATTERNS = (r"LO-\d{4}",)
"""Looks like an order id and is none."""

_NUMBER = r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "r$": "BRL", "us$": "USD", "chf": "CHF", "fr.": "CHF"}
_CODES = {code: code.upper() for code in ("eur", "gbp", "usd", "brl", "mxn", "chf", "cad", "aud", "ars", "clp", "cop")}
_WORDS = {
    "euro": "EUR", "euros": "EUR", "eur": "EUR", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "libras": "GBP",
    "livres": "GBP", "pfund": "GBP", "dollar": "USD", "dollars": "USD", "dolar": "USD", "dolares": "USD",
    "bucks": "USD", "real": "BRL", "reais": "BRL", "pesos": "MXN", "franken": "CHF", "francs": "CHF",
}  # fmt: skip
CURRENCIES = {**_SIGNS, **_CODES, **_WORDS}
_UNIT = "|".join(sorted((re.escape(name) for name in CURRENCIES), key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?:(?P<before>{_UNIT})\s?(?P<first>{_NUMBER})|(?P<second>{_NUMBER})(?:,-|,–)?\s?(?P<after>{_UNIT}))(?![\w])",
    re.I,
)
_ELSEWHERE = re.compile(r"https?://\S+|\S+@\S+\.\S+|\+\d[\d ()/-]{6,}\d|\b0\d{1,4}[ /-]\d[\d ()/-]{4,}\d")
_ENDS = r"(?![\w-]|[.,]\d)"
_LONG = re.compile(rf"(?<![\w.,+-])(\d{{6,12}}){_ENDS}")


class Amount(NamedTuple):
    """Money: the number and the ISO 4217 code of its currency."""

    number: Decimal
    currency: str


def read_number(text: str) -> Decimal | None:
    """The number a person wrote, whichever of comma, point, space or apostrophe groups it. A last separator before
    one or two digits is the decimal one; before three digits it groups. None when it is no number."""
    if not any(letter.isdigit() for letter in text):
        return None
    compact = re.sub(r"[\s\u00a0\u202f']", "", text)
    decimal = re.fullmatch(r"(.*?)[.,](\d{1,2})", compact)
    whole, fraction = decimal.groups() if decimal else (compact, "")
    try:
        return Decimal(f"{re.sub(r'[.,]', '', whole) or '0'}{'.' if fraction else ''}{fraction}")
    except InvalidOperation:
        return None


def amounts_in(text: str) -> tuple[Amount, ...]:
    """Every amount of money with a currency sign, code or word, in order."""
    found = []
    for match in _AMOUNT.finditer(fold(text)):
        number = read_number(match["first"] or match["second"])
        unit = match["before"] or match["after"]
        if number is not None:
            found.append(Amount(number, CURRENCIES[unit]))
    return tuple(found)


def product_codes_in(text: str, patterns: Sequence[str] = PRODUCT_CODE_PATTERNS) -> tuple[str, ...]:
    """Codes of products, upper case, each once."""
    pattern = "|".join(rf"(?<![\w-])(?:{each})(?![\w-])" for each in patterns) or r"(?!)"
    return tuple(dict.fromkeys(match.group().upper() for match in re.finditer(pattern, text, re.IGNORECASE)))


class OrderIdReader:
    """Finds order ids by the store's formats, and bare digits where the words around them speak of an order."""

    def __init__(
        self,
        patterns: Sequence[str] = ORDER_ID_PATTERNS,
        product_codes: Sequence[str] = PRODUCT_CODE_PATTERNS,
    ) -> None:
        self._formats = re.compile("|".join(rf"(?<![\w-])(?:{pattern})(?![\w-])" for pattern in patterns), re.I)
        self._products = re.compile("|".join(rf"(?:{pattern})" for pattern in product_codes) or r"(?!)", re.I)

    def read(self, text: str) -> tuple[str, ...]:
        """The order ids as a store writes them: upper case, without a leading `#`."""
        text = _ELSEWHERE.sub(" ", text)
        found = list(self.formatted(text))
        rest = _AMOUNT.sub(" ", fold(self._formats.sub(" ", text)))
        found += [match.group(1) for match in re.finditer(r"#\s?(\d{4,12})\b", rest)]
        found += [match.group(1) for match in _named().finditer(rest)]
        found += [
            match.group(1) for match in _LONG.finditer(rest) if not _tracking().search(rest[: match.start()][-30:])
        ]
        return tuple(dict.fromkeys(found))

    def formatted(self, text: str) -> tuple[str, ...]:
        """Only what has one of the store's formats, upper case: no bare digits."""
        found = (match.group().upper() for match in self._formats.finditer(text))
        return tuple(dict.fromkeys(order_id for order_id in found if not self._products.fullmatch(order_id)))

    def is_nothing_else(self, text: str) -> bool:
        """Whether the message is an order id and at most the word for it."""
        if not self.read(text):
            return False
        words = re.findall(r"[^\W\d_]{2,}", fold(self._formats.sub(" ", text)))
        return all(word in _order_vocabulary() for word in words)


@cache
def _named() -> re.Pattern[str]:
    words = sorted(
        {fold(word) for language in Language for word in wording(language).order_words}, key=len, reverse=True
    )
    near = rf"\b(?:{'|'.join(map(re.escape, words))})\b[^\d\n.?!]{{0,14}}(?:n(?:r|o|um|umero)?\.?)?[^\d\n?!.,]{{0,6}}"
    return re.compile(rf"{near}(?<![\w.,-])(?!(?:19|20)\d\d\b)(\d{{4,12}}){_ENDS}")


@cache
def _tracking() -> re.Pattern[str]:
    words = "|".join(re.escape(fold(word)) for language in Language for word in wording(language).tracking_words)
    return re.compile(rf"\b(?:{words})\b[^\d]*$")


@cache
def _order_vocabulary() -> frozenset[str]:
    words = {part for language in Language for phrase in wording(language).order_words for part in fold(phrase).split()}
    return frozenset(
        words | {"nr", "no", "num", "de", "da", "do", "id", "my", "mi", "ma", "meu", "minha", "meine", "is", "hi"}
    )
