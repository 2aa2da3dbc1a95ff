"""A question is read once, found passages are weighed in columns, and the best of each search are kept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from domain.vocabulary import Kind, Language
from retrieval.alignment import align, asked_pieces, pack_pieces, pieces_of, unpack_pieces
from retrieval.analysis import terms
from retrieval.postings import hashes, postings_of, term_hash
from retrieval.searching.pool import Pool, pool_of, shortlist
from retrieval.searching.question import (
    FOREIGN_WORDS,
    Question,
    Vocabulary,
    inverse_document_frequency,
    read_question,
    unknown_terms,
    weigh,
)
from retrieval.vectors import pack, unpack

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HUNDRED = dict.fromkeys(Language, Vocabulary(passages=100, average_length=20.0))


def covered(question: str, *passages: str) -> list[float]:
    words = question.split()
    return [each.mean for each in align(asked_pieces(question, words), [pieces_of(passage) for passage in passages])]


def test_a_passage_in_another_language_is_more_alike_than_one_about_something_else() -> None:
    deadline, kettle = covered(
        "Wie lange ist die Frist für die Rückgabe?",
        "El plazo de devolución es de 30 días.",
        "La tetera tiene una capacidad de 1,7 litros.",
    )
    assert deadline > 2 * kettle


def test_the_fact_that_is_missing_is_the_weakest_word() -> None:
    question = asked_pieces("armrests Vela", ["armrests", "Vela"])
    without, with_it = align(
        question,
        [pieces_of("The Vela chair folds flat and is made of beech."), pieces_of("The Vela chair has armrests.")],
    )
    assert without.weakest < 0.6 < 0.95 < with_it.weakest
    assert without.weakest <= without.weaker


@pytest.mark.parametrize("text", ["", "😀", "   "])
def test_what_has_no_pieces_is_like_nothing(text: str) -> None:
    assert [each.mean for each in align(asked_pieces(text, []), [pieces_of("A kettle.")])] == [0.0]
    assert covered("kettle", text)[0] == pytest.approx(0.0, abs=0.05)


def test_pieces_come_back_as_they_were_packed() -> None:
    pieces = pieces_of("Lieferadresse ändern")
    assert unpack_pieces(pack_pieces(pieces)).tolist() == pieces.tolist() == sorted(set(pieces.tolist()))


def test_packed_vectors_keep_their_cosines() -> None:
    chance = np.random.default_rng(3)
    rows = chance.normal(size=(20, 512))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert np.abs(unpack(pack(rows.tolist()), 512) @ rows.T - rows @ rows.T).max() < 0.005
    assert len(unpack(b"", 512)) == 0


def test_a_vector_of_other_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match="buffer size"):
        unpack(pack([[1.0, 0.0]]), 512)


def test_terms_of_two_stores_or_languages_never_meet() -> None:
    assert len({term_hash(store, language, "miso") for store in ("a", "b") for language in Language}) == 10


def test_rare_terms_weigh_more_and_none_weighs_nothing() -> None:
    weights = [inverse_document_frequency(n, 1_000) for n in (0, 1, 10, 500, 1_000, 2_000)]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_a_word_that_only_another_language_knows_counts_as_a_name() -> None:
    question = read_question("demo", "Rotwein auf dem Duna", Language.DE)
    foreign = {term.term: term for term in question.terms if term.language is Language.EN}
    name, word = foreign["duna"], foreign["rotwein"]
    frequencies = {name.hash: 1, word.hash: 1, term_hash("demo", Language.DE, "rotwein"): 5}
    frequencies |= dict.fromkeys(word.own, 5)
    weighed = weigh([name, word], frequencies, HUNDRED)
    assert weighed.weights[1] == pytest.approx(FOREIGN_WORDS * weighed.weights[0])


def test_only_long_words_of_the_customers_language_may_be_misspelt() -> None:
    question = read_question("demo", "Kan ich meine Lifferadresse HB200 xy andern", Language.DE)
    assert "lifferadress" in {term.term for term in unknown_terms(question, {})}
    assert all(term.language is Language.DE and term.term.isalpha() for term in unknown_terms(question, {}))
    known = {term.hash: 1 for term in question.terms}
    assert unknown_terms(question, known) == []


def test_the_rarest_terms_fill_the_budget_and_two_common_ones_must_meet() -> None:
    question = read_question("demo", "return kettle lid", Language.EN)
    own = [term for term in question.terms if term.language is Language.EN]
    some = weigh(own, {term.hash: n for term, n in zip(own, (90, 3, 2), strict=False)}, HUNDRED)
    assert len(some.rare(10)) == 2
    assert some.rare(1) == []
    assert len(some.together(Language.EN)) == 2


def test_a_question_is_cut_and_cleaned() -> None:
    question = read_question("demo", "kettle \0 \ud800 " * 20_000, Language.EN)
    assert len(question.text) <= 2_000
    assert "\0" not in question.text
    question.text.encode("utf-8")


@pytest.mark.parametrize("text", ["😀😀", "?!…", ""])
def test_what_has_no_words_asks_nothing(text: str) -> None:
    assert read_question("demo", text, Language.EN).is_empty


def a_row(
    question: Question, passage_id: str, text: str, vector: Sequence[float], known: Sequence[int]
) -> dict[str, Any]:
    document_id, _, language = passage_id.partition("#")[0].rpartition(".")
    held = postings_of(terms(text, Language(language)))
    counts = dict(zip(hashes("demo", Language(language), held.terms), held.frequencies, strict=True))
    return {
        "passage_id": passage_id,
        "document_id": document_id,
        "language": language,
        "kind": Kind.FAQ.value,
        "title": "T",
        "url": None,
        "content_hash": "h",
        "length": held.length,
        "pieces": pack_pieces(pieces_of(text)),
        "parts": pack([vector, vector]),
        "closeness": float(np.dot(vector, [1.0, 0.0])),
        "frequencies": [counts.get(term, 0) for term in known],
        "in_title": [False for _ in known],
        "since": NOW,
    }


def a_pool(text: str, passages: dict[str, tuple[str, Sequence[float]]]) -> Pool:
    question = read_question("demo", text, Language.EN)
    own = [term for term in question.terms if term.language is Language.EN]
    weighed = weigh(own, {term.hash: 2 for term in own}, HUNDRED)
    known = [weighed.terms[place].hash for place in weighed.known]
    rows = [a_row(question, name, said, vector, known) for name, (said, vector) in passages.items()]
    return pool_of(rows, question, [1.0, 0.0], weighed, kinds=(Kind.FAQ,), at=NOW)


def test_each_search_brings_its_own_best() -> None:
    pool = a_pool(
        "lid of HB-210",
        {
            "near.en#0": ("Something else entirely", [1.0, 0.0]),
            "worded.en#0": ("The lid of the HB-210", [0.0, 1.0]),
            "neither.en#0": ("Nothing at all", [0.1, 0.99]),
        },
    )
    kept = {item.document_id: item for item in shortlist(pool, semantic_k=1, keyword_k=1)}
    assert kept["worded"].word_rank == 1
    assert kept["worded"].codes == 1.0
    assert kept["near"].word_rank is None
    assert "neither" not in kept


def test_a_document_counts_once_and_keeps_two_passages() -> None:
    passages: dict[str, tuple[str, Sequence[float]]] = {f"long.en#{n}": ("kettle", [1.0, 0.0]) for n in range(5)}
    pool = a_pool("kettle", passages | {"other.en#0": ("kettle lid", [0.5, 0.8])})
    kept = shortlist(pool, semantic_k=2, keyword_k=0)
    assert [item.document_id for item in kept].count("long") == 2
    assert {item.document_id for item in kept} == {"long", "other"}
