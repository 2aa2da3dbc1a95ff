"""Which of several orders a message is about, and which lines of one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from activities.fakes import FixedOrders
from activities.generation.order_hints import meant_orders, named_items, says, says_opened
from activities.generation.phrases import phrases
from domain.orders import Order, OrderStatus
from domain.steps import ClassifyResult, IntentScore
from domain.vocabulary import Intent, Language, Tier
from tests.steps_world import Walk, a_case, an_order, some_steps


def read(language: Language = Language.EN, **changes: Any) -> ClassifyResult:
    fields: dict[str, Any] = {
        "intent": Intent.ORDER_STATUS,
        "probability": 0.9,
        "intents": (IntentScore(intent=Intent.ORDER_STATUS, probability=0.9),),
        "language": language,
        "language_confidence": 1.0,
        "tier": Tier.AUTOMATIC,
    }
    return ClassifyResult.model_validate(fields | changes)


def item(name: str, sku: str = "X") -> dict[str, Any]:
    return {"sku": sku, "name": name, "quantity": 1, "price": "10"}


def three(names: tuple[str, str, str] = ("Bruna pan", "Falk shelf", "Costa cushion")) -> tuple[Order, ...]:
    states = (OrderStatus.PROCESSING, OrderStatus.DELIVERED, OrderStatus.DELIVERED)
    return tuple(
        an_order(
            f"ORD-1000{3 - place}",
            status,
            items=(item(name, f"LO-100{3 - place}"),),
            placed_at=datetime(2026, 6, 10 - place, tzinfo=UTC),
        )
        for place, (name, status) in enumerate(zip(names, states, strict=True))
    )


@pytest.mark.parametrize(
    ("text", "language", "changes", "expected"),
    [
        ("Where are my two Costa cushions?", Language.EN, {}, "ORD-10001"),
        ("Where is the thing with LO-1002?", Language.EN, {"product_codes": ("LO-1002",)}, "ORD-10002"),
        ("Where is my last order?", Language.EN, {}, "ORD-10003"),
        ("Wo bleibt meine letzte Bestellung?", Language.DE, {}, "ORD-10003"),
        ("¿Dónde está mi último pedido?", Language.ES, {}, "ORD-10003"),
        ("Où en est ma dernière commande ?", Language.FR, {}, "ORD-10003"),
        ("Onde está a minha última encomenda?", Language.PT, {}, "ORD-10003"),
        ("The order of 9 June, where is it?", Language.EN, {"dates": ("0000-06-09",)}, "ORD-10002"),
        ("I am still waiting for my parcel.", Language.EN, {}, "ORD-10003"),
        ("Ich warte immer noch auf mein Paket.", Language.DE, {}, "ORD-10003"),
        ("Where is my order?", Language.EN, {}, None),
        ("Where are my orders with the colour and the size?", Language.EN, {}, None),
        ("Where are the pan and the shelf?", Language.EN, {}, None),
    ],
)
def test_one_of_several_orders_is_meant_by_what_is_said(
    text: str, language: Language, changes: dict[str, Any], expected: str | None
) -> None:
    found = meant_orders(text, read(language, **changes), three())
    assert [order.order_id for order in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Wann kommt die Regentonne?", Language.DE, "Regentonne Tropf, 200 Liter"),
        ("Wo sind meine Gusspfannen?", Language.DE, "Gusspfanne Bruna"),
        ("¿Dónde están mis cojines?", Language.ES, "Cojín de exterior Costa"),
        ("Où sont mes coussins ?", Language.FR, "Coussin d'extérieur Costa"),
        ("Onde estão as minhas velas?", Language.PT, "Vela Melia"),
    ],
)
def test_a_product_is_known_by_its_word_in_another_form(text: str, language: Language, name: str) -> None:
    orders = three((name, "Falk", "Alba"))
    assert meant_orders(text, read(language), orders) == orders[:1]


def test_lines_of_an_order_are_named_by_what_sets_them_apart() -> None:
    order = an_order(items=(item("Costa cushion olive", "A"), item("Costa cushion sand", "B"), item("Falk shelf", "C")))
    assert [each.sku for each in named_items("refund the olive cushion", read(), order)] == ["A"]
    assert [each.sku for each in named_items("refund the cushions", read(), order)] == ["A", "B"]
    assert [each.sku for each in named_items("C, please", read(product_codes=("C",)), order)] == ["C"]
    assert named_items("refund my order", read(), order) == ()


async def test_the_meant_order_is_told_and_another_may_be_named() -> None:
    walk = Walk(some_steps(orders=FixedOrders(*three())), a_case("I ordered a Bruna pan from you. Where is my order?"))
    _, _, made = await walk.drafted()
    assert "ORD-10003" in made.draft.text and "ORD-10002" not in made.draft.text
    assert phrases(Language.EN).more_orders in made.draft.text
    assert not [name for name in made.draft.facts if "ORD-10001" in name]


async def test_an_order_that_is_named_is_told_where_nothing_else_answers_and_waits() -> None:
    text = "Which card was charged for ORD-10017, and was it charged already?"
    made, guarded = await Walk(some_steps(orders=FixedOrders(an_order())), a_case(text)).guarded()
    assert "ORD-10017" in made.draft.text and phrases(Language.EN).unanswered in made.draft.text
    assert "open_question" in {reason.code for reason in guarded.reasons}
    assert not guarded.send


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("I opened the candle.", True),
        ("It was never opened.", False),
        ("Abri uma vela.", True),
        ("está sin abrir", False),
        ("Ich habe sie nicht benutzt.", False),
        ("Ich habe sie einmal gewaschen.", True),
        ("Never used, tags still on.", False),
    ],
)
def test_goods_are_opened_or_used_unless_it_is_denied(text: str, opened: bool) -> None:
    assert says_opened(text) is opened


def test_what_never_came_is_heard_in_five_languages() -> None:
    texts = [
        "It says delivered but I have not received anything.",
        "Laut App zugestellt, aber ich habe nichts bekommen.",
        "Il est livré mais je n'ai rien reçu.",
        "Dice entregado y no me ha llegado.",
        "Diz entregue e não recebi nada.",
    ]
    assert all(says(text, "absent") for text in texts)
    assert not says("When was it delivered, and by whom?", "absent")
