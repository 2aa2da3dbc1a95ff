"""The workflow on the real Temporal and PostgreSQL, with scripted steps."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.vocabulary import Tier
from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.desk_fixtures import a_shop


async def test_a_safe_reply_leaves_by_itself_exactly_once(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url) as shop:
        asked = await shop.ask()
        row = await asked.until("sent")
        assert row["disposition"] == "sent_automatically"
        assert await asked.messages() == [("customer", "How long does shipping take?"), ("assistant", "Draft 1.")]
        result = await asked.handle.result()
        assert result["disposition"] == "sent_automatically"


async def test_a_draft_waits_and_is_approved_by_update(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        row = await asked.until("waiting_review")
        answer = await asked.decide("approve", draft_hash=row["draft_hash"], decision_id="d1")
        assert answer["disposition"] == "sent_after_review"
        assert (await asked.messages())[-1] == ("assistant", "Draft 1.")
        with pytest.raises(Exception, match=r"ended|closed|completed"):
            await asked.decide("approve", draft_hash=row["draft_hash"], decision_id="d2")
        decisions = await shop.rows("SELECT action, agent, proven, refusal FROM decisions")
        assert decisions == [{"action": "approve", "agent": "Ana", "proven": True, "refusal": None}]


async def test_a_stale_decision_is_refused_and_changes_nothing(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        before = await asked.until("waiting_review")
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await asked.decide("approve", draft_hash="0" * 64)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "stale"
        assert await asked.row() == before


async def test_a_person_takes_over_replies_and_the_customer_gets_it(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(tier=Tier.PERSON)) as shop:
        asked = await shop.ask()
        await asked.until("waiting_agent")
        await asked.decide("reply", text="Hello, Ana here.")
        row = await asked.until("sent")
        assert row["disposition"] == "handled_by_agent"
        assert (await asked.messages())[-1] == ("agent", "Hello, Ana here.")
