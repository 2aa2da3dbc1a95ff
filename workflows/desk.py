"""The desk of a query: what reviewers and the system say to its workflow while it works or waits.

Signals (a person with nothing but the Temporal UI) and the update `decide` (API, CLI, console) meet in one validated
path, `domain.decisions`. Signal handlers are total: whatever arrives, they note it or ignore it, and never raise, since
an exception there would fail or stick the workflow.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from domain.canonical import content_hash
    from domain.decisions import Decision, Refusal, Standing, read_decision, refusal_of
    from domain.findings import Reason
    from domain.snapshots import ClaimRequest, DecisionAnswer, DecisionRecord, Snapshot
    from domain.vocabulary import Action, Status
    from workflows import schedule

_QUERY_ID = re.compile(r"[0-9a-f]{32}")
KEPT_DECISIONS = 50
KEPT_IGNORED = 20


class Ticket:
    """A decision that was let in and is being applied."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.refusal: Refusal | None = None
        self.settled = False


class Desk:
    """Base of the workflows that wait for people. Holds the snapshot, which only `change` replaces."""

    def __init__(self, snapshot: Snapshot, claim_seconds: float) -> None:
        self.snapshot = snapshot
        self.ticket: Ticket | None = None
        self.newer: str | None = None
        """The newer query of the conversation, once there is one."""
        self.asked_for_person: Reason | None = None
        self.unrecorded = False
        """Something changed that the records do not know yet."""
        self._claim = timedelta(seconds=claim_seconds)
        self._decided: list[str] = []
        self._signals = 0

    def changed(self, **changes: Any) -> Snapshot:
        """A new snapshot with a version that grows over resets too: it follows the clock of the workflow."""
        version = max(self.snapshot.version + 1, int(workflow.now().timestamp() * 1_000_000))
        return self.snapshot.model_copy(update={**changes, "version": version})

    def change(self, **changes: Any) -> None:
        """Replaces the snapshot."""
        self.snapshot = self.changed(**changes)
        self.unrecorded = True

    def settle(self, refusal: Refusal | None = None) -> None:
        """Ends the decision in progress: applied, or refused after all."""
        ticket, self.ticket = self.ticket, None
        if ticket is None:
            return
        ticket.refusal, ticket.settled = refusal, True
        if refusal is not None and ticket.decision.decision_id in self._decided:
            self._decided.remove(ticket.decision.decision_id)
        if refusal is not None:
            *before, last = self.snapshot.decisions
            self.change(decisions=(*before, last.model_copy(update={"refusal": refusal})))

    def holder(self) -> str | None:
        """The agent whose claim is valid now."""
        until = self.snapshot.held_until
        return self.snapshot.held_by if until is not None and until > workflow.now() else None

    # --- what a decision meets ---

    def _standing(self) -> Standing:
        return Standing(
            status=self.snapshot.status,
            draft_hash=self.snapshot.waiting_hash,
            deciding=self.ticket is not None,
            decided=tuple(self._decided),
            held_by=self.holder(),
        )

    def _admit(self, decision: Decision) -> Ticket:
        ticket = self.ticket = Ticket(decision)
        if decision.decision_id:
            self._decided.append(decision.decision_id)
        self._note(DecisionRecord(decision=decision, at=workflow.now()))
        if decision.action is Action.TAKE_OVER:
            self._hold(decision.agent)
        return ticket

    def _note(self, record: DecisionRecord) -> None:
        self.change(decisions=(*self.snapshot.decisions, record)[-KEPT_DECISIONS:])

    def _ignore(self, sentence: str) -> None:
        workflow.logger.warning("Ignored a signal: %s", sentence)
        self.change(ignored_signals=(*self.snapshot.ignored_signals, sentence)[-KEPT_IGNORED:])

    def _hold(self, agent: str | None) -> None:
        until: datetime | None = workflow.now() + self._claim if agent else None
        self.change(held_by=agent, held_until=until)

    def _signalled(self, action: Action, args: Sequence[Any]) -> None:
        decision = read_decision(args[0] if len(args) == 1 else list(args), action.value)
        if isinstance(decision, Refusal):
            self._ignore(f"`{action.value}`: {decision.message}")
            return
        # Whoever signals names an agent without proof, and can't claim the proof either.
        # Its id comes from its place and content. The time would not do: a task that is repeated has another, and the
        # records would show one decision twice.
        self._signals += 1
        said = content_hash(decision.model_dump(mode="json"))
        given = decision.decision_id or f"signal-{self._signals}-{said[:16]}"
        decision = decision.model_copy(update={"via": "signal", "proven": False, "decision_id": given})
        refusal = refusal_of(decision, self._standing())
        if refusal is None:
            self._admit(decision)
        else:
            self._note(DecisionRecord(decision=decision, at=workflow.now(), refusal=refusal))

    # --- signals from people ---

    @workflow.signal
    def approve(self, *args: Any) -> None:
        self._signalled(Action.APPROVE, args)

    @workflow.signal
    def edit(self, *args: Any) -> None:
        self._signalled(Action.EDIT, args)

    @workflow.signal
    def reject(self, *args: Any) -> None:
        self._signalled(Action.REJECT, args)

    @workflow.signal
    def take_over(self, *args: Any) -> None:
        self._signalled(Action.TAKE_OVER, args)

    @workflow.signal
    def reply(self, *args: Any) -> None:
        self._signalled(Action.REPLY, args)

    @workflow.signal
    def close(self, *args: Any) -> None:
        self._signalled(Action.CLOSE, args)

    # --- signals from the system ---

    @workflow.signal
    def customer_message(self, *args: Any) -> None:
        found = args[0] if len(args) == 1 else None
        query_id = found.get("query_id") if isinstance(found, dict) else None
        if isinstance(query_id, str) and _QUERY_ID.fullmatch(query_id) and query_id != self.snapshot.query_id:
            self.newer = query_id
        else:
            self._ignore('`customer_message` names the query that answers instead: {"query_id": "…"}.')

    @workflow.signal
    def request_human(self, *_: Any) -> None:
        self.asked_for_person = Reason(code="person_requested", text="The customer asked for a person.")

    @workflow.signal(dynamic=True)
    def unknown_signal(self, name: str, _: Sequence[RawValue]) -> None:
        self._ignore(f"{name[:100]!r} is no signal of this workflow.")

    # --- updates ---

    @workflow.update
    async def decide(self, *args: Any) -> DecisionAnswer:
        """Applies a decision and answers once it has taken effect, or refuses it."""
        decision = _readable(args)
        info = workflow.current_update_info()
        if not decision.decision_id and info is not None:
            decision = decision.model_copy(update={"decision_id": info.id[:200]})
        # An update is in Temporal's history once its task is completed. Until then nothing may follow from it: a reply
        # could leave within this very task, and a crash of Temporal forget the decision that sent it.
        await schedule.complete_task(self.snapshot)
        refusal = refusal_of(decision, self._standing())
        if refusal is not None:
            raise _refused(refusal)
        ticket = self._admit(decision)
        await workflow.wait_condition(lambda: ticket.settled)
        if ticket.refusal is not None:
            raise _refused(ticket.refusal)
        now = self.snapshot
        return DecisionAnswer(status=now.status, disposition=now.disposition, draft_hash=now.waiting_hash)

    @decide.validator
    def _check_decision(self, *args: Any) -> None:
        refusal = refusal_of(_readable(args), self._standing())
        if refusal is not None:
            raise _refused(refusal)

    @workflow.update
    def claim(self, *args: Any) -> DecisionAnswer:
        """Holds the query, and its conversation, for one agent; claiming again renews it."""
        self._hold(_claimant(args))
        now = self.snapshot
        return DecisionAnswer(status=now.status, disposition=now.disposition, draft_hash=now.waiting_hash)

    @claim.validator
    def _check_claim(self, *args: Any) -> None:
        agent, holder = _claimant(args), self.holder()
        if self.snapshot.status in (Status.SENT, Status.CLOSED):
            raise _refused(Refusal(code="closed", message="The query has ended; there is nothing to hold."))
        if holder not in (None, agent):
            raise _refused(Refusal(code="held", message=f"{holder} holds this query; ask them, or take it over."))

    @workflow.update
    def release(self, *args: Any) -> DecisionAnswer:
        """Lets the query go. Releasing what one does not hold changes nothing."""
        if self.snapshot.held_by == _claimant(args):
            self._hold(None)
        now = self.snapshot
        return DecisionAnswer(status=now.status, disposition=now.disposition, draft_hash=now.waiting_hash)

    @release.validator
    def _check_release(self, *args: Any) -> None:
        _claimant(args)

    @workflow.query
    def state(self) -> Snapshot:
        """All that the console shows."""
        return self.snapshot


def _readable(args: Sequence[Any]) -> Decision:
    decision = read_decision(args[0] if len(args) == 1 else list(args))
    if isinstance(decision, Refusal):
        raise _refused(decision)
    return decision


def _claimant(args: Sequence[Any]) -> str:
    try:
        return ClaimRequest.model_validate(args[0] if len(args) == 1 else None).agent
    except ValidationError:
        raise _refused(Refusal(code="malformed", message='A claim names its agent: {"agent": "Ana"}.')) from None


def _refused(refusal: Refusal) -> ApplicationError:
    detail = refusal.model_dump(mode="json")
    return ApplicationError(refusal.message, detail, type=refusal.code, non_retryable=True)
