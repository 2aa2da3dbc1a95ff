"""Candidates are ordered by their chance to answer, one passage a document, in the customer's language."""

from typing import Any

import pytest

from domain.vocabulary import Kind, Language
from retrieval.reranking.features import FEATURES, SIGNS, Verdict, chances, shipped_weights
from retrieval.reranking.ranking import Scored, rank
from retrieval.reranking.training import UNFITTED, Case, LabelledQuestion, cross_validate, fit, quality, read_questions
from retrieval.searching.candidates import Candidate

WEIGHTS = UNFITTED.model_copy(
    update={
        "weights": tuple(
            {"closeness": 10.0, "coverage_same": 4.0, "coverage_other": 1.0}.get(name, 0.0) for name in FEATURES
        ),
        "bias": -5.0,
        "verdict": Verdict(signs=SIGNS, weights=(1.0, *(0.0 for _ in SIGNS[1:])), bias=0.0),
    }
)


def candidate(passage_id: str, closeness: float, **other: Any) -> Candidate:
    document_id, _, language = passage_id.partition("#")[0].rpartition(".")
    return Candidate.model_validate(
        {
            "passage_id": passage_id,
            "document_id": document_id,
            "language": language,
            "kind": Kind.FAQ,
            "title": "T",
            "content_hash": "h",
            "closeness": closeness,
            "title_closeness": 0.0,
            "sentence_closeness": 0.0,
            "alignment": 0.0,
            "bm25": 0.0,
            "coverage": 0.0,
            "title_coverage": 0.0,
            "title_rarity": 0.0,
            **other,
        }
    )


def ranked(candidates: list[Candidate], language: Language = Language.EN) -> list[Scored]:
    return rank(candidates, chances(candidates, language, WEIGHTS), language, WEIGHTS.threshold)


def ids(candidates: list[Candidate]) -> list[str]:
    return [item.candidate.passage_id for item in ranked(candidates)]


def test_the_best_of_each_document_comes_once_and_best_first() -> None:
    found = [candidate("a.en#0", 0.3), candidate("a.en#1", 0.6), candidate("b.en#0", 0.5), candidate("c.en#0", 0.7)]
    assert ids(found) == ["c.en#0", "a.en#1", "b.en#0"]


def test_a_document_is_shown_in_the_language_of_the_customer_and_keeps_its_best_chance() -> None:
    found = [candidate("a.en#0", 0.8), candidate("a.es#0", 0.4), candidate("b.es#0", 0.6)]
    best = ranked(found, Language.ES)
    assert [item.candidate.passage_id for item in best] == ["a.es#0", "b.es#0"]
    assert best[0].score == pytest.approx(chances([found[0]], Language.ES, WEIGHTS)[0])


def test_shared_words_count_for_less_across_languages() -> None:
    found = [candidate("a.de#0", 0.5, coverage=0.5), candidate("b.en#0", 0.5, coverage=0.5)]
    assert ids(found) == ["b.en#0", "a.de#0"]


def test_other_kinds_come_only_when_the_preferred_hold_no_answer_and_count_for_less() -> None:
    policy = candidate("p.en#0", 0.9, preferred=False)
    assert ids([candidate("a.en#0", 0.6), policy]) == ["a.en#0"]
    found = ranked([candidate("a.en#0", 0.3), policy])
    assert [item.candidate.document_id for item in found] == ["p", "a"]
    assert found[0].score == pytest.approx(0.75 * chances([policy], Language.EN, WEIGHTS)[0])


def test_nothing_found_is_nothing_ranked() -> None:
    assert ranked([]) == []


def _near(passage_id: str, closeness: float) -> Candidate:
    return candidate(
        passage_id, closeness, title_closeness=closeness, sentence_closeness=closeness, alignment=closeness / 2
    )


def test_the_shipped_weights_fit_this_code_and_like_nearer_passages() -> None:
    weights = shipped_weights()
    near, far = _near("a.en#0", 0.8), _near("b.en#0", 0.1)
    near_chance, far_chance = chances([near, far], Language.EN, weights)
    assert near_chance > 0.5 > far_chance
    assert 0 < weights.threshold < 1


def test_a_fit_finds_what_parts_answers_from_the_rest() -> None:
    cases = [
        Case(
            question=LabelledQuestion(id=str(number), language=Language.EN, text="?", documents=("good",)),
            candidates=(candidate("good.en#0", 0.6 + number / 100), candidate("bad.en#0", 0.3 + number / 100)),
        )
        for number in range(20)
    ]
    weights = fit(cases, "hash/1")
    assert dict(zip(weights.features, weights.weights, strict=True))["closeness"] > 0
    measured = quality(cross_validate(cases, "hash/1"), 0.5)
    assert (measured.answerable, measured.hit_at_1, measured.hit_at_3) == (20, 1.0, 1.0)


def test_the_labelled_questions_are_in_five_languages_and_some_have_no_answer() -> None:
    questions = read_questions()
    assert (
        len({question.id for question in questions}) == len({question.text for question in questions}) == len(questions)
    )
    assert {question.language for question in questions} == set(Language)
    assert sum(not question.documents for question in questions) >= 20
