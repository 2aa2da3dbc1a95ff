"""What a question is about and what a piece says something about: a weight is no load, a return no delivery. Pure.

Likeness in meaning does not tell such neighbours apart. Word lists are data, in resources/topics.json.
"""

import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES
from domain.vocabulary import Language
from retrieval.alignment import rarity_of
from retrieval.analysis.terms import terms

Rows = npt.NDArray[np.float64]
NAMES = (
    *("topics_asked", "topics_text", "topics_context", "topics_missed", "topics_other"),
    *("subject_named", "subject_lead", "subject_any"),
)
"""The columns that `topic_columns` and `subject_columns` make."""
_NARROWER = {"load": "weight", "cable": "size"}
"""Who asks how much weight a bench carries does not ask what it weighs."""


@lru_cache(maxsize=8_192)
def topics_of(text: str, language: Language) -> frozenset[str]:
    """What a text speaks of, by the words of its language."""
    plain = comparable(text)
    found = {name for name, pattern in _lists(language).items() if pattern.search(plain)}
    return frozenset(found - {_NARROWER[name] for name in found if name in _NARROWER})


def topic_columns(question: str, language: Language, offers: Sequence[tuple[str, str, Language]]) -> dict[str, Rows]:
    """Of each offered text, with what it stands under and its language: the share of what is asked that they speak of,
    whether neither does, and how much else the text speaks of."""
    asked = topics_of(question, language)
    rows = []
    for text, context, own in offers:
        said, above = topics_of(text, own), topics_of(context, own)
        rows.append(
            (
                min(3, len(asked)),
                len(asked & said) / max(1, len(asked)),
                len(asked & above) / max(1, len(asked)),
                float(bool(asked) and not asked & (said | above)),
                min(3, len(said - asked)) if asked else 0,
            )
        )
    columns = np.array(rows, dtype=np.float64).reshape(len(offers), 5).T
    return dict(zip(NAMES[:5], columns, strict=True))


def subject_columns(question: str, language: Language, subjects: Sequence[tuple[str, Language]]) -> dict[str, Rows]:
    """How much of its document's name a question says, how far that is ahead of the other documents, and whether it
    names any: the page of the kettle K15 that mentions the K17 does not answer what is asked of the K17."""
    asked = terms_of(question, language)
    by_subject = {each: _named(asked, *each) for each in dict.fromkeys(subjects)}
    named = np.array([by_subject[each] for each in subjects], dtype=np.float64)
    best = [max((other for name, other in by_subject.items() if name != own), default=0.0) for own in subjects]
    top = float(named.max(initial=0.0))
    return {"subject_named": named, "subject_lead": named - np.array(best), "subject_any": np.full(len(named), top)}


def _named(asked: frozenset[str], subject: str, language: Language) -> float:
    weights = {term: rarity(term) for term in terms_of(subject, language)}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in asked) / total if total else 0.0


@lru_cache(maxsize=8_192)
def terms_of(text: str, language: Language) -> frozenset[str]:
    """The terms of a text, remembered: the same pieces are offered again and again."""
    return frozenset(terms(text, language))


@lru_cache(maxsize=20_000)
def rarity(term: str) -> float:
    """How rare a term is, remembered as well."""
    return rarity_of(term)


@cache
def _lists(language: Language) -> dict[str, re.Pattern[str]]:
    return {name: compiled(words) for name, words in _read()[language.value].items()}


def words_of_topics(language: Language) -> tuple[str, ...]:
    """Every phrase of the lists of a language, `*` standing for the rest of a word."""
    return tuple(word for words in _read()[language.value].values() for word in words)


@cache
def _read() -> dict[str, dict[str, list[str]]]:
    lists: dict[str, dict[str, list[str]]] = json.loads((RESOURCES / "topics.json").read_text(encoding="utf-8"))
    return lists
