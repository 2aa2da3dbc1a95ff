"""Conversations written down turn by turn, and what the steps should make of the last message."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from activities.fakes import FixedOrders
from domain.messages import Turn
from domain.orders import OrderItem, OrderStatus
from domain.vocabulary import Tier
from tests.steps_world import Walk, a_case, an_order, some_steps

FOLDER = Path(__file__).parent / "unit" / "dialogues"
ROLES: dict[str, Any] = {"C": "customer", "A": "assistant", "P": "agent", "N": "notice"}


class Dialogue(NamedTuple):
    """One conversation with what is expected of its last message."""

    id: str
    language: str
    turns: list[str]
    intent: str | None = None
    orders: list[str] | None = None
    person: bool = False
    nothing: bool = False
    verified: bool = True

    @property
    def thread(self) -> tuple[Turn, ...]:
        return tuple(Turn(role=ROLES[turn[0]], text=turn[3:]) for turn in self.turns)


def dialogues(name: str) -> list[Dialogue]:
    """The conversations of one file."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Dialogue(**json.loads(line)) for line in lines]


def the_orders() -> FixedOrders:
    """Three orders of one customer, the newest without a parcel yet."""
    lamp, rug, chair = (
        OrderItem(sku=f"LO-100{n}", name=name, quantity=1, price=Decimal(40))
        for n, name in enumerate(("Desk lamp Aurora", "Woven rug Terra", "Office chair Nimbus"))
    )
    may, june = datetime(2026, 5, 10, tzinfo=UTC), datetime(2026, 6, 12, tzinfo=UTC)
    return FixedOrders(
        an_order("ORD-10017", items=(lamp,)),
        an_order("ORD-10082", OrderStatus.DELIVERED, placed_at=may, delivered_at=may, items=(rug,)),
        an_order("ORD-10090", OrderStatus.PROCESSING, placed_at=june, items=(chair,)),
    )


async def misses(dialogue: Dialogue) -> list[str]:
    """What came out otherwise than expected, nothing when all is right."""
    case = a_case("", thread=dialogue.thread, email="ana@example.com" if dialogue.verified else None)
    walk = Walk(some_steps(orders=the_orders()), case)
    found = await walk.classified()
    wrong = []
    if found.nothing_to_answer != dialogue.nothing:
        wrong.append(f"nothing_to_answer {found.nothing_to_answer}")
    if dialogue.nothing or found.nothing_to_answer:
        return wrong
    tier = found.tier
    if tier is not Tier.PERSON:
        _, retrieval = await walk.retrieved()
        tier = retrieval.tier
        got = sorted(order.order_id for order in retrieval.lookup.orders)
        if dialogue.orders is not None and got != sorted(dialogue.orders):
            wrong.append(f"orders {got}")
    if (tier is Tier.PERSON) != dialogue.person:
        wrong.append(f"tier {tier}")
    if dialogue.intent is not None and found.intent.value != dialogue.intent:
        wrong.append(f"intent {found.intent.value} {found.probability:.2f}")
    return wrong
