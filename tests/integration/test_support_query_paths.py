"""The less happy ways of the workflow: edits, rejections, newer messages, deadlines, malformed signals."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.findings import Finding
from domain.steps import GenerateInput, GenerateResult
from domain.vocabulary import Tier
from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.desk_fixtures import OUTSIDE, a_shop

FINDING = Finding(check="ungrounded_value", on="reply", excerpt="9 euros", why="Nothing says 9 euros.")


class SlowSteps(FakeSteps):
    """Generates only when told to."""

    def __init__(self, **script: Any) -> None:
        super().__init__(**script)
        self.started, self.go_on = asyncio.Event(), asyncio.Event()

    async def generate(self, request: GenerateInput) -> GenerateResult:
        self.started.set()
        await self.go_on.wait()
        return await super().generate(request)


async def refusal(asked: Any, action: str, **fields: Any) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await asked.decide(action, **fields)
    assert isinstance(refused.value.cause, ApplicationError)
    return refused.value.cause


async def test_an_edit_with_findings_is_refused_until_they_are_confirmed(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False, edit_findings=[FINDING])) as shop:
        asked = await shop.ask()
        row = await asked.until("waiting_review")
        edit = {"draft_hash": row["draft_hash"], "text": "You get 9 euros."}
        error = await refusal(asked, "edit", decision_id="e1", **edit)
        assert error.type == "findings"
        assert error.details[0]["findings"][0]["check"] == "ungrounded_value"
        assert (await asked.until("waiting_review"))["draft_hash"] == row["draft_hash"]
        answer = await asked.decide("edit", decision_id="e2", confirm_findings=True, **edit)
        assert answer["disposition"] == "sent_after_edit"
        assert (await asked.messages())[-1] == ("agent", "You get 9 euros.")
        decisions = await shop.rows("SELECT decision_id, refusal->>'code' AS code FROM decisions ORDER BY decision_id")
        assert decisions == [{"decision_id": "e1", "code": "findings"}, {"decision_id": "e2", "code": None}]


async def test_a_rejected_draft_is_written_once_more_and_then_goes_to_a_person(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        first = await asked.until("waiting_review")
        answer = await asked.decide("reject", draft_hash=first["draft_hash"], reason="Too short.")
        assert answer["status"] == "waiting_review"
        assert answer["draft_hash"] not in (None, first["draft_hash"])
        assert (await refusal(asked, "approve", draft_hash=first["draft_hash"])).type == "stale"
        answer = await asked.decide("reject", draft_hash=answer["draft_hash"], reason="Still.")
        assert answer["status"] == "waiting_agent"
        await asked.decide("close", reason="Spam after all.")
        assert (await asked.until("closed"))["disposition"] == "closed_without_reply"


async def test_a_second_message_supersedes_the_one_that_waits_and_inherits_its_deadline(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        first = await shop.ask(deadline=1000)
        await first.until("waiting_review")
        await first.handle.execute_update("claim", {"agent": "Ana"})
        second = await shop.ask(
            "And to Spain?", conversation=first.given.conversation_id, deadline=5000, gather_seconds=0.2
        )
        row = await second.until("waiting_review")
        assert (await first.until("closed"))["disposition"] == "superseded"
        assert row["deadline_at"] == first.given.deadline_at
        assert row["held_by"] == "Ana"
        assert (await first.state()).superseded_by == second.given.query_id


async def test_a_second_message_supersedes_the_one_that_is_being_worked_on(stack: Stack) -> None:
    steps = SlowSteps()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        first = await shop.ask(step_modes=OUTSIDE)
        await steps.started.wait()
        second = await shop.ask(
            "And to Spain?", conversation=first.given.conversation_id, gather_seconds=0.2, step_modes=OUTSIDE
        )
        assert (await first.until("closed"))["disposition"] == "superseded"
        steps.go_on.set()
        assert (await second.until("sent"))["disposition"] == "sent_automatically"
        assert [role for role, _ in await second.messages()] == ["customer", "customer", "assistant"]


async def test_a_burst_is_answered_once_by_its_last_message(stack: Stack) -> None:
    steps = SlowSteps()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        burst = [await shop.ask(step_modes=OUTSIDE)]
        await steps.started.wait()
        conversation = burst[0].given.conversation_id
        for text in ("to Spain", "by express", "please"):
            burst.append(await shop.ask(text, conversation=conversation, gather_seconds=0.5, step_modes=OUTSIDE))
        steps.go_on.set()
        await burst[-1].until("sent")
        for asked in burst[:-1]:
            assert (await asked.until("closed"))["disposition"] == "superseded"
        assert [role for role, _ in await burst[0].messages()].count("assistant") == 1


async def test_a_reply_does_not_leave_once_a_newer_message_is_stored(stack: Stack) -> None:
    steps = SlowSteps()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        first = await shop.ask(step_modes=OUTSIDE)
        await steps.started.wait()
        second = await shop.ask("More.", conversation=first.given.conversation_id, start=False)
        steps.go_on.set()
        row = await first.until("closed")
        assert row["disposition"] == "superseded"
        assert row["superseded_by"] == second.given.query_id
        await second.start()
        await second.until("sent")


async def test_asking_for_a_person_reaches_one_while_a_step_runs(stack: Stack) -> None:
    steps = SlowSteps()
    async with a_shop(stack.settings, stack.app_url, steps) as shop:
        asked = await shop.ask(step_modes=OUTSIDE)
        await steps.started.wait()
        await asked.handle.signal("request_human")
        row = await asked.until("waiting_agent")
        assert row["snapshot"]["brief"]["because"][0]["code"] == "person_requested"
        assert row["tier"] == 3


async def test_asking_for_a_person_reaches_one_while_a_draft_waits(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        await asked.until("waiting_review")
        await asked.handle.signal("request_human")
        await asked.until("waiting_agent")


async def test_passing_the_deadline_makes_a_draft_urgent_and_sends_nothing(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask(remind=0.5, deadline=1.0)
        await asked.until("waiting_review")
        for _ in range(100):
            if (await asked.row())["priority"] == 1:
                break
            await asyncio.sleep(0.05)
        row = await asked.row()
        assert (row["priority"], row["status"]) == (1, "waiting_review")
        state = await asked.state()
        assert (state.reminded, state.overdue) == (True, True)
        assert [role for role, _ in await asked.messages()] == ["customer"]


MALFORMED: tuple[tuple[str, list[Any]], ...] = (
    ("approve", []),
    ("approve", [None]),
    ("approve", ["yes"]),
    ("approve", [{"agent": "Ana"}, {"draft_hash": "x"}]),
    ("approve", [{"draft_hash": 7, "agent": ["Ana"]}]),
    ("approve", [{"draft_hash": "0" * 64}]),
    ("edit", [{"agent": "Ana", "draft_hash": "0" * 64, "text": ""}]),
    ("edit", [{"agent": "Ana", "draft_hash": "0" * 64, "text": "x" * 100_000}]),
    ("reject", [b"\x00\xff"]),
    ("take_over", [[1, 2, 3]]),
    ("approve", [{"agent": "Ana\x00", "draft_hash": "0" * 64}]),
    ("approve", [{"agent": "Ana", "draft_hash": "0" * 64, "decision_id": "\x00"}]),
    ("take_over", [{"agent": "\x00"}]),
    ("customer_message", [{"query_id": 5}]),
    ("customer_message", [{"query_id": "nonsense"}]),
    ("no_such_signal", [{"a": 1}]),
)


async def test_malformed_signals_neither_fail_nor_stick_a_workflow_and_stay_visible(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        row = await asked.until("waiting_review")
        for name, args in MALFORMED:
            await asked.handle.signal(name, args=args)
        await asked.handle.signal("approve", {"agent": "Eve", "draft_hash": "0" * 64})
        state = await asked.state()
        assert len(state.ignored_signals) == len(MALFORMED)
        assert [record.refusal.code for record in state.decisions if record.refusal] == ["stale"]
        assert state.waiting_hash == row["draft_hash"]
        await asked.handle.signal("approve", {"agent": "Ana", "draft_hash": row["draft_hash"], "proven": True})
        await asked.until("sent")
        decisions = await shop.rows("SELECT agent, proven FROM decisions WHERE refusal IS NULL")
        assert decisions == [{"agent": "Ana", "proven": False}]


async def test_a_malformed_update_is_refused_and_leaves_no_history(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        await asked.until("waiting_review")
        before = (await asked.handle.describe()).history_length
        for args in ([], [None], [1, 2], [{"action": "burn"}], [{"action": "approve", "agent": "Ana"}]):
            with pytest.raises(WorkflowUpdateFailedError):
                await asked.handle.execute_update("decide", args=args)
        assert (await asked.handle.describe()).history_length == before


async def test_a_claim_keeps_others_out_until_it_is_released(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        row = await asked.until("waiting_review")
        await asked.handle.execute_update("claim", {"agent": "Ana"})
        approve = {"draft_hash": row["draft_hash"], "agent": "Ben"}
        assert (await refusal(asked, "approve", **approve)).type == "held"
        await asked.handle.execute_update("release", {"agent": "Ana"})
        assert (await asked.decide("approve", **approve))["status"] == "sent"


async def test_a_model_that_is_down_leads_to_a_person_with_the_reason(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(unavailable=["generate"])) as shop:
        asked = await shop.ask(step_modes=OUTSIDE)
        row = await asked.until("waiting_agent", seconds=40)
        assert "generate" in row["snapshot"]["reasons"][0]["text"]


async def test_a_tier_three_query_waits_with_its_brief(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(tier=Tier.PERSON)) as shop:
        row = await (await shop.ask()).until("waiting_agent")
        assert row["snapshot"]["brief"]["suggestion"] == "Answer."
