"""The workflow of one customer message: runs the graph, waits for people, sends once.

    gather a burst ─ begin ─ graph ─┬─ waits ─ decision ─ graph …
                                    └─ ends ─ outbox ─ delivered

A newer customer message, or a request for a person, is heard while a step runs and while a draft waits alike.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.langgraph import graph

with workflow.unsafe.imports_passed_through():
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.types import Command

    from domain.decisions import Decision, Refusal
    from domain.findings import Finding, Reason
    from domain.identifiers import WORKFLOW_TYPE
    from domain.snapshots import DecisionAnswer, Snapshot, SupportQueryInput
    from domain.vocabulary import Action, Status
    from graphs.endings import Ending
    from graphs.nodes import to_json
    from graphs.state import SupportState
    from graphs.support import NAME, RECURSION_LIMIT, Graph
    from workflows import readings
    from workflows.waiting_room import WaitingRoom

CompiledGraph = CompiledStateGraph[SupportState, Any, SupportState, SupportState]
CONFIG: Any = {"configurable": {"thread_id": "query"}, "recursion_limit": RECURSION_LIMIT}
"""The thread lives in this run's memory; Temporal's history is what makes it durable."""


@cache
def _compiled(drawn: Graph) -> CompiledGraph:
    """Compiled once a process; each run takes a copy with a memory of its own."""
    return drawn.compile()


@workflow.defn(name=WORKFLOW_TYPE)
class SupportQuery(WaitingRoom):
    """One per customer message. Its id is derived from the message, so a message never has two."""

    @workflow.init
    def __init__(self, request: SupportQueryInput) -> None:
        super().__init__(
            Snapshot(
                store=request.store,
                query_id=request.query_id,
                conversation_id=request.conversation_id,
                status=Status.RECEIVED,
                remind_at=request.remind_at,
                deadline_at=request.deadline_at,
            ),
            request.claim_seconds,
        )
        self.step_modes = request.step_modes
        self._gather_seconds = request.gather_seconds

    @workflow.run
    async def run(self, request: SupportQueryInput) -> DecisionAnswer:
        """Ends with how the query ended. A bug leaves the run failed, and the query `failed` for the agents."""
        del request  # the init has read it
        return await self.until_answered(self._answer())

    async def _answer(self) -> None:
        self._graph = _compiled(graph(NAME)).copy({"checkpointer": InMemorySaver()})
        if self._gather_seconds > 0:
            await self._gather()
        begun = await self.begin()
        if begun is None:
            return
        for query_id in begun.supersedes:
            await self.supersede(query_id)
        given: Any = {"case": to_json(begun.case)}
        while not self.ended:
            state = await self._advance(given)
            given = await self._continue(state)

    async def _gather(self) -> None:
        """Lets the rest of a burst come in: the newest message of it answers for all."""
        burst = timedelta(seconds=self._gather_seconds)
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.newer is not None, timeout=burst, timeout_summary="gather")

    async def _advance(self, given: Any) -> SupportState | None:
        """Runs the graph to its next rest; None when a newer message or the wish for a person cut it short."""
        if self._cut_short():
            return None
        # "exit": the thread is kept when the graph rests, not after each node; Temporal's history is what lasts.
        work = asyncio.create_task(self._graph.ainvoke(given, CONFIG, durability="exit"))
        await workflow.wait_condition(lambda: work.done() or self._cut_short())
        if work.done():
            return cast(SupportState, await work)
        work.cancel()
        try:
            await work
        except (asyncio.CancelledError, FailureError) as error:
            if not is_cancelled_exception(error):
                raise
        return None

    def _cut_short(self) -> bool:
        return self.newer is not None or self.asked_for_person is not None

    async def _continue(self, state: SupportState | None) -> Any:
        """What to give the graph next."""
        if self.newer is not None:
            return await self.end_superseded(self.newer)
        if self.asked_for_person is not None or state is None:
            return await self._to_person(self.asked_for_person)
        if "__interrupt__" in state:
            return await self._wait(state)
        return await self._send(state)

    async def _to_person(self, reason: Reason | None) -> None:
        """Sends the graph to `escalate`, from wherever it is."""
        self.asked_for_person = None
        self.settle(Refusal(code="escalated", message="The query has meanwhile gone to a person; look at it again."))
        known = (await self._graph.aget_state(CONFIG)).values
        because = [*known.get("because", []), *([to_json(reason)] if reason else [])]
        change = {"case": to_json(self.case), "because": because, "ending": None, "edit": None}
        await self._graph.aupdate_state(CONFIG, change, as_node="classify")

    async def _wait(self, state: SupportState) -> Any:
        self.change(**readings.waiting(state))
        refused = tuple(Finding.model_validate(found) for found in state.get("edit_findings", []))
        self.settle(_with_findings(refused) if refused else None)
        if self.snapshot.brief is not None:
            await self.tell_customer(self.snapshot.brief)
        await self.rest()
        while True:
            await self.something_happens()
            if self.newer is not None:
                return None
            if self.asked_for_person is not None and self.snapshot.status is Status.WAITING_REVIEW:
                return None
            self.asked_for_person = None
            if self.ticket is not None:
                return await self._take_up(self.ticket.decision)
            await self.record()

    async def _take_up(self, decision: Decision) -> Any:
        self.change(status=Status.WORKING, waiting_hash=None)
        if decision.action is Action.REJECT:
            await self.record()  # a redraft may take a while: nobody should see the old draft waiting
        return Command(resume=to_json(decision))

    async def _send(self, state: SupportState) -> None:
        self.change(**readings.shown(state))
        ending = Ending.model_validate(state["ending"])
        if ending.reply is None:
            self.settle()
            return await self.end(Status.CLOSED, ending.disposition)
        reply = ending.reply.model_copy(update={"language": self.snapshot.language or ending.reply.language})
        sent = await self.send_reply(reply, ending.disposition, ending.agent)
        if sent.outcome == "review":
            return await self._hold_back(state)
        if sent.outcome == "undeliverable":
            reason = Reason(code="undeliverable", text=f"The reply could not be delivered: {sent.reason}")
            return await self._to_person(reason)
        return None

    async def _hold_back(self, state: SupportState) -> None:
        """A reset run never sends by itself: what it would have sent waits for an agent."""
        guard = dict(state["guard"])
        reason = Reason(code="reset", text="This run was reset, so nothing leaves it without an agent's approval.")
        guard |= {"send": False, "reasons": [*guard["reasons"], to_json(reason)]}
        await self._graph.aupdate_state(CONFIG, {"ending": None, "guard": guard}, as_node="guard")


def _with_findings(findings: tuple[Finding, ...]) -> Refusal:
    return Refusal(
        code="findings",
        message="The guard objects to the edited text; change it, or confirm that you have read the findings.",
        findings=findings,
    )
