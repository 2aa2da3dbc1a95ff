"""A refund that a draft proposes, as agents see it and customers do not; and a store's style, from setting to reply."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import uuid4

import pytest

from activities.stores import create_store, read_policy, set_store
from app.cli.query_text import query_lines
from domain.errors import BadInput
from domain.money import Money
from domain.proposals import RefundProposal
from domain.vocabulary import Language
from retrieval.database import Database
from tests.api_world import World, a_draft, a_world
from tests.conftest import Stack
from tests.integration.conftest import Command
from tests.integration.test_api_console import at_console

PROPOSAL = RefundProposal(
    order_id="A-1001",
    amount=Money(number=Decimal("45.05"), currency="EUR"),
    calculation=("2 × <cushion> at 24.50 EUR = 49.00 EUR", "Deducted by the policy: -3.95 EUR", "Refund: 45.05 EUR"),
    to_check=("The goods are with the customer: see whether they come back first.",),
    clause="The label costs 3.95 EUR.",
    passage_id="returns#1",
)  # fmt: skip
DRAFT = a_draft().model_copy(
    update={
        "proposal": PROPOSAL,
        "facts": {"refund/A-1001/amount": "45.05 EUR", "order/A-1001/status": "delivered"},
    }
)


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with a_world(stack.app_url) as made:
        yield made


async def test_agents_see_a_proposed_refund_at_the_console(world: World) -> None:
    snapshot = await world.waiting(draft=DRAFT)
    await at_console(world)
    page = (await world.client.get(f"/console/queries/{snapshot.query_id}")).text
    assert "Refund to decide" in page
    assert "2 × &lt;cushion&gt; at 24.50 EUR = 49.00 EUR" in page
    assert "see whether they come back first" in page
    assert "<q>The label costs 3.95 EUR.</q>" in page
    assert "refund A-1001" not in page  # its figures stand in the proposal, not among what was looked up
    assert "order A-1001" in page


async def test_agents_see_it_over_the_api_and_at_the_terminal_and_customers_do_not(world: World) -> None:
    snapshot = await world.waiting(draft=DRAFT)
    seen = (await world.get(f"/v1/queries/{snapshot.query_id}", scope="agent")).json()
    assert seen["draft"]["proposal"]["amount"] == {"number": "45.05", "currency": "EUR"}
    assert len(seen["draft"]["proposal"]["calculation"]) == 3
    lines = "\n".join(query_lines(seen))
    assert "Refund to decide, order A-1001: 45.05 EUR" in lines
    assert "Rests on: “The label costs 3.95 EUR.” (returns#1)" in lines
    shown = (await world.get(f"/v1/queries/{snapshot.query_id}")).text
    assert "45.05" not in shown and "proposal" not in shown


async def test_a_draft_without_a_proposal_says_nothing_of_one(world: World) -> None:
    snapshot = await world.waiting()
    await at_console(world)
    assert "Refund to decide" not in (await world.client.get(f"/console/queries/{snapshot.query_id}")).text
    seen = (await world.get(f"/v1/queries/{snapshot.query_id}", scope="agent")).json()
    assert not [line for line in query_lines(seen) if "Refund" in line]


async def test_the_style_of_a_store_is_read_back_as_it_was_set(database: Database) -> None:
    store = f"s{uuid4().hex[:12]}"
    await create_store(database, store, settings={"tone": "plain"})
    await set_store(
        database, store, {"formality.de": "informal", "formality.es": "informal", "forbidden": "cheap, no way"}
    )
    style = (await read_policy(database, store)).style
    assert (style.tone, style.forbidden) == ("plain", ("cheap", "no way"))
    assert {language: style.formality_in(language) for language in Language} == {
        Language.EN: "formal",
        Language.ES: "informal",
        Language.FR: "formal",
        Language.DE: "informal",
        Language.PT: "formal",
    }
    with pytest.raises(BadInput):
        await set_store(database, store, {"tone": "", "formality.it": "informal"})
    await set_store(database, store, {"formality.de": "", "tone": "", "forbidden": ""})
    style = (await read_policy(database, store)).style
    assert (style.tone, style.forbidden, style.formality_in(Language.DE)) == ("warm", (), "formal")


def test_the_style_is_set_and_shown_by_commands(command: Command) -> None:
    store = f"s{uuid4().hex[:12]}"
    assert command("store", "create", store)[0] == 0
    assert command("store", "set", store, "tone=plain", "formality.de=informal", "forbidden=cheap, no way")[0] == 0
    code, out, _ = command("store", "show", store)
    shown = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines() if line.split()}
    assert code == 0
    assert (shown["tone"], shown["formality.de"], shown["forbidden"]) == ("plain", "informal", "cheap, no way")
    code, _, err = command("store", "set", store, "formality.en=informal")
    assert code != 0 and "English knows one form" in err
    code, out, _ = command("store", "show", store, "--json")
    assert json.loads(out)["policy"]["style"]["formality"] == {"de": "informal"}
