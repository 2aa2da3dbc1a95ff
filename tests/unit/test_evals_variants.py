"""The search with a part taken away, and what keeps sealed questions sealed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Conflict
from domain.vocabulary import Kind, Language
from evals.questions import EvalQuestion
from evals.seals import Seal, add_seal, hash_of_files, hash_of_questions, read_seals, refuse_again
from evals.variants import VARIANTS, WHOLE, Recorded, Variant, by_reciprocal_ranks, kept, ranked, refit
from retrieval.reranking.features import shipped_weights
from retrieval.reranking.training import Case, LabelledQuestion, fit
from retrieval.searching.candidates import Candidate


def a_candidate(document: str, *, near: float = 0.1, bm25: float = 0.0, **facts: Any) -> Candidate:
    """A passage as near in every way as `near` says."""
    closeness = {"closeness": near, "title_closeness": near, "sentence_closeness": near, "alignment": near}
    words = {"bm25": bm25, "coverage": min(1.0, bm25), "title_coverage": 0.0, "title_rarity": 0.0}
    own = {"language": Language.EN, "kind": Kind.FAQ, "title": document, "content_hash": ""}
    named = {"passage_id": f"{document}#0", "document_id": document}
    return Candidate.model_validate(named | own | closeness | words | facts)


def a_case(
    *candidates: Candidate, answers: tuple[str, ...] = (), other: tuple[Candidate, ...] | None = None
) -> Recorded:
    """A question in English for which these were found."""
    return Recorded(
        id="q",
        language=Language.EN,
        documents=answers,
        candidates=candidates,
        without_guesses=candidates if other is None else other,
        full_foreign=candidates if other is None else other,
    )


def documents(candidates: list[Candidate]) -> set[str]:
    """Which documents are kept."""
    return {candidate.document_id for candidate in candidates}


NEAR = [a_candidate(f"near {place}", near=0.9 - place / 10) for place in range(7)]
SAID = [a_candidate(f"said {place}", near=0.01, bm25=9.0 - place) for place in range(5)]


def test_the_whole_search_keeps_five_by_meaning_and_three_by_words() -> None:
    found = kept(a_case(*NEAR, *SAID), WHOLE)
    assert documents(found) == {*(f"near {place}" for place in range(5)), *(f"said {place}" for place in range(3))}
    assert {item.document_id: item.word_rank for item in found}["said 1"] == 2


def test_a_leg_that_is_off_finds_nothing() -> None:
    case = a_case(*NEAR, *SAID)
    assert documents(kept(case, Variant("", keyword_k=0))) == {f"near {place}" for place in range(5)}
    assert documents(kept(case, Variant("", semantic_k=0))) == {f"said {place}" for place in range(3)}


def test_what_is_taken_away_is_gone_and_the_rest_stays() -> None:
    [found] = kept(
        a_case(a_candidate("a", near=0.4, sentence_closeness=0.8)), Variant("", zeroed=frozenset({"alignment"}))
    )
    assert (found.alignment, found.sentence_closeness) == (0.0, 0.8)
    [found] = kept(
        a_case(a_candidate("a", near=0.4, sentence_closeness=0.8)),
        Variant("", as_whole=frozenset({"sentence_closeness"})),
    )
    assert (found.alignment, found.sentence_closeness) == (0.4, 0.4)


@pytest.mark.parametrize("recording", ["without_guesses", "full_foreign"])
def test_what_was_found_in_another_way_is_taken_instead(recording: Any) -> None:
    case = a_case(NEAR[0], other=(NEAR[1],))
    assert documents(kept(case, Variant("", recording=recording))) == {"near 1"}


def test_reciprocal_ranks_of_both_searches_are_added() -> None:
    both = a_candidate("both", meaning_rank=2, word_rank=1)
    one = a_candidate("one", meaning_rank=1)
    assert by_reciprocal_ranks([both, one]) == pytest.approx([1 / 62 + 1 / 61, 1 / 61])


def test_every_variant_ranks_every_question() -> None:
    for variant in (WHOLE, *VARIANTS):
        assert len(ranked(a_case(*NEAR, *SAID), variant, shipped_weights())) == 5
        assert ranked(a_case(), variant, shipped_weights()) == ()


def cases() -> list[Recorded]:
    """Questions whose answer is mostly the nearest."""
    return [
        a_case(
            *(a_candidate(f"{place}", near=0.2 + ((7 * place + turn) % 10) / 15) for place in range(6)), answers=(best,)
        )
        for turn in range(20)
        for best in [str(max(range(6), key=lambda place: (7 * place + turn) % 10))]
    ]


def test_refitting_everything_is_what_the_training_does() -> None:
    found = cases()
    shipped = shipped_weights()
    asked = [LabelledQuestion(id=case.id, language=case.language, text="", documents=case.documents) for case in found]
    taught = [
        Case(question=question, candidates=tuple(kept(case, WHOLE)))
        for question, case in zip(asked, found, strict=True)
    ]
    again = fit(taught, shipped.embedder)
    own = refit(found, WHOLE, shipped)
    assert own.weights == pytest.approx(again.weights, abs=1e-4)
    assert own.bias == pytest.approx(again.bias, abs=1e-4)


def test_a_hidden_feature_weighs_nothing() -> None:
    own = refit(cases(), Variant("", hidden=frozenset({"meaning_lead", "alignment"})), shipped_weights())
    weighed = dict(zip(own.features, own.weights, strict=True))
    assert (weighed["meaning_lead"], weighed["alignment"]) == (0.0, 0.0)
    assert weighed["closeness"] != 0.0


# --- seals ---


def a_question(name: str, text: str) -> EvalQuestion:
    return EvalQuestion(id=name, language=Language.EN, text=text, documents=(), cross_language=False)


def a_seal(questions: str) -> Seal:
    moment = datetime(2026, 2, 3, tzinfo=UTC)
    return Seal(at=moment, questions=questions, knowledge="k", weights="w", figures={"hit@3": 0.9})


def test_questions_that_were_asked_are_refused_and_others_are_not(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "sealed.json"
    refuse_again(path, "a")
    add_seal(path, a_seal("a"))
    with pytest.raises(Conflict, match="2026-02-03"):
        refuse_again(path, "a")
    refuse_again(path, "b")


def test_every_time_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "sealed.json"
    add_seal(path, a_seal("a"))
    add_seal(path, a_seal("a"))
    assert read_seals(path) == [a_seal("a"), a_seal("a")]


def test_the_hash_of_questions_changes_with_a_word_and_not_with_the_order() -> None:
    one, two = a_question("q001", "Is it oak?"), a_question("q002", "Is it ash?")
    assert hash_of_questions([one, two]) == hash_of_questions([two, one])
    assert hash_of_questions([one, two]) != hash_of_questions([one, a_question("q002", "Is it elm?")])


def test_the_hash_of_files_changes_with_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("oak", encoding="utf-8")
    before = hash_of_files(tmp_path)
    assert hash_of_files(tmp_path) == before
    (tmp_path / "a.md").rename(tmp_path / "b.md")
    renamed = hash_of_files(tmp_path)
    (tmp_path / "b.md").write_text("ash", encoding="utf-8")
    assert len({before, renamed, hash_of_files(tmp_path), hash_of_files(tmp_path / "b.md")}) == 4
