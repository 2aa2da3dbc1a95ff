"""Word lists of conversations, one JSON file a language in resources/conversation; patterns stand there as folded.

Two words tell no language, so the patterns of all five are tried together.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from activities.wording import RESOURCES, fold
from domain.styles import Formality
from domain.vocabulary import Language

ORDINALS = ("1", "2", "3")


@cache
def speech(language: Language) -> dict[str, Any]:
    """The lists of one language, read once a process."""
    path = RESOURCES / "conversation" / f"{language.value}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def said(name: str, language: Language, formality: Formality, **slots: str) -> str:
    """One of our own texts, in the store's form of address."""
    return str(speech(language)[name][formality]).format(**slots)


OURS = ("asked_again", "colleagues_on_it")


def own_texts(language: Language, formality: Formality) -> tuple[str, ...]:
    """All of our own texts, slots included."""
    return tuple(str(speech(language)[name][formality]) for name in OURS)


@cache
def any_of(name: str) -> re.Pattern[str]:
    """The patterns of a list in the five languages, as whole words anywhere in a folded text."""
    return re.compile(rf"(?<!\w)(?:{_joined(_every(name))})(?!\w)")


@cache
def starts_with(name: str) -> re.Pattern[str]:
    """The same, at the start of a folded text."""
    return re.compile(rf"\W*(?:{_joined(_every(name))})(?!\w)")


@cache
def ordinal(place: str) -> re.Pattern[str]:
    """“The second one”: a place in a list, 1 to 3, unless it counts something else (“the first time”)."""
    patterns = [pattern for language in Language for pattern in speech(language)["ordinals"][place]]
    return re.compile(rf"(?<!\w)(?:{_joined(patterns)})(?!\w)(?!\s(?:{_joined(_every('not_times'))})(?!\w))")


@cache
def words_of(name: str) -> frozenset[str]:
    """A list of plain words, folded, those of several words taken apart."""
    return frozenset(word for each in _every(name) for word in re.findall(r"\w+", fold(each)))


def _every(name: str) -> Iterator[str]:
    for language in Language:
        yield from speech(language)[name]


def _joined(patterns: Any) -> str:
    return "|".join(sorted(set(patterns), key=len, reverse=True))
