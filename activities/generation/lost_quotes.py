"""What the store's documents say of parcels that were lost: a bare state helps nobody. Words are data, in
resources/lost_parcels.json."""

import json
import re
from collections.abc import Sequence
from functools import cache

from activities.generation.quotes import Quote, answer_sentences
from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES, clean
from domain.knowledge import Passage
from domain.vocabulary import Kind, Language

AFTER = 1
"""Sentences behind the one that speaks of the loss that are quoted too: they say what follows."""


def with_loss(quotes: tuple[Quote, ...], passages: Sequence[Passage], language: Language) -> tuple[Quote, ...]:
    """The quotes, and before them the sentence of the first passage in the customer's language that speaks of lost
    parcels with what follows it, unless one of them says so already."""
    if any(speaks_of_loss(quote.text) for quote in quotes):
        return quotes
    for passage in passages:
        if passage.kind is Kind.PRODUCT or passage.language is not language:
            continue
        sentences = answer_sentences(passage)
        place = next((place for place, each in enumerate(sentences) if speaks_of_loss(each)), None)
        if place is not None:
            kept = sentences[place : place + 1 + AFTER]
            others = tuple(quote for quote in quotes if quote.passage.passage_id != passage.passage_id)
            return (Quote(passage, " ".join(kept), len(kept), 0.0), *others)
    return quotes


def speaks_of_loss(text: str) -> bool:
    """Whether a text speaks of a parcel that was lost, whatever its language."""
    return _pattern().search(comparable(clean(text))) is not None


def question_on_loss(language: Language) -> str:
    """What documents on lost parcels answer."""
    question: str = _lists()[language.value]["question"]
    return question


@cache
def _pattern() -> re.Pattern[str]:
    return compiled(phrase for language in Language for phrase in _lists()[language.value]["says"])


@cache
def _lists() -> dict[str, dict[str, str]]:
    lists: dict[str, dict[str, str]] = json.loads((RESOURCES / "lost_parcels.json").read_text(encoding="utf-8"))
    return lists
