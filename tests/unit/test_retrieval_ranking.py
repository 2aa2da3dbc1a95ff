"""Candidates are ordered by their chance to answer, one passage a document, in the customer's language."""

from typing import Any

import pytest

from domain.vocabulary import Kind, Language
from retrieval.calibration import Case, Question, cross_validate, fit, quality, read_questions
from retrieval.ranking import FEATURES, Candidate, Weights, chances, rank, shipped_weights
from retrieval.words import fold, question_words, search_words

WEIGHTS = Weights(
    embedder="hash/1",
    features=FEATURES,
    weights=tuple({"closeness": 10.0, "coverage_same": 4.0, "coverage_other": 1.0}.get(name, 0.0) for name in FEATURES),
    bias=-5.0,
    threshold=0.5,
    questions=0,
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
            "coverage": 0.0,
            "title_coverage": 0.0,
            "title_rarity": 0.0,
            **other,
        }
    )


def ids(candidates: list[Candidate], language: Language = Language.EN, top: int = 3) -> list[str]:
    return [item.candidate.passage_id for item in rank(candidates, language, WEIGHTS, top)]


def test_the_best_of_each_document_comes_once_and_best_first() -> None:
    found = [candidate("a.en#0", 0.3), candidate("a.en#1", 0.6), candidate("b.en#0", 0.5), candidate("c.en#0", 0.7)]
    assert ids(found) == ["c.en#0", "a.en#1", "b.en#0"]
    assert ids(found, top=1) == ["c.en#0"]


def test_a_document_is_shown_in_the_language_of_the_customer_and_keeps_its_best_chance() -> None:
    found = [candidate("a.en#0", 0.8), candidate("a.es#0", 0.4), candidate("b.es#0", 0.6)]
    ranked = rank(found, Language.ES, WEIGHTS, 3)
    assert [item.candidate.passage_id for item in ranked] == ["a.es#0", "b.es#0"]
    assert ranked[0].score == pytest.approx(chances([found[0]], Language.ES, WEIGHTS)[0])


def test_shared_words_count_for_less_across_languages() -> None:
    found = [candidate("a.de#0", 0.5, coverage=0.5), candidate("b.en#0", 0.5, coverage=0.5)]
    assert ids(found) == ["b.en#0", "a.de#0"]


def test_other_kinds_come_only_when_the_preferred_hold_no_answer_and_count_for_less() -> None:
    policy = candidate("p.en#0", 0.9, preferred=False)
    assert ids([candidate("a.en#0", 0.6), policy]) == ["a.en#0"]
    ranked = rank([candidate("a.en#0", 0.3), policy], Language.EN, WEIGHTS, 3)
    assert [item.candidate.document_id for item in ranked] == ["p", "a"]
    assert ranked[0].score == pytest.approx(0.75 * chances([policy], Language.EN, WEIGHTS)[0])


def test_nothing_found_is_nothing_ranked() -> None:
    assert rank([], Language.EN, WEIGHTS, 3) == []


def test_the_shipped_weights_fit_this_code_and_like_nearer_passages() -> None:
    weights = shipped_weights()
    near, far = candidate("a.en#0", 0.8, title_closeness=0.8), candidate("a.en#1", 0.1, title_closeness=0.1)
    near_chance, far_chance = chances([near, far], Language.EN, weights)
    assert near_chance > 0.5 > far_chance
    assert 0 < weights.threshold < 1


def test_a_fit_finds_what_parts_answers_from_the_rest() -> None:
    cases = [
        Case(
            question=Question(id=str(number), language=Language.EN, text="?", documents=("good",)),
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("HB-200", "hb 200 hb200"),
        ("hb200", "hb200"),
        ("Devolución", "devolución devolucion"),
        ("19,90 €", "19.90"),
        ("1,234.56", "1.234.56"),
        ("L'été d'un jour", "l été ete d un jour"),
        ("snake_case & x|y <b>", "snake case x y b"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
        ("😀 …", ""),
    ],
)
def test_words_are_cut_the_same_for_the_index_and_the_question(text: str, words: str) -> None:
    assert search_words(text) == words


def test_a_question_has_each_word_once_and_at_most_a_hundred() -> None:
    assert question_words("go go GO") == "go"
    assert len(question_words(" ".join(f"w{number}" for number in range(500))).split()) == 100


def test_folding_takes_accents_away() -> None:
    assert fold("Größe ÇA Ñandú") == "grosse ca nandu"
