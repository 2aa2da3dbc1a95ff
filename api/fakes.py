"""A door without Temporal: it knows the rules of decisions and nothing else. For tests, and to look at the console."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.intake import StartableQuery
from api.ports import Where
from domain.decisions import Decision, Standing, refusal_of
from domain.errors import DecisionRefused, NotFound, Unavailable
from domain.findings import Finding
from domain.snapshots import DecisionAnswer, DecisionRecord, Snapshot, TakeOverInput
from domain.vocabulary import Action, Disposition, Status

RISKY = "guarantee"
"""An edit with this word meets an objection of the fake guard."""
ENDINGS = {
    Action.APPROVE: (Status.SENT, Disposition.SENT_AFTER_REVIEW),
    Action.EDIT: (Status.SENT, Disposition.SENT_AFTER_EDIT),
    Action.REPLY: (Status.SENT, Disposition.HANDLED_BY_AGENT),
    Action.CLOSE: (Status.CLOSED, Disposition.CLOSED_WITHOUT_REPLY),
    Action.REJECT: (Status.WAITING_AGENT, None),
    Action.TAKE_OVER: (Status.WAITING_AGENT, None),
}


class FakeDoor:
    """`WorkflowDoor` in memory. `away`: as if Temporal did not answer. `record` receives every new snapshot."""

    def __init__(self, record: Callable[[Snapshot], Awaitable[Any]] | None = None) -> None:
        self.snapshots: dict[str, Snapshot] = {}
        self.started: list[StartableQuery] = []
        self.asked_for_person: list[str] = []
        self.taken_over: list[TakeOverInput] = []
        self.decisions: list[Decision] = []
        self.away = False
        self.stuck = 0
        self._record = record

    async def start(self, query: StartableQuery) -> None:
        self._answer()
        self.started.append(query)

    async def decide(self, where: Where, decision: Decision) -> DecisionAnswer:
        snapshot = self._find(where)
        standing = Standing(status=snapshot.status, draft_hash=snapshot.waiting_hash, held_by=_holder(snapshot))
        refusal = refusal_of(decision, standing)
        if refusal is not None:
            raise DecisionRefused(refusal.message, refusal.code, refusal.findings)
        findings = _objections(decision)
        if findings and not decision.confirm_findings:
            raise DecisionRefused("The guard objects to the edited text.", "findings", findings)
        self.decisions.append(decision)
        await self._change(snapshot, **_outcome(snapshot, decision))
        now = self.snapshots[where.query_id]
        return DecisionAnswer(status=now.status, disposition=now.disposition, draft_hash=now.waiting_hash)

    async def claim(self, where: Where, agent: str) -> None:
        snapshot = self._find(where)
        if _holder(snapshot) not in (None, agent):
            raise DecisionRefused(f"{snapshot.held_by} holds this query; ask them, or take it over.", "held")
        await self._change(snapshot, **_held(agent))

    async def release(self, where: Where, agent: str) -> None:
        snapshot = self._find(where)
        if snapshot.held_by == agent:
            await self._change(snapshot, held_by=None, held_until=None)

    async def request_human(self, where: Where) -> None:
        self._answer()
        self.asked_for_person.append(where.query_id)

    async def take_over_failed(self, request: TakeOverInput) -> None:
        self._answer()
        self.taken_over.append(request)

    async def count_stuck(self) -> int:
        self._answer()
        return self.stuck

    async def is_ready(self) -> bool:
        return not self.away

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("Temporal does not answer; nothing was changed. Try again in a moment.")

    def _find(self, where: Where) -> Snapshot:
        self._answer()
        snapshot = self.snapshots.get(where.query_id)
        if snapshot is None:
            raise NotFound("No workflow of this query runs.")
        return snapshot

    async def _change(self, snapshot: Snapshot, **changes: Any) -> None:
        new = snapshot.model_copy(update={**changes, "version": snapshot.version + 1})
        self.snapshots[snapshot.query_id] = new
        if self._record is not None:
            await self._record(new)


def _held(agent: str) -> dict[str, Any]:
    return {"held_by": agent, "held_until": datetime.now(UTC) + timedelta(minutes=15)}


def _holder(snapshot: Snapshot) -> str | None:
    held = snapshot.held_until is not None and snapshot.held_until > datetime.now(UTC)
    return snapshot.held_by if held else None


def _objections(decision: Decision) -> tuple[Finding, ...]:
    if decision.action is not Action.EDIT or RISKY not in (decision.text or ""):
        return ()
    why = "The reply promises something that no source supports."
    return (Finding(check="ungrounded_promise", on="reply", excerpt=RISKY, why=why),)


def _outcome(snapshot: Snapshot, decision: Decision) -> dict[str, Any]:
    status, disposition = ENDINGS[decision.action]
    text = decision.text or (snapshot.draft.text if snapshot.draft else None)
    sent = status is Status.SENT
    return {
        "status": status,
        "disposition": disposition,
        "waiting_hash": None,
        "reply": text if sent else None,
        "replied_by": decision.agent if sent else None,
        **(_held(decision.agent) if decision.action is Action.TAKE_OVER else {}),
        "decisions": (*snapshot.decisions, DecisionRecord(decision=decision, at=datetime.now(UTC))),
    }
