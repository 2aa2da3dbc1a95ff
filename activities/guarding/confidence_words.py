"""How well the words of a draft fit the question: what was asked for and is not in it. Pure.

A price that was asked for and is not told, or a product whose name does not occur, are signs that a model needs no
understanding to see. Word lists are data, in resources/asked.json.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from activities.guarding.quantities import Kind
from activities.guarding.values import values_in
from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES, clean, fold, gist_of, sentences_of
from domain.drafts import Draft
from domain.vocabulary import Language
from retrieval.analysis.terms import question_terms, terms

MAX_QUESTION = 2_000
"""Longer questions are judged by their beginning."""
ANSWERS: Mapping[str, frozenset[Kind]] = {
    "money": frozenset({"money"}),
    "period": frozenset({"duration", "date", "time", "month", "weekday"}),
    "measure": frozenset({"measure"}),
    "percentage": frozenset({"percentage"}),
}
"""Kinds of values that answer what is asked for."""
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*\b")
_ORDER_ID = re.compile(r"^ord-\d+$")
_NAME = re.compile(r"(?<![.!?…\n] )(?<!^)(?<!\n)\b[A-ZÀ-Ý][a-zà-ÿ]{2,}\b")


class Fit(NamedTuple):
    """Shares are of what the question holds, 0 where it holds none of it. Words are compared by their stems."""

    words_missing: float
    words_missing_in_title: float
    codes_missing: float
    names_missing: float
    kinds_missing: frozenset[str]
    """Of `ANSWERS`: asked for by the words of the question, and no such value is in the draft."""
    sentences: int


def fit_of(question: str, draft: Draft, language: Language) -> Fit:
    """Compares a question, without greeting and signature, with the draft and the titles that it cites."""
    question = clean(question)[:MAX_QUESTION]
    titles = "\n".join(citation.title for citation in draft.citations)
    words = frozenset(question_terms(gist_of(question), language))
    titled = frozenset(terms(titles, language))
    said = titled | frozenset(terms(draft.text, language))
    whole = fold(f"{titles}\n{draft.text}")
    codes = frozenset(code for code in _CODE.findall(fold(question)) if not _ORDER_ID.match(code))
    names = frozenset() if language is Language.DE else frozenset(map(fold, _NAME.findall(question)))
    return Fit(
        words_missing=_share(words - said, words),
        words_missing_in_title=_share(words - titled, words),
        codes_missing=_share(frozenset(code for code in codes if code not in whole), codes),
        names_missing=_share(frozenset(name for name in names if name not in whole), names),
        kinds_missing=_kinds_missing(question, draft.text, language),
        sentences=len(sentences_of(question)),
    )


def asked_kinds(question: str, language: Language) -> frozenset[str]:
    """Of `ANSWERS`: what the question seems to ask for."""
    return frozenset(kind for kind in ANSWERS if _says(question, kind, language))


def _says(question: str, kind: str, language: Language) -> bool:
    return _asked(language, kind).search(comparable(question)) is not None


def _kinds_missing(question: str, text: str, language: Language) -> frozenset[str]:
    wanted = asked_kinds(question, language)
    if not wanted:
        return frozenset()
    given = {value.kind for value in values_in(clean(text), language)}
    return frozenset(kind for kind in wanted if not ANSWERS[kind] & given)


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part) / len(whole) if whole else 0.0


@cache
def _asked(language: Language, kind: str) -> re.Pattern[str]:
    """Whole words, or with `*` how they begin: `cost` is not meant where somebody writes of the `Costa` cushion."""
    lists = json.loads((RESOURCES / "asked.json").read_text(encoding="utf-8"))
    return compiled(lists[language.value][kind])
