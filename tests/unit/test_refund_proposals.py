"""What an agent may grant: of what, how it is reckoned, what the policy takes off, and never more than was paid."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.phrases import phrases
from domain.customers import Return, ReturnStatus
from domain.knowledge import Passage
from domain.orders import OrderStatus
from domain.proposals import RefundProposal
from domain.steps import GenerateInput, GenerateResult
from domain.vocabulary import Intent, Language
from tests.steps_world import NOW, Walk, a_case, a_passage, an_order, some_steps

ITEMS = (
    {"sku": "LO-1001", "name": "Costa cushion", "quantity": 2, "price": "24.50"},
    {"sku": "LO-1002", "name": "Falk shelf", "quantity": 1, "price": "75.05"},
)
"""124.05, with 4.95 for shipping 129.00."""
POLICY = a_passage(
    "We refund within 5 days of the day your return arrives. Shipping costs are not refunded. "
    "The label costs 3.95 EUR, which is deducted from the refund.",
    title="Refunds",
)
ASKED = "Please refund my order ORD-10017."


async def drafted(
    text: str = ASKED, *passages: Passage, returns: tuple[Return, ...] = (), **order: Any
) -> GenerateResult:
    fields: dict[str, Any] = {
        "status": OrderStatus.RETURNED,
        "items": ITEMS,
        "delivered_at": NOW - timedelta(days=9),
    } | order
    knowledge = FixedKnowledge(*((passage, 0.95) for passage in passages))
    walk = Walk(some_steps(knowledge, FixedOrders(an_order(**fields))), a_case(text))
    classification, retrieval = await walk.retrieved()
    assert classification.intent is Intent.REFUND
    retrieval = retrieval.model_copy(update={"lookup": retrieval.lookup.model_copy(update={"returns": returns})})
    return await walk.steps.generate(GenerateInput(case=walk.case, classification=classification, retrieval=retrieval))


async def proposed(*args: Any, **changes: Any) -> RefundProposal:
    found = (await drafted(*args, **changes)).draft.proposal
    assert found is not None
    return found


async def test_of_a_whole_order_every_line_is_reckoned() -> None:
    found = await proposed()
    assert found.amount.number == Decimal("129.00")
    assert found.calculation == (
        "2 × Costa cushion at 24.50 EUR = 49.00 EUR",
        "1 × Falk shelf at 75.05 EUR = 75.05 EUR",
        "Shipping and other charges 4.95 EUR",
        "Refund: 129.00 EUR",
    )
    assert found.to_check == ("No policy on refunds was found.",)


async def test_what_the_policy_names_is_taken_off_and_the_clause_quoted() -> None:
    found = await proposed(ASKED, POLICY)
    assert found.amount.number == Decimal("124.05") - Decimal("3.95")
    assert "Shipping and other charges 4.95 EUR: not refunded by the policy" in found.calculation
    assert "Deducted by the policy: -3.95 EUR" in found.calculation
    assert found.clause == "We refund within 5 days of the day your return arrives."
    assert found.passage_id == POLICY.passage_id


@pytest.mark.parametrize("status", [OrderStatus.LOST, OrderStatus.CANCELLED, OrderStatus.PROCESSING])
async def test_nothing_is_taken_off_of_what_never_reached_the_customer(status: OrderStatus) -> None:
    found = await proposed(ASKED, POLICY, status=status, delivered_at=None)
    assert found.amount.number == Decimal("129.00")


async def test_nothing_is_taken_off_of_faulty_goods_and_the_agent_is_told_why() -> None:
    found = await proposed("Please refund my order ORD-10017, it arrived damaged.", POLICY)
    assert found.amount.number == Decimal("129.00")
    assert any("wrong with the goods" in one for one in found.to_check)


async def test_only_the_items_that_are_named_are_refunded() -> None:
    found = await proposed("Please refund the Costa cushions of my order ORD-10017.")
    assert (found.amount.number, len(found.calculation)) == (Decimal("49.00"), 2)


async def test_only_the_items_of_the_return_are_refunded() -> None:
    one = Return(return_id="R", order_id="ORD-10017", status=ReturnStatus.RECEIVED, requested_at=NOW, skus=("LO-1002",))
    assert (await proposed(returns=(one,))).amount.number == Decimal("75.05")


async def test_a_discount_is_shared_by_what_goes_back() -> None:
    found = await proposed("Please refund the Costa cushions of my order ORD-10017.", total="111.645")
    assert found.amount.number == Decimal("44.10")  # 49.00 - 10% of it
    assert "Share of the discount = -4.90 EUR" in found.calculation


async def test_what_was_paid_back_already_is_never_paid_again() -> None:
    found = await proposed(refunded="100")
    assert found.amount.number == Decimal("29.00")
    part = await proposed("Please refund the Costa cushions of my order ORD-10017.", refunded="100")
    assert part.amount.number == Decimal("29.00")
    assert any("see that it was not for the same items" in one for one in part.to_check)
    returned = Return(
        return_id="R", order_id="ORD-10017", status=ReturnStatus.REFUNDED, requested_at=NOW, amount=Decimal(120)
    )
    assert (await proposed(returns=(returned,))).amount.number == Decimal("9.00")


@pytest.mark.parametrize(
    "order", [{"refunded": "129.00"}, {"status": OrderStatus.REFUNDED}, {"total": "0", "items": ()}]
)
async def test_where_nothing_is_left_nothing_is_proposed(order: dict[str, Any]) -> None:
    assert (await drafted(**order)).draft.proposal is None


async def test_of_several_deductions_the_agent_chooses() -> None:
    two = a_passage(
        "Returning a parcel costs 3.95 EUR, deducted from the refund. Bulky goods cost 25.00 EUR, deducted too.",
        title="Returns",
    )
    found = await proposed(ASKED, two)
    assert found.amount.number == Decimal("129.00")
    assert any("3.95 EUR" in one and "25.00 EUR" in one for one in found.to_check)


async def test_an_order_without_items_is_refunded_as_a_whole() -> None:
    found = await proposed(items=())
    assert found.calculation == ("Total of the order = 129.00 EUR", "Refund: 129.00 EUR")


async def test_currencies_without_cents_have_none() -> None:
    items = ({"sku": "A", "name": "Lamp", "quantity": 3, "price": "400"},)
    found = await proposed(items=items, currency="JPY", total="1200")
    assert found.calculation[0] == "3 × Lamp at 400 JPY = 1200 JPY"


async def test_of_several_orders_without_a_number_nothing_is_proposed() -> None:
    orders = FixedOrders(an_order("ORD-10017", items=ITEMS), an_order("ORD-10018", items=ITEMS))
    _, _, made = await Walk(some_steps(orders=orders), a_case("Please refund my order.")).drafted()
    assert made.draft.proposal is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.EN, ASKED),
        (Language.ES, "Quiero el reembolso de mi pedido ORD-10017, por favor."),
        (Language.FR, "Je veux le remboursement de ma commande ORD-10017."),
        (Language.DE, "Bitte überweisen Sie mir die Erstattung für meine Bestellung ORD-10017."),
        (Language.PT, "Quero o reembolso da minha encomenda ORD-10017, por favor."),
    ],
)
async def test_the_customer_is_told_that_a_person_decides_and_no_amount(language: Language, text: str) -> None:
    made = await drafted(text)
    assert phrases(language).refund_by_person in made.draft.text
    assert not re.search(r"\d+[.,]\d\d", made.draft.text)


async def test_its_figures_are_facts_of_the_draft_and_move_money() -> None:
    walk = Walk(some_steps(orders=FixedOrders(an_order(status=OrderStatus.RETURNED, items=ITEMS))), a_case(ASKED))
    made, guarded = await walk.guarded()
    assert made.draft.facts["refund/ORD-10017/amount"] == "129.00 EUR"
    assert made.draft.facts["refund/ORD-10017/line_4"] == "Refund: 129.00 EUR"
    assert not guarded.send
    assert "consequence" in {reason.code for reason in guarded.reasons}
