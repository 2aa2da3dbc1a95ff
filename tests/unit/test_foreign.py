"""A sixth language is named, goes to a person, and is never taken for one of the five."""

import pytest

from activities.briefing import write_brief
from activities.foreign import foreign_language, name_of
from activities.training.examples import read_examples
from activities.wording import gist_of
from domain.findings import Reason
from domain.steps import EscalateInput
from domain.vocabulary import Language, Tier
from tests.steps_world import READER, Walk, a_case, some_steps


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hallo, waar is mijn pakket? Ik heb twee weken geleden besteld.", "nl"),
        ("Dov'è il mio pacco? L'ho ordinato due settimane fa.", "it"),
        ("Gdzie jest moja paczka?", "pl"),
        ("Hvor er min pakke?", "da"),
        ("我的包裹在哪里", "zh"),
        ("Πού είναι το δέμα μου;", "el"),
        ("where is my order", None),
        ("cadê meu pedido??", None),
        ("Checkout: «invalid token»", None),
        ("ok", None),
        ("", None),
    ],
)
def test_a_sixth_language_is_told_from_the_five(text: str, code: str | None) -> None:
    assert foreign_language(text) == code


def test_ordinary_messages_of_the_five_are_hardly_ever_taken_for_another_language() -> None:
    texts = [gist_of(example.text) for example in read_examples()[::40]]
    doubted = [text for text in texts if READER.read_any(text).foreign]
    assert len(doubted) <= 0.01 * len(texts)


async def test_a_message_in_a_sixth_language_goes_to_a_person_who_reads_which() -> None:
    case = a_case("Hallo, waar is mijn pakket? Ik heb twee weken geleden besteld.", hint=Language.DE)
    found = await Walk(some_steps(), case).classified()
    assert found.tier is Tier.PERSON
    assert (found.foreign_language, found.language) == ("nl", Language.DE)
    assert "foreign_language" in {reason.code for reason in found.reasons}
    because = (Reason(code="foreign_language", text="It is."),)
    brief = write_brief(EscalateInput(case=case, because=because, classification=found), ())
    assert "in Dutch" in brief.what


def test_a_language_without_an_english_name_keeps_its_code() -> None:
    assert name_of("qqx") == "qqx"
