"""What an order's state makes of a message: what is looked for then, what is quoted, and what is left out."""

from datetime import UTC, datetime

import pytest

from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.situations import question_in, situation_of
from domain.knowledge import Passage
from domain.orders import Order, OrderStatus
from domain.vocabulary import Intent, Kind, Language
from tests.steps_world import Walk, a_case, a_passage, an_order, read, some_steps

EN = Language.EN
MISSED = a_passage(
    "Ask your neighbours first. Then write to us within 14 days: we ask the carrier for proof of delivery.",
    title="Tracking says delivered, but I have no parcel. What now?",
    kind=Kind.FAQ,
)
CANCELLING = a_passage(
    "An order can be cancelled free of charge until it has been handed over to the carrier.",
    title="Cancelling an order",
    kind=Kind.POLICY,
)
RETURNS = a_passage(
    "You can return items within 30 days of delivery. The item must be unused.", title="Returns", kind=Kind.POLICY
)
REFUNDS = a_passage(
    "We start the refund within 5 working days of your return reaching us. A card then needs another 3–5 working days.",
    title="When will I get my refund?",
    kind=Kind.FAQ,
)
PAYING = a_passage("Where: all countries. When the money is taken: at once.", title="Payment", kind=Kind.POLICY)
SAYS_MISSED = {
    Language.EN: "Order ORD-10017 counts as delivered but I never received it.",
    Language.ES: "El pedido ORD-10017 consta como entregado pero nunca lo recibí.",
    Language.FR: "La commande ORD-10017 est indiquée comme livrée mais je n'ai jamais rien reçu.",
    Language.DE: "Bestellung ORD-10017 gilt als zugestellt, aber ich habe sie nie bekommen.",
    Language.PT: "A encomenda ORD-10017 consta como entregue mas nunca a recebi.",
}


def delivered() -> Order:
    return an_order(status=OrderStatus.DELIVERED, delivered_at=datetime(2026, 6, 1, tzinfo=UTC))


async def drafted(text: str, order: Order, *found: Passage) -> tuple[str, list[str], list[str]]:
    """The draft's text, the titles it cites, and what the knowledge was asked."""
    knowledge = FixedKnowledge(*((each, 0.9) for each in found))
    _, _, made = await Walk(some_steps(knowledge, FixedOrders(order)), a_case(text)).drafted()
    titles = {each.passage_id: each.title for each in found}
    return made.draft.text, [titles[each.passage_id] for each in made.draft.citations], list(knowledge.asked)


@pytest.mark.parametrize("language", list(Language))
def test_a_parcel_is_missed_in_every_language(language: Language) -> None:
    status = read(Intent.ORDER_STATUS, language=language)
    assert situation_of(SAYS_MISSED[language], status, (delivered(),)) == "missed"
    assert situation_of(SAYS_MISSED[language], status, (an_order(),)) is None
    assert len({question_in("missed", language), question_in("cancel", language)}) == 2


def test_only_what_has_not_arrived_can_be_stopped() -> None:
    cancel = read(Intent.CANCEL)
    assert situation_of("Stop it.", cancel, (an_order(),)) == "cancel"
    assert situation_of("Stop it.", cancel, (delivered(),)) is None
    assert situation_of("Stop it.", cancel, ()) is None


async def test_whoever_misses_a_parcel_reads_what_to_do() -> None:
    text, cited, asked = await drafted(SAYS_MISSED[EN], delivered(), MISSED)
    assert question_in("missed", EN) in asked
    assert cited == [MISSED.title] and "neighbours" in text and "delivered on" in text


async def test_whoever_stops_an_order_reads_until_when_that_is_possible() -> None:
    text, cited, asked = await drafted("Please cancel my order ORD-10017.", an_order(), CANCELLING)
    assert question_in("cancel", EN) in asked
    assert cited == [CANCELLING.title] and "handed over to the carrier" in text


async def test_what_has_arrived_is_sent_back_and_not_cancelled() -> None:
    text, cited, asked = await drafted("Please cancel my order ORD-10017.", delivered(), RETURNS)
    assert question_in("cancel", EN) not in asked
    assert cited == [RETURNS.title] and "1 July 2026" in text


async def test_beside_a_return_that_is_under_way_nothing_is_quoted() -> None:
    order = an_order(status=OrderStatus.RETURNED)
    text, cited, _ = await drafted("I want to return ORD-10017.", order, RETURNS)
    assert cited == [] and "30 days" not in text


def test_several_intents_count() -> None:
    both = read(Intent.REFUND, Intent.CANCEL)
    assert situation_of("Stop it.", both, (an_order(),)) == "cancel"


async def test_whoever_waits_for_the_money_of_a_return_reads_how_long_that_takes() -> None:
    order = an_order(status=OrderStatus.RETURNED)
    text, cited, asked = await drafted("Where is my refund for ORD-10017?", order, PAYING, REFUNDS)
    assert question_in("refund", EN) in asked
    assert cited == [REFUNDS.title] and "another 3–5 working days" in text and "all countries" not in text
    assert situation_of("Where is it?", read(Intent.REFUND), (delivered(),)) is None


async def test_beside_an_order_no_guess_is_quoted() -> None:
    text, cited, _ = await drafted(SAYS_MISSED[EN], delivered(), PAYING)
    assert cited == [] and "all countries" not in text and "delivered on" in text


async def test_whoever_sends_something_back_and_asks_what_that_costs_is_told() -> None:
    cost = a_passage(
        "The label costs €3.95, and nothing for a faulty item.", title="Who pays for the return?", kind=Kind.FAQ
    )
    text, cited, asked = await drafted(
        "I want to return ORD-10017. What will that cost me?", delivered(), cost, RETURNS
    )
    assert question_in("return_cost", EN) in asked
    assert cost.title in cited and "€3.95" in text
    assert situation_of("I want to return it.", read(Intent.RETURN_REQUEST), (delivered(),)) is None


@pytest.mark.parametrize(
    "text", ["I want to return my lamp, it won't charge any more", "I would like to return the charger"]
)
def test_who_only_speaks_of_charging_does_not_ask_what_a_return_costs(text: str) -> None:
    assert situation_of(text, read(Intent.RETURN_REQUEST), (delivered(),)) is None
