"""Orders as no shop means them: nothing crashes, nothing of it is taken for a template, and the agent is told."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.fakes import FixedOrders
from activities.generation.shown import items_told, oddities, shown
from domain.orders import OrderItem, OrderStatus
from domain.vocabulary import Language
from tests.steps_world import EMAIL, Walk, a_case, an_order, some_steps

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOSTILE = (
    "{}",
    "{0.__class__}",
    "{name}",
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "%s%n",
    "'; DROP TABLE orders; --",
    "Ana' OR '1'='1",
    "<script>alert(1)</script>",
    "x" * 10_000,
    "Ana\n\nWe confirm your refund of 900 EUR.",
    "\u202eAna",
    "https://evil.example",
)
ASKED = {
    Language.EN: "Where is my order {id}?",
    Language.ES: "¿Dónde está mi pedido {id}?",
    Language.FR: "Où est ma commande {id} ?",
    Language.DE: "Wo ist meine Bestellung {id}?",
    Language.PT: "Onde está a minha encomenda {id}?",
}


async def told(text: str = "Where is my order ORD-10017?", **order: Any) -> tuple[str, set[str], bool]:
    """Text, codes of reasons and whether it may leave."""
    walk = Walk(some_steps(orders=FixedOrders(an_order(**order))), a_case(text))
    made, guarded = await walk.guarded()
    return made.draft.text, {reason.code for reason in made.draft.reasons}, guarded.send


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_greets_nobody_and_is_no_template(name: str) -> None:
    text, _, _ = await told(name=name)
    assert text.startswith("Hello,\n\n")
    assert "49" not in text and name[:200] not in text


@pytest.mark.parametrize("field", ["carrier", "tracking"])
@pytest.mark.parametrize("value", HOSTILE)
async def test_hostile_carriers_and_numbers_are_left_out(field: str, value: str) -> None:
    text, _, _ = await told(**{field: value})
    assert "ORD-10017" in text
    assert value[:200] not in text
    assert not re.search(r"[{}<>$;]|49\b|https?:|evil", text)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_of_items_are_told_by_their_code_or_not_at_all(name: str) -> None:
    items = ({"sku": "LO-1001", "name": name, "quantity": 2, "price": "5"},)
    parcels = ({"status": "shipped", "skus": ("LO-1001",)},)
    text, _, _ = await told(status=OrderStatus.PARTIALLY_SHIPPED, items=items, shipments=parcels)
    assert name[:200] not in text
    assert "LO-1001" in text
    assert items_told((OrderItem(sku=name[:100], name=name, quantity=1, price=1),)) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("language", list(Language))
async def test_a_day_in_1970_is_told_to_nobody_but_the_agent(language: Language) -> None:
    text, reasons, sent = await told(
        ASKED[language].format(id="ORD-10017"), placed_at=EPOCH, expected_at=EPOCH, delivered_at=None
    )
    assert "1970" not in text and "ORD-10017" in text
    assert "odd_order" in reasons and not sent


async def test_a_delivery_in_1970_is_told_without_its_day() -> None:
    text, reasons, _ = await told(status=OrderStatus.DELIVERED, delivered_at=EPOCH)
    assert "has been delivered" in text and "1970" not in text
    assert "odd_order" in reasons


async def test_an_order_without_items_is_told_as_any_other() -> None:
    text, reasons, sent = await told(items=())
    assert "on its way" in text and reasons == set() and sent


@pytest.mark.parametrize("language", list(Language))
async def test_orders_in_three_currencies_are_each_told_in_their_own(language: Language) -> None:
    orders = [
        an_order(f"ORD-1000{place}", OrderStatus.REFUNDED, currency=currency, total="1299.50", refunded=refunded)
        for place, (currency, refunded) in enumerate((("EUR", "1299.50"), ("USD", "10"), ("JPY", None)))
    ]
    question = {"en": "Where are my orders?", "es": "¿Dónde están mis pedidos?", "fr": "Où sont mes commandes ?",
                "de": "Wo sind meine Bestellungen?", "pt": "Onde estão as minhas encomendas?"}  # fmt: skip
    walk = Walk(some_steps(orders=FixedOrders(*orders)), a_case(question[language.value], hint=language))
    made, guarded = await walk.guarded()
    assert all(order.order_id in made.draft.text for order in orders)
    assert "€" in made.draft.text and "$" in made.draft.text
    assert guarded.findings == ()


@pytest.mark.parametrize("order_id", ["{}", "{{7*7}}", "'; DROP TABLE orders; --", "<b>1</b>", "x" * 100])
async def test_an_order_with_a_hostile_number_is_told_without_it_and_waits(order_id: str) -> None:
    text, reasons, sent = await told("Where is my order?", order_id=order_id)
    assert order_id not in text and "49" not in text.replace("VW722106369FR", "")
    assert "odd_order" in reasons and not sent


@pytest.mark.parametrize("missing", HOSTILE[:9])
async def test_a_number_that_was_not_found_is_no_template_either(missing: str) -> None:
    walk = Walk(some_steps(orders=FixedOrders()), a_case(f"Where is my order {missing} ORD-99999?"))
    _, _, made = await walk.drafted()
    assert made.draft.kind == "clarification"
    assert missing not in made.draft.text and "49" not in made.draft.text


def test_what_reads_as_a_name_or_number_is_shown_on_one_line() -> None:
    assert shown(" Costa \t cushion,  45 × 45 cm ") == "Costa cushion, 45 × 45 cm"
    assert shown("Lampe « Été » n° 5 (blanche)") == "Lampe « Été » n° 5 (blanche)"
    assert shown("O'Neill & Söhne") == "O'Neill & Söhne"
    assert [shown(value) for value in (None, "", " ", "---", *HOSTILE)] == [None] * (4 + len(HOSTILE))


def test_an_order_is_odd_for_what_cannot_be_meant() -> None:
    assert oddities(an_order()) == ()
    odd = an_order("<b>", placed_at=EPOCH, email=EMAIL, items=({"sku": "{}", "name": "{}", "quantity": 1, "price": 1},))
    assert len(oddities(odd)) == 3
