"""What holds for the terms of any text, however strange."""

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.vocabulary import Language
from retrieval.analysis import fold, grams, question_terms, similar_terms, terms
from retrieval.analysis.compounds import split
from retrieval.analysis.folding import plain
from retrieval.analysis.stems import stem
from retrieval.analysis.tokens import number

LANGUAGES = st.sampled_from(list(Language))
STRANGE = st.sampled_from(
    [
        *"é ß ẞ Ä ae oe ue - ' ’ . , / _ & + 0 1 ٣ ² Ⅷ ﬁ İ ı ΐ ŉ 🙂 退货 ありがとう استرداد हिन्दी 한국어".split(),
        *("zurück", " ", "\u00a0", "\u200b", "\u200d", "\u00ad", "\ud800", "\x00", "HB"),
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.one_of(STRANGE, st.text(max_size=4)), max_size=60).map("".join))
WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüßéèêëàâçñóúíïôûãõ", min_size=1, max_size=30)


@given(TEXTS, LANGUAGES)
@example("\ud800\udfff", Language.DE)
@example("1.1.1.1,1", Language.FR)
def test_any_text_has_terms_that_are_short_folded_and_not_empty(text: str, language: Language) -> None:
    found = terms(text, language)
    assert all(0 < len(term) <= 64 and " " not in term for term in found)
    assert found == terms(text, language)


@given(TEXTS, LANGUAGES)
def test_a_questions_terms_are_some_of_its_texts(text: str, language: Language) -> None:
    asked = question_terms(text, language)
    assert len(asked) == len(set(asked)) <= 100
    assert set(asked) <= set(terms(text, language))
    assert bool(asked) == bool(terms(text, language))


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert plain(plain(text)) == plain(text)


@given(st.lists(TEXTS, max_size=5), LANGUAGES)
def test_the_terms_of_lines_are_the_terms_of_each_line(lines: list[str], language: Language) -> None:
    lines = ["".join(letter for letter in line if not letter.isspace()) for line in lines]
    together = terms("\n".join(lines), language)
    assert together == [term for line in lines for term in terms(line, language)]


@given(WORDS, LANGUAGES)
def test_a_word_meets_itself_without_accents_and_in_capitals(word: str, language: Language) -> None:
    assert terms(word, language) == terms(fold(word), language)
    assert stem(word, language) == stem(word.upper(), language) == stem(unicodedata.normalize("NFD", word), language)


SYLLABLES = st.builds(
    "".join, st.tuples(*(st.sampled_from(x.split()) for x in ("b g k st l", "a e ä ö ü au", "t ß n rm")))
)


@given(st.lists(SYLLABLES, min_size=1, max_size=5))
def test_a_german_word_meets_itself_with_its_umlauts_in_two_letters(syllables: list[str]) -> None:
    word = "".join(syllables)
    spelled = word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    assert terms(word, Language.DE) == terms(spelled, Language.DE) == terms(fold(word), Language.DE)


PARTS = ["versand", "kosten", "liefer", "adresse", "garantie", "recht", "akku", "karte"]


@given(st.lists(st.sampled_from(PARTS), min_size=2, max_size=5))
def test_a_compound_of_known_parts_is_cut_into_all_of_them(parts: list[str]) -> None:
    found = split("".join(parts))
    assert set(parts) <= set(found)
    assert found[0] + found[-1] == "".join(parts)


@given(st.integers(0, 10**12), st.integers(0, 99))
def test_a_number_is_one_in_both_conventions(whole: int, cents: int) -> None:
    grouped = f"{whole:,}"
    english, german = f"{grouped}.{cents:02d}", f"{grouped.replace(',', '.')},{cents:02d}"
    assert number(english) == number(german) == number(f"{whole}.{cents:02d}")
    assert float(number(english)) == pytest.approx(whole + cents / 100)


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=30))
def test_similar_terms_come_from_the_vocabulary_and_hold_no_digits(term: str, vocabulary: list[str]) -> None:
    found = similar_terms(term, vocabulary)
    assert set(found) <= set(vocabulary) - {term} and len(found) <= 8
    assert not any(letter.isdigit() for other in found for letter in other)


@settings(max_examples=300)
@given(st.text(alphabet="abcdefghij", min_size=4, max_size=12), st.data())
def test_one_wrong_letter_is_found_again_and_shares_a_gram(term: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(term) - 1))
    typed = data.draw(
        st.sampled_from([term[:at] + term[at + 1 :], term[:at] + "x" + term[at:], term[:at] + "x" + term[at + 1 :]])
    )
    if len(typed) < 4:
        return
    assert similar_terms(typed, ["zzzzzz", term]) == [term]
    assert set(grams(typed)) & set(grams(term))


@pytest.mark.parametrize(
    ("typed", "vocabulary", "expected"),
    [
        ("retrun", ["return", "refund", "returns"], ["return"]),
        ("waranti", ["garanti", "warranti"], ["warranti", "garanti"]),
        ("rembursement", ["remboursement", "rembourse"], ["remboursement"]),
        ("lieferadreße", [], []),
        ("hb20", ["hb200"], []),
        ("hbx", ["hbs"], []),
        ("charger", ["charge7", "chargers", "changer"], ["chargers", "changer"]),
        ("shoes", ["hoes", "shoe"], ["shoe", "hoes"]),
    ],
)
def test_a_mistyped_term_finds_what_was_meant(typed: str, vocabulary: list[str], expected: list[str]) -> None:
    assert similar_terms(typed, vocabulary) == expected


def test_a_hundred_thousand_terms_are_searched_quickly() -> None:
    syllables = [first + second for first in "bcdfghjklmnprstvwz" for second in "aeiou"]
    vocabulary = [one + two + three for one in syllables for two in syllables for three in syllables[::7]]
    assert len(vocabulary) > 100_000
    started = time.perf_counter()
    assert similar_terms("kabelo", vocabulary) == ["kabeho", "kabeli", "kabero"]
    assert time.perf_counter() - started < 2
