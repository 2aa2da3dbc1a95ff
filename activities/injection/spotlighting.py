"""Marking retrieved passages as data in a prompt, so that a model does not take what they say for orders.

After “Defending against indirect prompt injection with spotlighting” (Hines and others, 2024): a delimiter that no
passage can know, and a sign between all words, both drawn anew for each call.
"""

import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from activities.wording import RESOURCES
from retrieval.invisible import visible

SIGNS = "ˆ˜¦¬¤‡"
"""One of these stands between words: none is common in what shops write, and models read them as space."""
_NOTE = RESOURCES / "injection" / "spotlight.txt"
_SPACE = re.compile(r"[ \t\u00a0]+")


class Spotlit(NamedTuple):
    """Passages, marked, and what a prompt has to say of them."""

    note: str
    """For the instructions, before the passages: how data is marked, and that it is never to be obeyed."""
    passages: tuple[str, ...]
    """Each between its delimiters, words joined by the sign; in the order given."""
    token: str
    sign: str


def spotlight(passages: Sequence[str], *, token: str | None = None, sign: str | None = None) -> Spotlit:
    """Marks the passages. `token` and `sign` are drawn when they are not given; the sign is one of SIGNS."""
    whole = "".join(passages)
    token = token or _fresh(whole)
    sign = sign or secrets.choice([each for each in SIGNS if each not in whole] or SIGNS)
    marked = tuple(_marked(passage, place, token, sign) for place, passage in enumerate(passages, start=1))
    note = _NOTE.read_text(encoding="utf-8").strip().replace("{token}", token).replace("{sign}", sign)
    return Spotlit(note, marked, token, sign)


def unmarked(text: str, spotlit: Spotlit) -> str:
    """A model's words without the sign, where it copied some."""
    return text.replace(spotlit.sign, " ")


def _fresh(text: str) -> str:
    """A token that the text does not hold."""
    while (token := secrets.token_hex(6)) in text:
        pass
    return token


def _marked(passage: str, place: int, token: str, sign: str) -> str:
    plain = visible(passage).replace(sign, " ").replace(token, " ")
    lines = (_SPACE.sub(sign, line.strip()) for line in plain.splitlines())
    return "\n".join([f"[[data {token} {place}]]", *(line for line in lines if line), f"[[end {token} {place}]]"])
