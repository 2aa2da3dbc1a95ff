"""Rows of kinds of words that are orders to a machine beyond doubt, from one file for all languages. Pure."""

import re
from functools import cache

from activities.injection.shapes import kinds_of
from activities.phrase_lists import read_lines
from activities.wording import RESOURCES
from retrieval.disguises import plain_words

PATTERNS = RESOURCES / "injection" / "patterns.txt"
_PART = re.compile(r"\([^)]*\)[?*]|\S+")
SHORT = 120
"""Characters of a text that a row may be the whole of."""
_AROUND = 40
"""Rows of more kinds than this are read in pieces that overlap, so that no text takes long."""


def is_order(text: str) -> bool:
    """Whether the text holds one of the rows."""
    anywhere, whole = _compiled()
    row = [kind for _, kind in kinds_of(text)]
    if any(anywhere.search(_row(row[at : at + 2 * _AROUND])) for at in range(0, max(1, len(row)), _AROUND)):
        return True
    if len(text) > SHORT:
        return False
    return whole.search(_row(["^", *(kind for _, kind in kinds_of(text, others=True)), "$"])) is not None


def _row(kinds: list[str]) -> str:
    return " " + "".join(f"{kind} " for kind in kinds if kind != "/")


@cache
def _compiled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Rows that are looked for anywhere, and those that are a whole text."""
    lines = read_lines(PATTERNS)
    whole = [_regex(line) for line in lines if line.startswith("^")]
    return re.compile("|".join(_regex(line) for line in lines if not line.startswith("^"))), re.compile("|".join(whole))


def _regex(line: str) -> str:
    return "(?<= )" + "".join(_part(part) for part in _PART.findall(line))


def _part(part: str) -> str:
    if part.startswith("!"):
        return f"(?!{part[1:]} )"
    often = "{0,3}" if part.endswith(")*") else "?" if part.endswith(")?") else ""
    kinds = "|".join(re.escape(kind) for kind in part.removesuffix("*" if often != "?" else "?").strip("()").split("|"))
    return f"(?:(?:{kinds}) ){often}"


ORDERS = frozenset({"ignore", "tell", "reveal", "obey"})
GUARDED = frozenset({"instructions", "rules", "secret", "password"})
"""Kinds that together are an order to give away or to set aside."""


def is_hidden_order(shown: str, said: str) -> bool:
    """Whether what a text says in disguise is such an order, and what it shows is not."""
    open_kinds = {kind for text in (shown, plain_words(shown)) for _, kind in kinds_of(text)}
    hidden = {kind for _, kind in kinds_of(said)}
    return bool(hidden & ORDERS and hidden & GUARDED and (hidden - open_kinds) & (ORDERS | GUARDED))
