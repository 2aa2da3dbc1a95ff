"""A slip of the finger is mended from what is offered and from the words of questions; what is right stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.generation.misspellings import LONGEST, mended
from domain.vocabulary import Language
from retrieval.alignment import is_whole

OFFERED = {
    Language.EN: ("The dishwasher is quiet.", "dishwasher"),
    Language.DE: ("Der Kaminofen steht auf einer Platte.", "kaminofen"),
    Language.FR: ("La bouilloire s'éteint toute seule.", "bouilloire"),
    Language.ES: ("El hervidor se apaga solo.", "hervidor"),
    Language.PT: ("A chaleira desliga-se sozinha.", "chaleira"),
}
LETTERS = re.compile(r"[^\W\d_]+")


def slips(word: str) -> dict[str, str]:
    """One of each kind."""
    return {
        "swapped": word[:2] + word[3] + word[2] + word[4:],
        "missing": word[:3] + word[4:],
        "added": word[:3] + "x" + word[3:],
        "wrong": word[:3] + "x" + word[4:],
    }


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", ["swapped", "missing", "added", "wrong"])
def test_one_slip_in_an_offered_word_is_mended(language: Language, kind: str) -> None:
    text, word = OFFERED[language]
    assert mended(f"12 x {slips(word)[kind]}, ok?", language, [text]) == f"12 x {word}, ok?"


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        (Language.EN, "how much does it wiegh", "how much does it weigh"),
        (Language.EN, "is it watreproof", "is it waterproof"),
        (Language.DE, "wie ist die schutzatr", "wie ist die schutzart"),
        (Language.FR, "quelle est la largeru", "quelle est la largeur"),
        (Language.ES, "cual es la altrua", "cual es la altura"),
        (Language.PT, "qual e a largrua", "qual e a largura"),
    ],
)
def test_the_words_of_questions_are_known_though_nothing_offered_has_them(
    language: Language, typed: str, meant: str
) -> None:
    assert mended(typed, language, []) == meant


def test_two_swapped_letters_of_a_word_of_the_encoder_are_put_right() -> None:
    assert mended("can it come next wekeend", Language.EN, []) == "can it come next weekend"


def test_more_than_one_slip_is_left() -> None:
    assert mended("the dihswahser", Language.EN, ["A dishwasher."]) == "the dihswahser"


def test_swapped_letters_count_before_a_wrong_one_and_the_same_first_letter_before_another() -> None:
    assert mended("zrobel", Language.EN, ["zrobal zorbel"]) == "zorbel"
    assert mended("zotbel", Language.EN, ["xotbel zorbel"]) == "zorbel"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        (Language.EN, "one that weighs less, with vouchers and instalments"),
        (Language.DE, "was kostet es, wenn ich das zurückschicke oder storniere"),
        (Language.FR, "c'est annulé, expédié ou remboursé"),
        (Language.ES, "el reembolso que no devuelve: lo anulan, lo cancela, está limpio"),
        (Language.PT, "o reembolso de quanto custam, aguentam e suportam"),
    ],
)
def test_a_word_that_goes_on_from_a_listed_beginning_is_right(language: Language, question: str) -> None:
    assert mended(question, language, []) == question


@pytest.mark.parametrize(
    ("language", "question"),
    [
        (Language.EN, "what does the delivery of that table cost"),
        (Language.DE, "welche garantie gilt für den tisch"),
        (Language.FR, "quelle garantie pour la table"),
        (Language.ES, "cuando llega el pedido"),
        (Language.PT, "quando chega o volume"),
    ],
)
def test_a_question_without_a_slip_stays_whatever_is_offered(language: Language, question: str) -> None:
    assert mended(question, language, [text for text, _ in OFFERED.values()]) == question


@pytest.mark.parametrize("language", Language)
def test_what_the_store_writes_is_never_doubted(language: Language) -> None:
    offered = ["The Brissa lantern and the Brisas lantern.", "Bouillotte, bouilloire; Zürcher Kessel-Öl"]
    for word in ("brissa", "brisas", "bouillotte", "bouilloire", "zürcher", "zurcher", "kessel"):
        assert mended(f"{word}?", language, offered) == f"{word}?"


@pytest.mark.parametrize(
    "question",
    [
        "Ketle",
        "KETLE",
        "KeTle",
        "lantrn200",
        "200lantrn",
        "HB-200",
        "4711 12,50 € 3x",
        "teh kete",
        "lantrn_x",
        "ケトル",
        "чайник",
    ],
)
def test_names_codes_numbers_short_words_and_other_scripts_stay(question: str) -> None:
    assert mended(question, Language.EN, ["lantern HB-201", "4712"]) == question


def test_letters_beside_marks_are_mended_and_the_marks_stay() -> None:
    offered = ["lantern"]
    assert mended("(lantrn) l'lantrn, lantrn-lantrn\nlantrn…", Language.FR, offered) == (
        "(lantern) l'lantern, lantern-lantern\nlantern…"
    )


@pytest.mark.parametrize("question", ["", " ", "?", "\n\n", "\0", "12"])
def test_of_a_question_without_words_nothing_changes(question: str) -> None:
    assert mended(question, Language.EN, []) == question
    assert mended(question, Language.EN, ["", "lantern"]) == question


@pytest.mark.parametrize("language", Language)
def test_a_long_question_is_mended_to_its_end(language: Language) -> None:
    text, word = OFFERED[language]
    question = (f"{slips(word)['swapped']} " * 500)[:4_000].rsplit(" ", 1)[0]
    assert mended(question, language, [text]) == question.replace(slips(word)["swapped"], word)


def test_endless_words_are_not_taken_apart() -> None:
    before = is_whole.cache_info().misses
    for letters in (LONGEST + 1, 200, 4_000):
        question = ("qwertzuiopasdfghjkl" * 300)[:letters]
        assert mended(question, Language.EN, ["lantern"]) == question
    assert is_whole.cache_info().misses == before


@given(question=st.text(max_size=200), language=st.sampled_from(Language))
def test_only_words_change_and_each_into_one_word(question: str, language: Language) -> None:
    found = mended(question, language, [text for text, _ in OFFERED.values()])
    assert LETTERS.sub("", found) == LETTERS.sub("", question)
    assert len(LETTERS.findall(found)) == len(LETTERS.findall(question))


@pytest.mark.parametrize(
    ("language", "question", "offered"),
    [
        (Language.EN, "does the stove fit nights outside", "The stone lights outside."),
        (Language.ES, "la manta que vosotros recibo", "Se monta y recibe."),
        (Language.FR, "cette lampe est rouge", "Une lame pliable."),
        (Language.PT, "as cadeiras com desconto", "Madeira e madeiras."),
        (Language.DE, "meiner lieber brauche", "Einer liefert und braucht."),
    ],
)
def test_right_words_that_stand_near_others_are_left(language: Language, question: str, offered: str) -> None:
    assert mended(question, language, [offered]) == question
