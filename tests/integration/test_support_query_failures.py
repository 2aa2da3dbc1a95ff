"""What happens when code is wrong, a run is reset, or a helpdesk misbehaves."""

import asyncio
import uuid
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowFailureError

from domain.identifiers import takeover_id_of
from domain.snapshots import TakeOverInput
from domain.steps import ClassifyInput, ClassifyResult, GuardInput, GuardResult
from domain.vocabulary import Tier
from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.desk_fixtures import Asked, Shop, a_shop


class BuggySteps(FakeSteps):
    """Has a bug until it is fixed."""

    fixed = False

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        if not self.fixed:
            raise TypeError(f"cannot read {request.case.thread[-1].text}")
        return await super().classify(request)


class BuggyAnswer(FakeSteps):
    """Answers what the graph's own code trips over: the bug is then in workflow code."""

    fixed = False

    async def guard(self, request: GuardInput) -> GuardResult:
        found = await super().guard(request)
        return found if self.fixed else found.model_copy(update={"reasons": ({"code": 1},)})


async def first_task(asked: Asked) -> int:
    """The event at which the first workflow task ended; the records may be ahead of it by a moment."""
    for _ in range(100):
        for event in (await asked.handle.fetch_history()).events:
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                return event.event_id
        await asyncio.sleep(0.05)
    raise AssertionError("no workflow task of this run has ended")


async def reset(asked: Asked, *, event: int | None = None, run_id: str | None = None) -> str:
    """Resets the run to a workflow task, the first by default, as the Temporal UI does."""
    client = asked.shop.client
    event = event or await first_task(asked)
    answer = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=asked.workflow_id, run_id=run_id or ""),
            reason="a fix was deployed",
            workflow_task_finish_event_id=event,
            request_id=uuid.uuid4().hex,
        )
    )
    return answer.run_id


def other_hash(draft_hash: str) -> str:
    """The hash of another draft: one digit differs."""
    return draft_hash[:-1] + ("1" if draft_hash.endswith("0") else "0")


async def take_over(shop: Shop, asked: Asked) -> Asked:
    given = TakeOverInput(
        store=shop.store,
        query_id=asked.given.query_id,
        conversation_id=asked.given.conversation_id,
        agent="Ana",
        deadline_at=asked.given.deadline_at,
    )
    workflow_id = takeover_id_of(shop.store, asked.given.query_id)
    await shop.client.start_workflow("TakeOver", given, id=workflow_id, task_queue=shop.task_queue)
    taken = Asked(shop, asked.given)
    taken.workflow_id = workflow_id
    return taken


async def test_a_bug_in_a_step_leaves_the_run_failed_and_a_reset_after_the_fix_ends_well(stack: Stack) -> None:
    steps = BuggySteps()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        asked = await shop.ask("my secret words")
        row = await asked.until("failed")
        assert "TypeError" in row["failure"]
        with pytest.raises(WorkflowFailureError):
            await asked.handle.result()
        history = await asked.handle.fetch_history()
        assert b"my secret words" not in history.events[-1].SerializeToString()
        steps.fixed = True
        await reset(asked)
        row = await asked.until("waiting_review")  # a reset run never sends by itself
        assert row["snapshot"]["reasons"][-1]["code"] == "reset"
        assert (await asked.decide("approve", draft_hash=row["draft_hash"]))["disposition"] == "sent_after_review"
        assert [role for role, _ in await asked.messages()] == ["customer", "assistant"]


async def test_a_bug_in_workflow_code_leaves_the_run_failed_not_stuck(stack: Stack) -> None:
    steps = BuggyAnswer()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        asked = await shop.ask()
        row = await asked.until("failed")
        assert row["failure"]
        with pytest.raises(WorkflowFailureError):
            await asked.handle.result()
        steps.fixed = True
        await reset(asked)
        await asked.until("waiting_review")


async def test_a_failed_query_is_taken_over_and_a_later_reset_ends_as_handled_by_the_agent(stack: Stack) -> None:
    steps = BuggySteps()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        asked = await shop.ask()
        await asked.until("failed")
        taken = await take_over(shop, asked)
        row = await taken.until("waiting_agent")
        assert row["held_by"] == "Ana"
        await taken.decide("reply", text="Ana here, it takes 3 days.")
        assert (await asked.until("sent"))["disposition"] == "handled_by_agent"
        steps.fixed = True
        await reset(asked)
        assert (await asked.handle.result())["disposition"] == "handled_by_agent"
        assert [role for role, _ in await asked.messages()] == ["customer", "agent"]


async def test_a_customer_who_writes_again_ends_a_failed_query(stack: Stack) -> None:
    steps = BuggySteps()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        asked = await shop.ask()
        await asked.until("failed")
        steps.fixed = True
        second = await shop.ask("Hello?", conversation=asked.given.conversation_id, gather_seconds=0.2)
        await second.until("sent")
        row = await asked.until("closed")
        assert (row["disposition"], row["superseded_by"]) == ("superseded", second.given.query_id)


async def test_resetting_a_sent_query_sends_nothing_twice(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url) as shop:
        asked = await shop.ask()
        await asked.handle.result()  # the records show it as sent a moment before the run has ended
        await reset(asked)
        await asked.handle.result()
        assert [role for role, _ in await asked.messages()] == ["customer", "assistant"]
        assert (await asked.row())["disposition"] == "sent_automatically"


class ChangingSteps(FakeSteps):
    """Writes other words at every attempt, as a model does."""

    async def generate(self, request: Any) -> Any:
        made = await super().generate(request)
        from domain.drafts import with_hash

        text = f"Draft {uuid.uuid4().hex}."
        draft = with_hash(
            made.draft.model_copy(update={"text": text}), request.case.query.query_id, request.case.message_hash
        )
        return made.model_copy(update={"draft": draft})


async def test_an_approval_that_a_reset_applies_again_to_another_draft_is_refused(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, ChangingSteps(tier=Tier.REVIEW, send=False)) as shop:
        asked = await shop.ask()
        row = await asked.until("waiting_review")
        first_run = (await asked.handle.describe()).run_id
        stale = "1" * 64
        await asked.handle.signal("approve", {"agent": "Eve", "draft_hash": stale})
        await asked.handle.signal("approve", {"agent": "Ana", "draft_hash": other_hash(row["draft_hash"])})
        await asyncio.sleep(0.3)
        await reset(asked, run_id=first_run)
        for _ in range(100):
            if (await asked.row())["draft_hash"] not in (row["draft_hash"], None):
                break
            await asyncio.sleep(0.05)
        again = await asked.until("waiting_review")
        assert again["draft_hash"] != row["draft_hash"]
        await asyncio.sleep(0.5)
        state = await asked.state()
        assert {record.refusal.code for record in state.decisions if record.refusal} <= {"stale", "no_draft"}
        assert [role for role, _ in await asked.messages()] == ["customer"]
