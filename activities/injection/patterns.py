"""Rows of kinds of words that are orders to a machine beyond doubt, from one file for all languages. Pure."""

import re
from functools import cache

from activities.injection.shapes import kinds_of
from activities.phrase_lists import read_lines
from activities.wording import RESOURCES

PATTERNS = RESOURCES / "injection" / "patterns.txt"
_PART = re.compile(r"\([^)]*\)[?*]|\S+")
_AROUND = 40
"""Rows of more kinds than this are read in pieces that overlap, so that no text takes long."""


def is_order(text: str) -> bool:
    """Whether the text holds one of the rows."""
    kinds = [kind for _, kind in kinds_of(text)]
    return any(
        _compiled().search(" ".join(kinds[start : start + 2 * _AROUND]) + " ")
        for start in range(0, max(1, len(kinds)), _AROUND)
    )


@cache
def _compiled() -> re.Pattern[str]:
    return re.compile("|".join(_regex(line) for line in read_lines(PATTERNS)))


def _regex(line: str) -> str:
    return r"\b" + "".join(_part(part) for part in _PART.findall(line))


def _part(part: str) -> str:
    if part.startswith("!"):
        return f"(?!{part[1:]} )"
    kinds = part.strip("()?*")
    often = "{0,3}" if part.endswith("*") else "?" if part.endswith("?") else ""
    return f"(?:(?:{kinds}) ){often}"
