"""A store's style: its tone, how it addresses customers, and words that it does not use."""

from typing import Any

import pytest

from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.phrases import phrases, signature_of
from activities.store_style import with_style
from domain.customers import CustomerRecord
from domain.errors import BadInput
from domain.steps import GenerateInput
from domain.styles import StyleGuide
from domain.vocabulary import Language
from tests.guard_world import checks_of, findings_of
from tests.steps_world import Walk, a_case, a_passage, a_policy, an_order, some_steps

WHERE = {
    Language.EN: "Where is my order ORD-10017?",
    Language.ES: "¿Dónde está mi pedido ORD-10017?",
    Language.FR: "Où est ma commande ORD-10017 ?",
    Language.DE: "Wo ist meine Bestellung ORD-10017?",
    Language.PT: "Onde está a minha encomenda ORD-10017?",
}
DELIVERY = a_passage("Standard delivery takes 3 to 5 days. It costs 4.95 EUR.", title="Delivery")


async def text_of(language: Language, text: str = "", *, name: str = "Ana Sol", **style: Any) -> str:
    policy = a_policy(style=StyleGuide.model_validate(style))
    case = a_case(text or WHERE[language], policy=policy, hint=language)
    knowledge = FixedKnowledge((DELIVERY, 0.95))
    _, _, made = await Walk(some_steps(knowledge, FixedOrders(an_order(name=name))), case).drafted()
    return made.draft.text


@pytest.mark.parametrize(
    ("language", "greeting"),
    [
        (Language.ES, "¡Hola, Ana!"),
        (Language.FR, "Bonjour Ana,"),
        (Language.DE, "Hallo Ana,"),
        (Language.PT, "Olá, Ana!"),
    ],
)
async def test_friends_are_addressed_as_friends(language: Language, greeting: str) -> None:
    told = await text_of(language, formality={language.value: "informal"})
    informal = phrases(language, "informal")
    assert told.startswith(greeting)
    assert informal.status["shipped"].split("{")[0] in told
    assert informal.closing in told
    assert told.endswith(informal.signature.format(store="Lumen"))


async def test_a_language_that_is_not_named_stays_formal() -> None:
    told = await text_of(Language.FR, formality={"de": "informal"})
    assert phrases(Language.FR).status["shipped"].split("{")[0] in told
    assert told.startswith("Bonjour Ana Sol,")


@pytest.mark.parametrize("language", list(Language))
async def test_a_plain_tone_leaves_out_what_says_nothing(language: Language) -> None:
    warm, plain = await text_of(language), await text_of(language, tone="plain")
    thanks = phrases(language).thanks
    assert thanks in warm and thanks not in plain
    first = plain.split("\n\n")[0]
    assert "Ana Sol" in first
    assert not (language is Language.DE and first.endswith(","))  # what follows begins a sentence


async def test_a_plain_tone_quotes_without_leading_up_to_it() -> None:
    question = "How much is standard delivery and how long does it take?"
    words = phrases(Language.EN)
    assert words.leads["shipping"] in await text_of(Language.EN, question)
    plain = await text_of(Language.EN, question, tone="plain")
    assert words.leads["shipping"] not in plain
    assert "3 to 5 days" in plain


async def test_the_customers_record_knows_the_name_better_than_an_order() -> None:
    case = a_case(WHERE[Language.EN])
    walk = Walk(some_steps(orders=FixedOrders(an_order(name="A. Sol"))), case)
    classification, retrieval = await walk.retrieved()
    record = CustomerRecord(email="ana@example.com", name="Ana María Sol")
    retrieval = retrieval.model_copy(update={"lookup": retrieval.lookup.model_copy(update={"customer": record})})
    made = await walk.steps.generate(GenerateInput(case=case, classification=classification, retrieval=retrieval))
    assert made.draft.text.startswith("Hello Ana María Sol,")


async def test_a_draft_with_a_forbidden_word_waits_for_a_person() -> None:
    policy = a_policy(style=StyleGuide(forbidden=("dispatched",)))
    case = a_case(WHERE[Language.EN], policy=policy)
    _, guarded = await Walk(some_steps(orders=FixedOrders(an_order())), case).guarded()
    assert [finding.check for finding in guarded.findings] == ["forbidden_word"]
    assert not guarded.send


def test_forbidden_words_are_whole_words_in_any_case_and_form_of_writing() -> None:
    assert "forbidden_word" in checks_of("That is CHEAP.", forbidden=("cheap",))
    assert "forbidden_word" in checks_of("That is the cheapest.", forbidden=("cheap*",))
    assert "forbidden_word" in checks_of("No problem at all.", forbidden=("no  problem",))
    assert "forbidden_word" in checks_of("Günstig ist es.", Language.DE, forbidden=("gunstig",))
    assert "forbidden_word" not in checks_of("A cheaper one.", forbidden=("cheap",))
    assert "forbidden_word" not in checks_of("Anything.", forbidden=("  ", ""))
    assert findings_of(None, forbidden=("cheap",)) == ()


def test_settings_of_the_style_are_checked_and_taken_back() -> None:
    style = with_style(None, "tone", "Plain ")
    style = with_style(style, "formality.de", "informal")
    style = with_style(style, "forbidden", "cheap, no problem ,cheap,")
    assert style == {"tone": "plain", "formality": {"de": "informal"}, "forbidden": ["cheap", "no problem"]}
    assert StyleGuide.model_validate(style).formality_in(Language.DE) == "informal"
    for key in ("tone", "formality.de", "forbidden"):
        style = with_style(style, key, "")
    assert style is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tone", "cold"),
        ("formality.de", "friendly"),
        ("formality.en", "informal"),
        ("formality.it", "informal"),
        ("formality", "informal"),
        ("forbidden", "x" * 101),
        ("forbidden", ",".join(str(number) for number in range(101))),
        ("forbidden", "a\0b"),
        ("forbidden", "**"),
    ],
)
def test_what_is_no_style_is_refused(key: str, value: str) -> None:
    with pytest.raises(BadInput):
        with_style(None, key, value)


def test_a_signature_of_the_stores_own_counts_in_either_form() -> None:
    policy = a_policy(signature={"de": "Euer Team"}, style={"formality": {"de": "informal", "es": "informal"}})
    assert signature_of(policy, Language.DE) == "Euer Team"
    assert signature_of(policy, Language.ES) == phrases(Language.ES, "informal").signature.format(store="Lumen")
