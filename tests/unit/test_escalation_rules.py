"""The rules for what always goes to a person: what they meet, and what takes a find back."""

import pytest

from activities.classification.escalation_rules import FOLDER, ruled_signs
from activities.classification.signs import CATEGORIES
from domain.vocabulary import Language


def categories(text: str) -> set[str]:
    return {sign.category for sign in ruled_signs(text)}


@pytest.mark.parametrize("language", list(Language))
def test_every_language_has_rules_for_every_category_and_what_takes_them_back(language: Language) -> None:
    lines = (FOLDER / f"{language.value}.txt").read_text(encoding="utf-8").splitlines()
    for category in CATEGORIES:
        for section in (f"[{category}]", f"[ordinary_{category}]"):
            assert lines.count(section) == 1, section
            following = next(line for line in lines[lines.index(section) + 1 :] if line.strip())
            assert not following.startswith("["), f"{section} holds nothing"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("My solicitor will be writing to you about this.", "legal_threat"),
        ("If you don't answer by Friday, my lawyer will take you to court.", "legal_threat"),
        ("Si no responden, mi abogado les pondrá una demanda.", "legal_threat"),
        ("Je ne veux plus vivre.", "self_harm"),
        ("Ich lasse die Abbuchung von meiner Bank zurückholen.", "chargeback"),
        ("Quero falar com uma pessoa, por favor.", "person_requested"),
    ],
)
def test_what_always_goes_to_a_person_is_met(text: str, category: str) -> None:
    assert category in categories(text)


@pytest.mark.parametrize(
    "text",
    [
        "I don't want a lawyer, just my parcel.",
        "Where is my order? I also want my money back for the broken lamp.",
        "These trainers are to die for, are they back in stock?",
        "Is the lawyer costume available in size M?",
        "",
    ],
)
def test_what_only_sounds_so_is_left_alone(text: str) -> None:
    assert categories(text) == set()


def test_a_wish_to_die_is_no_threat() -> None:
    assert categories("I want to die.") == {"self_harm"}
