"""Cutting a text into tokens, and a token into atoms: letters or one number each. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"[0-9]+(?:[.,][0-9]+)+(?:[^\W0-9_]{1,4})?(?![^\W_]|[-_][^\W_])|[^\W_]+(?:[-_/.,'’&+][^\W_]+)*", re.UNICODE
)
_ATOM = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[^\W0-9_]+", re.UNICODE)
_THOUSANDS = re.compile(r"([1-9][0-9]{0,2}(?:([.,])[0-9]{3})(?:\2[0-9]{3})*)(?:[.,]([0-9]{1,2}))?$")
_DECIMAL = re.compile(r"([0-9]+)[.,]([0-9]+)$")
_LONGEST = 64


class Token(NamedTuple):
    """A stretch of text between spaces or punctuation, and whether one blank alone parts it from the token before."""

    text: str
    close: bool


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text in order; codes (`HB-200`), decimals and words with an apostrophe stay whole."""
    end = -1
    for found in _TOKEN.finditer(text):
        yield Token(found.group(), found.start() == end + 1 and text[end] == " ")
        end = found.end()


def atoms(token: str) -> list[str]:
    """Letters and numbers in a token: `HB200` gives `HB`, `200`; `1,5l` gives `1.5`, `l`. 64 letters at most."""
    return [number(atom) if atom[0].isdecimal() else atom[:_LONGEST] for atom in _ATOM.findall(token)]


def number(digits: str) -> str:
    """One spelling of a number: `1,5` and `1.50` give `1.5`; `1.234,50` and `1,234.5` give `1234.5`; `007` stays.

    Three digits after a single point or comma are thousands in every language: what `1.500` means then never depends
    on who writes it. A date or version (`10.12.2024`) keeps its points.
    """
    if digits.isdecimal() and len(digits) <= _LONGEST:
        return digits
    if thousands := _THOUSANDS.match(digits):
        whole, _, fraction = thousands.groups()
        return _decimal(whole.replace(".", "").replace(",", ""), fraction or "")
    if decimal := _DECIMAL.match(digits):
        return _decimal(*decimal.groups())
    return digits.replace(",", ".")[:_LONGEST]


def _decimal(whole: str, fraction: str) -> str:
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}"[:_LONGEST] if fraction else whole[:_LONGEST]
