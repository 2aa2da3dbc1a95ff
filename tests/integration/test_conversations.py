"""Whole conversations through the real workflow, with the real steps: each message is a query of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.types.json import Jsonb

from activities.fakes import FixedCustomers
from domain.customers import CustomerRecord
from domain.vocabulary import Language
from tests.conftest import Stack
from tests.desk_fixtures import Asked, Shop, a_shop
from tests.dialogue_world import the_orders
from tests.steps_world import EMAIL, some_steps

CUSTOMER = {"id": "c1", "email": EMAIL}
"""Their channel names the address and does not vouch for it."""


@asynccontextmanager
async def a_talking_shop(stack: Stack, *records: CustomerRecord) -> AsyncIterator[Shop]:
    """With real steps that have loaded what they need: a local activity has no time for it."""
    steps = some_steps(orders=the_orders(), customers=FixedCustomers(*records))
    await steps.warm_up()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        yield shop


async def say(shop: Shop, text: str, conversation: str | None = None, **customer: object) -> Asked:
    asked = await shop.ask(text, conversation=conversation, start=False)
    await shop.rows(
        "UPDATE queries SET customer = %(customer)s WHERE query_id = %(id)s",
        customer=Jsonb(CUSTOMER | customer),
        id=asked.given.query_id,
    )
    await asked.start()
    return asked


async def test_a_number_alone_answers_our_question_and_is_answered(stack: Stack) -> None:
    async with a_talking_shop(stack) as shop:
        first = await say(shop, "Where is my order?")
        row = await first.until("sent", 60)
        assert row["snapshot"]["draft"]["kind"] == "clarification"
        conversation = first.given.conversation_id
        second = await say(shop, "ORD-10082", conversation)
        row = await second.until("sent", 60)
        assert (row["intent"], row["disposition"]) == ("order_status", "sent_automatically")
        assert "delivered" in row["snapshot"]["reply"]
        assert any("answers our question" in line for line in row["snapshot"]["draft"]["used"])
        third = await say(shop, "I want to send it back, is that possible?", conversation)
        row = await third.until("waiting_review", 60)
        assert row["intent"] == "return_request"
        assert row["snapshot"]["draft"]["used"] == ["Order ORD-10082 is taken from earlier in the conversation."]
        assert not row["snapshot"]["draft"]["text"].startswith("Hello")
        assert [role for role, _ in await first.messages()] == ["customer", "assistant"] * 2 + ["customer"]


async def test_a_conversation_that_goes_nowhere_reaches_a_person_with_what_was_tried(stack: Stack) -> None:
    async with a_talking_shop(stack) as shop:
        asked = await say(shop, "¿Dónde está mi pedido?")
        replies = []
        for text in ("No tengo el número", "No lo encuentro"):
            row = await asked.until("sent", 60)
            replies.append(row["snapshot"]["reply"])
            asked = await say(shop, text, asked.given.conversation_id)
        row = await asked.until("waiting_agent", 60)
        assert len(set(replies)) == 2
        brief = row["snapshot"]["brief"]
        assert "attempts_exhausted" in [reason["code"] for reason in brief["because"]]
        assert [line.split(":")[0] for line in brief["tried"][:2]] == ["Asked", "Asked"]
        assert row["tier"] == 3


async def test_the_graph_sees_a_long_conversation_in_short(stack: Stack) -> None:
    record = CustomerRecord(email=EMAIL, language=Language.DE, loyalty_tier="Gold")
    async with a_talking_shop(stack, record) as shop:
        asked = await say(shop, "Wo ist meine Bestellung ORD-10017?", verified=True)
        await asked.until("sent", 60)
        await shop.rows(
            "INSERT INTO messages (store, conversation_id, seq, role, text, query_id, at) "
            "SELECT m.store, m.conversation_id, m.seq + 2 * n + 1, m.role, m.text, m.query_id, m.at "
            "FROM messages m, generate_series(1, 30) AS n WHERE m.conversation_id = %(id)s AND m.seq <= 2",
            id=asked.given.conversation_id,
        )
        await shop.rows(
            "UPDATE conversations SET last_seq = 200 WHERE conversation_id = %(id)s", id=asked.given.conversation_id
        )
        last = await say(shop, "Und meine letzte Bestellung?", asked.given.conversation_id, verified=True)
        row = await last.until("sent", 60)
        used = row["snapshot"]["draft"]["used"]
        assert "ORD-10090" in row["snapshot"]["reply"]
        assert "Gold" not in row["snapshot"]["reply"]
        assert any("older messages were read in short" in line for line in used)
        assert any("Gold" in line for line in used)
