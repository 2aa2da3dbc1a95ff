"""The graph in memory: every way through it, with scripted steps."""

from datetime import UTC, datetime
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END
from langgraph.types import Command

from domain.findings import Finding
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.policies import StorePolicy
from domain.steps import Case
from domain.vocabulary import Outcome, Tier
from graphs import routers
from graphs.fakes import FakeSteps
from graphs.nodes import why_a_person
from graphs.support import RECURSION_LIMIT, build_graph

CONFIG: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": RECURSION_LIMIT}


def a_case(**changes: Any) -> dict[str, Any]:
    thread = (Turn(role="customer", text="How long does shipping take?"),)
    facts = QueryFacts(
        query_id="q",
        store="demo",
        conversation_id="c",
        channel="api",
        customer=Customer(),
        received_at=datetime.now(UTC),
    )
    case = Case(
        query=facts, thread=thread, message_hash=message_hash(thread), policy=StorePolicy(store="demo", name="Demo")
    )
    return case.model_copy(update=changes).model_dump(mode="json")


class Run:
    """One run of the graph over fake steps."""

    def __init__(self, steps: FakeSteps) -> None:
        self.steps = steps
        self.graph = build_graph(steps).compile(checkpointer=InMemorySaver())

    async def start(self, **changes: Any) -> dict[str, Any]:
        given: Any = {"case": a_case(), **changes}
        return await self.graph.ainvoke(given, CONFIG)

    async def decide(self, action: str, **fields: Any) -> dict[str, Any]:
        return await self.graph.ainvoke(Command(resume={"action": action, "agent": "Ana", **fields}), CONFIG)


def waits(state: dict[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = state["__interrupt__"][0].value
    return payload


async def test_a_safe_reply_ends_by_itself() -> None:
    run = Run(FakeSteps())
    state = await run.start()
    assert run.steps.calls == ["classify", "retrieve", "generate", "guard"]
    assert state["ending"]["disposition"] == "sent_automatically"
    assert state["ending"]["reply"]["text"] == "Draft 1."


async def test_thanks_close_without_a_reply() -> None:
    state: Any = await Run(FakeSteps(nothing_to_answer=True)).start()
    assert state["ending"] == {"disposition": "closed_without_reply", "reply": None, "agent": None}
    assert [reason.code for reason in why_a_person(state)] == ["nothing_to_answer"]


async def test_a_draft_waits_and_is_approved() -> None:
    run = Run(FakeSteps(send=False))
    state = await run.start()
    assert waits(state) == {"status": "waiting_review", "draft_hash": state["draft"]["hash"]}
    state = await run.decide("approve", draft_hash=state["draft"]["hash"])
    assert state["ending"]["disposition"] == "sent_after_review"
    assert state["ending"]["agent"] == "Ana"


async def test_an_edit_passes_the_guard_again() -> None:
    run = Run(FakeSteps(send=False))
    await run.start()
    state = await run.decide("edit", text="Better.")
    assert run.steps.calls[-1] == "guard"
    assert state["ending"]["disposition"] == "sent_after_edit"
    assert state["ending"]["reply"]["text"] == "Better."


async def test_an_edit_with_findings_changes_nothing_until_it_is_confirmed() -> None:
    run = Run(
        FakeSteps(send=False, edit_findings=[Finding(check="ungrounded_value", on="reply", excerpt="9", why="?")])
    )
    before = await run.start()
    state = await run.decide("edit", text="You get 9 euros.")
    assert waits(state) == waits(before)
    assert state["edit_findings"][0]["check"] == "ungrounded_value"
    assert state["draft"] == before["draft"]
    state = await run.decide("edit", text="You get 9 euros.", confirm_findings=True)
    assert state["ending"]["reply"]["text"] == "You get 9 euros."


async def test_a_rejected_draft_gets_one_redraft_and_then_a_person() -> None:
    run = Run(FakeSteps())
    state = await run.start(because=[])
    run = Run(FakeSteps(send=False))
    state = await run.start()
    state = await run.decide("reject", reason="Too short.")
    assert waits(state)["status"] == "waiting_review"
    assert state["draft"]["text"] == "Draft 2."
    state = await run.decide("reject", reason="Still too short.")
    assert waits(state) == {"status": "waiting_agent", "draft_hash": None}
    assert run.steps.calls[-1] == "escalate"


async def test_a_redraft_equal_to_a_rejected_draft_goes_to_a_person_at_once() -> None:
    run = Run(FakeSteps(send=False, same_redraft=True))
    await run.start()
    state = await run.decide("reject", reason="No.")
    assert waits(state)["status"] == "waiting_agent"


async def test_a_taken_over_query_waits_for_the_agents_own_reply() -> None:
    run = Run(FakeSteps(send=False))
    await run.start()
    state = await run.decide("take_over")
    assert waits(state)["status"] == "waiting_agent"
    state = await run.decide("reply", text="Hello, Ana here.")
    assert state["ending"]["disposition"] == "handled_by_agent"
    assert state["ending"]["reply"]["text"] == "Hello, Ana here."


async def test_an_agent_closes_without_a_reply() -> None:
    run = Run(FakeSteps(tier=Tier.PERSON))
    await run.start()
    state = await run.decide("close", reason="Spam.")
    assert state["ending"] == {"disposition": "closed_without_reply", "reply": None, "agent": "Ana"}


@pytest.mark.parametrize("step", ["classify", "retrieve", "generate", "guard"])
async def test_a_step_that_gave_up_leads_to_a_person_with_the_reason(step: str) -> None:
    state = await Run(FakeSteps(unavailable=[step])).start()
    assert waits(state)["status"] == "waiting_agent"
    assert any(step in reason["text"] for reason in state["brief"]["because"])


async def test_a_brief_that_could_not_be_written_still_reaches_a_person() -> None:
    state = await Run(FakeSteps(tier=Tier.PERSON, unavailable=["escalate"])).start()
    assert waits(state)["status"] == "waiting_agent"
    assert "could not be written" in state["brief"]["tried"][0]


async def test_the_guard_can_send_a_query_to_a_person() -> None:
    state = await Run(FakeSteps(send=False, outcome=Outcome.ESCALATE)).start()
    assert waits(state)["status"] == "waiting_agent"


async def test_a_request_for_a_person_while_a_draft_waits_leads_to_tier_three() -> None:
    run = Run(FakeSteps(send=False))
    await run.start()
    because = [{"code": "person_requested", "text": "The customer asked for a person."}]
    await run.graph.aupdate_state(CONFIG, {"because": because}, as_node="classify")
    state = await run.graph.ainvoke(None, CONFIG)
    assert waits(state)["status"] == "waiting_agent"
    assert state["brief"]["because"][0]["code"] == "person_requested"
    assert run.steps.calls.count("classify") == 1


async def test_a_reply_that_may_not_leave_after_a_reset_waits_for_review() -> None:
    run = Run(FakeSteps())
    await run.start()
    await run.graph.aupdate_state(CONFIG, {"ending": None}, as_node="guard")
    state = await run.graph.ainvoke(None, CONFIG)
    assert waits(state)["status"] == "waiting_review"


def test_the_routers_end_where_langgraph_ends() -> None:
    assert routers.END == END
