"""What a question is about and what a piece speaks of: neighbours in meaning are told apart in five languages."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.generation.topics import NAMES, subject_columns, topic_columns, topics_of, words_of_topics
from activities.phrase_lists import comparable
from activities.wording import RESOURCES
from domain.vocabulary import Language

LISTS: dict[str, dict[str, list[str]]] = json.loads((RESOURCES / "topics.json").read_text(encoding="utf-8"))
TOPICS, SUBJECTS = NAMES[:5], NAMES[5:]
EN, DE, FR, ES, PT = Language.EN, Language.DE, Language.FR, Language.ES, Language.PT


@pytest.mark.parametrize(
    ("language", "text", "about"),
    [
        (EN, "What does the bench weigh?", {"weight"}),
        (EN, "How much weight can the bench carry?", {"load"}),
        (EN, "How long is the power lead?", {"power", "cable"}),
        (EN, "How tall is the lamp?", {"size"}),
        (EN, "Can I send back a voucher and get my money back?", {"return", "voucher", "refund"}),
        (EN, "Who are you?", set()),
        (DE, "Was wiegt die Bank?", {"weight"}),
        (DE, "Wie viel Gewicht hält die Bank aus?", {"load"}),
        (DE, "Wie hoch ist die Lampe?", {"size"}),
        (DE, "Kann ich das zurückschicken, und wer erstattet die Lieferung?", {"return", "refund", "delivery"}),
        (FR, "Combien pèse le banc ?", {"weight"}),
        (FR, "Combien de poids le banc supporte-t-il ?", {"load"}),
        (FR, "Quelle est la hauteur de la lampe ?", {"size"}),
        (FR, "Les frais de retour sont-ils remboursés ?", {"price", "return", "refund"}),
        (ES, "¿Cuánto pesa el banco?", {"weight"}),
        (ES, "¿Cuánto peso aguanta el banco?", {"load"}),
        (ES, "¿Qué altura tiene la lámpara?", {"size"}),
        (ES, "¿Puedo devolverlo y cuándo llega el reembolso?", {"return", "delivery", "refund"}),
        (PT, "Quanto pesa o banco?", {"weight"}),
        (PT, "Quanto peso aguenta o banco?", {"load"}),
        (PT, "Que altura tem o candeeiro?", {"size"}),
        (PT, "Posso devolver e cancelar a encomenda?", {"return", "cancel"}),
    ],
)
def test_a_text_is_about_what_its_words_say(language: Language, text: str, about: set[str]) -> None:
    assert topics_of(text, language) == about
    assert topics_of(text.upper(), language) == about


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (EN, "Carefully led by a leadership of careers, a shipyard"),
        (DE, "Der Massenstart in Hochstadt"),
        (FR, "Le château et la chérie"),
        (ES, "Un carácter valeroso"),
        (PT, "Uma caravela e um contador"),
    ],
)
def test_a_word_inside_another_one_says_nothing(language: Language, text: str) -> None:
    assert topics_of(text, language) == set()


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_topic_and_each_of_its_phrases_is_found(language: Language) -> None:
    assert set(LISTS[language.value]) == set(LISTS["en"])
    for name, phrases in LISTS[language.value].items():
        assert phrases and len(set(phrases)) == len(phrases), name
        for phrase in phrases:
            assert phrase == comparable(phrase), "patterns are searched in folded texts"
            said = phrase.replace("~", "x y").replace("*", "e")
            narrower = {"weight": "load", "size": "cable"}.get(name)
            assert {name, narrower} & topics_of(f"So: {said}!", language), phrase
    assert set(words_of_topics(language)) == {each for words in LISTS[language.value].values() for each in words}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("text", ["", " ", "?!", "\0", "12 345", "😀"])
def test_a_text_without_words_is_about_nothing(language: Language, text: str) -> None:
    assert topics_of(text, language) == set()


def columns(question: str, offers: list[tuple[str, str, Language]], language: Language = EN) -> list[list[float]]:
    """One row an offer."""
    found = topic_columns(question, language, offers)
    assert tuple(found) == TOPICS
    return [[float(found[name][place]) for name in TOPICS] for place in range(len(offers))]


def test_a_piece_is_held_against_what_is_asked_with_what_it_stands_under() -> None:
    assert columns(
        "How much does it weigh, and how tall is it?",
        [
            ("It weighs 4 kg.", "", EN),
            ("4 kg.", "Weight: how heavy it is", EN),
            ("Delivery is free with a voucher.", "Returns", EN),
            ("Carries up to 200 kg.", "", EN),
            ("Sunny.", "", EN),
        ],
    ) == [
        [2, 0.5, 0, 0, 0],
        [2, 0, 0.5, 0, 0],
        [2, 0, 0, 1, 2],
        [2, 0, 0, 1, 1],
        [2, 0, 0, 1, 0],
    ]


def test_each_piece_is_read_in_its_own_language() -> None:
    offers = [("Sie wiegt 4 kg.", "", DE), ("Pesa 4 kg.", "", ES), ("Elle pèse 4 kg.", "", FR), ("Pesa 4 kg.", "", EN)]
    assert [row[1] for row in columns("How much does it weigh?", offers)] == [1, 1, 1, 0]


@pytest.mark.parametrize("question", ["", "Who are you?"])
def test_where_nothing_is_asked_nothing_is_missed(question: str) -> None:
    assert columns(question, [("It weighs 4 kg.", "Delivery", EN), ("", "", EN)]) == [[0, 0, 0, 0, 0]] * 2


def test_without_pieces_the_columns_are_empty() -> None:
    assert {name: len(column) for name, column in topic_columns("weight?", EN, []).items()} == dict.fromkeys(TOPICS, 0)
    found = subject_columns("weight?", EN, [])
    assert {name: len(column) for name, column in found.items()} == dict.fromkeys(SUBJECTS, 0)


def test_a_question_of_everything_stays_within_the_bounds() -> None:
    everything = " ".join(words_of_topics(EN)).replace("*", "")
    question = (f"{everything} " * 10)[:4_000]
    assert columns(question, [(everything, everything, EN), ("Sunny.", "", EN)]) == [[3, 1, 1, 0, 0], [3, 0, 0, 1, 0]]
    assert columns("How heavy?", [(question, "", EN)]) == [[1, 0, 0, 1, 3]]


@given(
    question=st.lists(st.sampled_from(words_of_topics(EN)), max_size=8),
    texts=st.lists(st.lists(st.sampled_from(words_of_topics(EN)), max_size=8), min_size=1, max_size=4),
)
def test_shares_lie_between_nothing_and_all(question: list[str], texts: list[list[str]]) -> None:
    for asked, said, above, missed, other in columns(" ".join(question), [(" ".join(t), "", EN) for t in texts]):
        assert asked in (0, 1, 2, 3) and other in (0, 1, 2, 3) and missed in (0, 1)
        assert 0 <= said <= 1 and above == 0
        assert not (missed and said)


def subjects(question: str, names: list[str], language: Language = EN) -> dict[str, list[float]]:
    found = subject_columns(question, language, [(name, language) for name in names])
    assert tuple(found) == SUBJECTS
    return {name: np.round(column, 6).tolist() for name, column in found.items()}


@pytest.mark.parametrize(
    ("language", "question", "asked", "other"),
    [
        (EN, "How heavy is the kettle K17?", "Kettle K17", "Kettle K15"),
        (DE, "Wie schwer ist der Wasserkocher K17?", "Wasserkocher K17", "Wasserkocher K15"),
        (FR, "Combien pèse la bouilloire K17 ?", "Bouilloire K17", "Bouilloire K15"),
        (ES, "¿Cuánto pesa el hervidor K17?", "Hervidor K17", "Hervidor K15"),
        (PT, "Quanto pesa a chaleira K17?", "Chaleira K17", "Chaleira K15"),
    ],
)
def test_the_document_that_a_question_names_is_ahead_of_its_neighbour(
    language: Language, question: str, asked: str, other: str
) -> None:
    found = subjects(question, [other, asked, other], language)
    named = found["subject_named"]
    assert named[1] == 1 and 0 < named[0] == named[2] < 1
    assert found["subject_lead"] == pytest.approx([named[0] - 1, 1 - named[0], named[2] - 1], abs=1e-5)
    assert found["subject_any"] == [1, 1, 1]


def test_pieces_of_one_document_are_not_ahead_of_each_other() -> None:
    assert subjects("the kettle K17", ["Kettle K17"] * 2) == {
        "subject_named": [1, 1],
        "subject_lead": [1, 1],
        "subject_any": [1, 1],
    }


@pytest.mark.parametrize(("question", "names"), [("", ["Kettle K17", ""]), ("Is it dry?", ["Kettle K17", "?"])])
def test_a_question_that_names_no_document_says_so(question: str, names: list[str]) -> None:
    assert subjects(question, names) == {name: [0, 0] for name in SUBJECTS}


def test_a_question_of_four_thousand_characters_names_its_document() -> None:
    question = ("blah " * 800)[:3_980] + " kettle K17"
    assert subjects(question, ["Kettle K17", "Lamp"])["subject_named"] == [1, 0]
