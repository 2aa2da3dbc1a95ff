"""Replies to whoever wants to send something back: may it, until when, how, and what is excepted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.phrases import phrases
from activities.generation.return_quotes import Wanted, about_returns
from activities.generation.returns_texts import return_days
from domain.customers import Return, ReturnStatus
from domain.knowledge import Passage
from domain.messages import Turn
from domain.orders import OrderStatus
from domain.steps import GenerateInput
from domain.vocabulary import Kind, Language
from tests.steps_world import NOW, Walk, a_case, a_passage, a_policy, an_order, some_steps

FORM = "https://lumen.example/returns"
TEXTS = {
    Language.EN: (
        "Returns policy",
        "Parcels leave within 2 days. You can return almost everything within 30 days of delivery. The item must be "
        "unused. Drop the parcel off within 14 days of requesting the label. We cannot take back opened candles. If "
        "you send back the complete order within 14 days of delivery, we also refund the shipping cost.",
    ),
    Language.DE: (
        "Rückgabe",
        "Pakete gehen innerhalb von 2 Tagen ab. Sie können fast alles innerhalb von 30 Tagen nach der Lieferung "
        "zurückgeben. Der Artikel muss unbenutzt sein. Geben Sie das Paket innerhalb von 14 Tagen nach Anforderung des "
        "Etiketts ab. Nicht zurücknehmen können wir geöffnete Kerzen.",
    ),
    Language.FR: (
        "Politique de retour",
        "Les colis partent sous 2 jours. Vous pouvez retourner presque tout dans les 30 jours suivant la livraison. "
        "L'article doit être non utilisé. Si vous renvoyez la commande entière dans les 14 jours, nous remboursons les "
        "frais de livraison. Nous ne reprenons pas les bougies ouvertes.",
    ),
    Language.ES: (
        "Política de devoluciones",
        "Los paquetes salen en 2 días. Puedes devolver casi todo en un plazo de 30 días desde la entrega. El artículo "
        "debe estar sin usar. Entrega el paquete en 14 días desde que solicites la etiqueta. No aceptamos velas "
        "abiertas.",
    ),
    Language.PT: (
        "Política de devoluções",
        "Os volumes saem em 2 dias. Pode devolver quase tudo no prazo de 30 dias após a entrega. O artigo tem de estar "
        "por usar. Entregue o volume no prazo de 14 dias após pedir a etiqueta. Não aceitamos velas abertas.",
    ),
}
ASKED = {
    Language.EN: "I would like to return my order ORD-10017. Until when can I send it back?",
    Language.DE: "Ich möchte meine Bestellung ORD-10017 zurückgeben. Bis wann kann ich sie zurückschicken?",
    Language.FR: "Je voudrais retourner ma commande ORD-10017. Jusqu'à quand puis-je la renvoyer ?",
    Language.ES: "Quiero devolver mi pedido ORD-10017. ¿Hasta cuándo puedo devolverlo?",
    Language.PT: "Quero devolver a minha encomenda ORD-10017. Até quando posso devolvê-la?",
}


def rule(language: Language = Language.EN, **changes: Any) -> Passage:
    title, text = TEXTS[language]
    return a_passage(text, title=title, language=language, **changes)


async def reply(
    language: Language = Language.EN,
    text: str | None = None,
    passage: Passage | None = None,
    returns: tuple[Return, ...] = (),
    **order: Any,
) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Text, facts and codes of reasons of the draft about one order, delivered ten days ago unless told otherwise."""
    fields: dict[str, Any] = {"status": OrderStatus.DELIVERED, "delivered_at": NOW - timedelta(days=10)} | order
    case = a_case(text or ASKED[language], policy=a_policy(return_form_url=FORM), hint=language)
    knowledge = FixedKnowledge((passage or rule(language), 0.95))
    walk = Walk(some_steps(knowledge, FixedOrders(an_order(**fields))), case)
    classification, retrieval = await walk.retrieved()
    retrieval = retrieval.model_copy(update={"lookup": retrieval.lookup.model_copy(update={"returns": returns})})
    request = GenerateInput(case=case, classification=classification, retrieval=retrieval)
    draft = (await walk.steps.generate(request)).draft
    return draft.text, draft.facts, tuple(reason.code for reason in draft.reasons)


@pytest.mark.parametrize("language", list(Language))
async def test_the_period_is_the_one_of_returns_and_not_the_first_number(language: Language) -> None:
    text, facts, _ = await reply(language)
    assert facts["order/ORD-10017/return_until"] == "2026-07-05"
    assert phrases(language).return_until.split("{")[0] in text
    assert FORM in text


@pytest.mark.parametrize("language", list(Language))
async def test_after_the_period_no_form_is_offered_and_nothing_is_promised(language: Language) -> None:
    text, facts, _ = await reply(language, delivered_at=NOW - timedelta(days=40))
    assert facts["order/ORD-10017/return_until"] == "2026-06-05"
    assert phrases(language).return_over.split("{")[0] in text
    assert FORM not in text


@pytest.mark.parametrize("language", list(Language))
async def test_the_condition_is_quoted_with_the_period(language: Language) -> None:
    text, _, _ = await reply(language)
    condition = TEXTS[language][1].split(". ")[2]
    assert condition in text


@pytest.mark.parametrize(
    ("language", "said", "exception"),
    [
        (Language.EN, "I opened the candle from ORD-10017. Can I return it?", "cannot take back opened candles"),
        (Language.DE, "Ich habe die Kerze aus ORD-10017 geöffnet. Kann ich sie zurückgeben?", "geöffnete Kerzen"),
        (Language.FR, "J'ai ouvert la bougie de ORD-10017. Puis-je la retourner ?", "bougies ouvertes"),
        (Language.ES, "He abierto la vela de ORD-10017. ¿Puedo devolverla?", "velas abiertas"),
        (Language.PT, "Abri a vela da ORD-10017. Posso devolvê-la?", "velas abertas"),
    ],
)
async def test_an_exception_that_the_message_touches_is_quoted_and_a_person_looks(
    language: Language, said: str, exception: str
) -> None:
    text, _, reasons = await reply(language, said)
    assert exception in text
    assert "return_condition" in reasons


async def test_an_exception_that_nothing_touches_is_left_out() -> None:
    text, _, _ = await reply()
    assert "candles" not in text
    with_candles = {"sku": "C", "name": "Melia candle", "quantity": 1, "price": "9"}
    text, _, _ = await reply(items=(with_candles,))
    assert "We cannot take back opened candles." in text


async def test_an_attribute_of_the_policy_comes_before_its_text() -> None:
    text, facts, _ = await reply(passage=rule(attributes={"return_window_days": "60 days"}))
    assert facts["order/ORD-10017/return_rule"] == "delivered_at + 60 days"
    assert "(return period: 60 days)" in text


@pytest.mark.parametrize("stated", ["30, 60", "see below", ""])
async def test_an_attribute_that_is_no_single_number_counts_for_nothing(stated: str) -> None:
    _, facts, _ = await reply(passage=rule(attributes={"return_window_days": stated}))
    assert facts["order/ORD-10017/return_rule"] == "delivered_at + 30 days"


def test_two_periods_in_a_policy_give_none() -> None:
    twice = a_passage("You can return shoes within 30 days. You can return bags within 60 days.", title="Returns")
    assert return_days([twice], [twice.text], Language.EN) is None


def test_periods_of_other_documents_are_not_those_of_returns() -> None:
    cards = a_passage("An unused card can be returned within 14 days of purchase.", title="Gift cards")
    assert return_days([cards], [cards.text], Language.EN) is None
    assert return_days([cards, rule()], [cards.text, ""], Language.EN) == 30


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("status", [OrderStatus.RETURN_STARTED, OrderStatus.RETURNED, OrderStatus.REFUNDED])
async def test_of_a_return_under_way_its_state_is_told_and_no_form(language: Language, status: OrderStatus) -> None:
    text, facts, _ = await reply(language, status=status)
    assert phrases(language).status[status.value].split("{")[0] in text
    assert FORM not in text
    assert "order/ORD-10017/return_until" not in facts


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("status", list(ReturnStatus))
async def test_the_return_desk_knows_better_how_far_a_return_is(language: Language, status: ReturnStatus) -> None:
    running = Return(
        return_id="R1", order_id="ORD-10017", status=status, requested_at=NOW - timedelta(days=3),
        received_at=NOW - timedelta(days=1), refunded_at=NOW, amount=Decimal(49),
    )  # fmt: skip
    text, facts, reasons = await reply(language, returns=(running,))
    assert max(phrases(language).returns[status.value].split("{"), key=len).split("}")[-1].strip(" .") in text
    assert facts["order/ORD-10017/return"] == status.value
    assert ("return_rejected" in reasons) == (status is ReturnStatus.REJECTED)
    assert FORM not in text


@pytest.mark.parametrize("language", list(Language))
async def test_what_has_not_arrived_cannot_be_sent_back_yet(language: Language) -> None:
    text, _, _ = await reply(language, status=OrderStatus.SHIPPED, delivered_at=None)
    assert phrases(language).return_not_delivered.format(order_id="ORD-10017") in text


@pytest.mark.parametrize("status", [OrderStatus.LOST, OrderStatus.CANCELLED])
async def test_of_what_is_gone_the_state_is_told_and_no_form(status: OrderStatus) -> None:
    text, _, _ = await reply(status=status, delivered_at=None)
    assert phrases(Language.EN).status[status.value].split("{")[0] in text
    assert FORM not in text


@pytest.mark.parametrize("language", list(Language))
async def test_the_guard_lets_such_replies_pass(language: Language) -> None:
    case = a_case(ASKED[language], policy=a_policy(return_form_url=FORM), hint=language)
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=NOW - timedelta(days=10))
    steps = some_steps(FixedKnowledge((rule(language), 0.95)), FixedOrders(order))
    _, guarded = await Walk(steps, case).guarded()
    assert guarded.findings == ()


async def test_the_guard_knows_a_period_that_only_the_attribute_fixes() -> None:
    silent = a_passage(
        "You can return almost everything. The item must be unused.",
        title="Returns policy",
        attributes={"return_window_days": "21"},
    )
    case = a_case(ASKED[Language.EN], policy=a_policy(return_form_url=FORM))
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=NOW - timedelta(days=10))
    made, guarded = await Walk(some_steps(FixedKnowledge((silent, 0.95)), FixedOrders(order)), case).guarded()
    assert "(return period: 21 days)" in made.draft.text
    assert guarded.findings == ()


async def test_whoever_returns_a_lamp_is_not_told_how_bright_it_is() -> None:
    lamp = a_passage("The lamp gives 800 lumen. It is 40 cm high.", title="Ember lamp", kind=Kind.PRODUCT)
    knowledge = FixedKnowledge((lamp, 0.95), (rule(), 0.6))
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=NOW - timedelta(days=10))
    case = a_case("I want to return the Ember lamp, ORD-10017.", policy=a_policy(return_form_url=FORM))
    _, _, made = await Walk(some_steps(knowledge, FixedOrders(order)), case).drafted()
    assert "lumen" not in made.draft.text.replace(FORM, "").lower().split("kind regards")[0]
    assert "30 days" in made.draft.text


async def test_in_a_conversation_nobody_is_greeted_twice() -> None:
    thread = (
        Turn(role="customer", text="Hello, I have a question."),
        Turn(role="assistant", text="Hello Ana Sol,\n\nof course, what is it?"),
        Turn(role="customer", text=ASKED[Language.EN]),
    )
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=datetime(2026, 6, 5, tzinfo=UTC))
    case = a_case("", thread=thread)
    _, _, made = await Walk(some_steps(FixedKnowledge((rule(), 0.95)), FixedOrders(order)), case).drafted()
    words = phrases(Language.EN)
    assert words.greeting_named.split("{")[0] not in made.draft.text
    assert words.thanks not in made.draft.text
    assert made.draft.text.rstrip().endswith("Lumen")


async def test_nor_is_anybody_told_what_holds_for_another_product() -> None:
    curtain = a_passage(
        "Shortened curtains cannot be returned. Whole ones can be returned.", title="Brisa curtain", kind=Kind.PRODUCT
    )
    cushion = a_passage("Washed cushions cannot be returned.", title="Costa cushion", kind=Kind.PRODUCT)
    wanted = Wanted(message="I return two Costa cushions.", bought="", language=Language.EN, period=False)
    assert about_returns([curtain, cushion, rule()], wanted) == [cushion, rule()]
