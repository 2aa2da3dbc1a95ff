"""What both workflows do around their waiting: begin, record, remind, send, end, and fail in the open."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.decisions import Refusal
    from domain.drafts import Draft
    from domain.identifiers import takeover_id_of, workflow_id_of
    from domain.records import BeginResult, SendInput
    from domain.snapshots import DecisionAnswer, Snapshot
    from domain.steps import Brief, Case
    from domain.vocabulary import Disposition, Language, SendMode, Status
    from workflows import schedule
    from workflows.desk import Desk
    from workflows.sending import Sent, deliver_entered, enter

OURS = "holdpoint"
"""The author of what nobody edited."""
SUPERSEDED = Refusal(code="superseded", message="The customer has written again; decide on the newer query.")
_INTENT = SearchAttributeKey.for_keyword("HoldpointIntent")
_TIER = SearchAttributeKey.for_int("HoldpointTier")
_LANGUAGE = SearchAttributeKey.for_keyword("HoldpointLanguage")
_STATUS = SearchAttributeKey.for_keyword("HoldpointStatus")


class WaitingRoom(Desk):
    """Base of `SupportQuery` and `TakeOver`."""

    ended = False
    _begun: BeginResult | None = None
    _ordinal = 1
    """Number of the reply: grows only when a helpdesk has refused one for good."""

    @property
    def case(self) -> Case:
        """The case, known once the query has begun."""
        return self._start().case

    def _start(self) -> BeginResult:
        if self._begun is None:
            raise RuntimeError("the query has not begun")
        return self._begun

    async def until_answered(self, work: Coroutine[Any, Any, None]) -> DecisionAnswer:
        """Runs `work`. A bug leaves the run failed at once, with the query shown as `failed`; it never loops."""
        try:
            await work
        except asyncio.CancelledError:
            await self._fail("The run was cancelled in Temporal.")
            raise
        except ActivityError as error:
            await self._fail(f"The activity `{error.activity_type}` failed: {error.cause or error}")
            raise
        except FailureError as error:
            await self._fail(error.message)
            raise
        except workflow.NondeterminismError:
            raise
        except Exception as error:
            kind = type(error).__name__
            await self._fail(f"{kind} in the workflow's own code.")
            message = f"{kind} in the workflow's own code; fix it and reset this run."
            raise ApplicationError(message, type=kind, non_retryable=True) from error
        await workflow.wait_condition(workflow.all_handlers_finished)
        now = self.snapshot
        return DecisionAnswer(status=now.status, disposition=now.disposition)

    async def _fail(self, sentence: str) -> None:
        self.change(status=Status.FAILED, failure=sentence[:500], waiting_hash=None)
        self.settle(Refusal(code="failed", message="The query's run has failed; take it over to answer it."))
        self._mark()
        try:
            await self.record()
        except FailureError as error:
            # The run fails all the same; the sweeper finds it among the failed ones and tells the records.
            workflow.logger.error("The failure of this run could not be recorded: %s", type(error).__name__)

    # --- begin and end ---

    async def begin(self) -> BeginResult | None:
        """Reads what is pinned. None when there is nothing left to do: then the query has ended already."""
        begun = self._begun = await schedule.begin(self.snapshot.store, self.snapshot.query_id)
        self.change(status=Status.WORKING, remind_at=begun.remind_at, deadline_at=begun.deadline_at)
        if begun.case.held_by:
            self._hold(begun.case.held_by)
        if begun.ended is not None:
            self._conclude(Status.SENT, begun.ended)
            return None
        if begun.newer is not None:
            await self.end_superseded(begun.newer)
            return None
        return begun

    async def supersede(self, query_id: str) -> None:
        """Ends an older query of the conversation in favour of this one."""
        message = {"query_id": self.snapshot.query_id}
        store = self.snapshot.store
        for workflow_id in (workflow_id_of(store, query_id), takeover_id_of(store, query_id)):
            try:
                await workflow.get_external_workflow_handle(workflow_id).signal("customer_message", message)
                return
            except ApplicationError:
                continue  # it has ended, or never began under this id
        await schedule.mark_superseded(store, query_id, self.snapshot.query_id)

    async def end_superseded(self, newer: str) -> None:
        """Ends in favour of a newer query."""
        self.settle(SUPERSEDED)
        await self.end(Status.CLOSED, Disposition.SUPERSEDED, superseded_by=newer)

    async def end(self, status: Status, disposition: Disposition, **changes: Any) -> None:
        """Ends the query and records it."""
        self._conclude(status, disposition, **changes)
        await self.record()

    def _conclude(self, status: Status, disposition: Disposition, **changes: Any) -> None:
        self.change(status=status, disposition=disposition, waiting_hash=None, **changes)
        self.ended = True
        self._mark()

    # --- rest ---

    async def rest(self) -> None:
        """Shows the query as waiting: in the records and, for operators, in Temporal."""
        self._mark()
        await self.record()

    async def record(self) -> None:
        """Tells the records what they do not know yet."""
        if self.unrecorded:
            self.unrecorded = False
            await schedule.record(self.snapshot)

    async def something_happens(self) -> None:
        """Waits for a decision, a newer message, the wish for a person, a change to record, or a due time."""
        due = self._next_due()
        if due is None:
            return await workflow.wait_condition(self._stirred)
        left = due[1] - workflow.now()
        try:
            if left.total_seconds() > 0:
                return await workflow.wait_condition(self._stirred, timeout=left, timeout_summary=due[0])
        except TimeoutError:
            pass  # it is due
        # Passing a deadline makes the query urgent. It never decides anything: silence does not approve.
        self.change(**{"reminded" if due[0] == "review reminder" else "overdue": True})
        return None

    def _stirred(self) -> bool:
        return self.ticket is not None or self.newer is not None or self.asked_for_person is not None or self.unrecorded

    def _next_due(self) -> tuple[str, datetime] | None:
        now = self.snapshot
        times = (("review reminder", now.remind_at, now.reminded), ("review deadline", now.deadline_at, now.overdue))
        return min(((name, at) for name, at, passed in times if not passed), key=lambda due: due[1], default=None)

    def _mark(self) -> None:
        """Search attributes and the details page, for operators in the Temporal UI."""
        now = self.snapshot
        marks: list[SearchAttributeUpdate[Any]] = [_STATUS.value_set(now.status.value)]
        if now.intent is not None:
            marks.append(_INTENT.value_set(now.intent.value))
        if now.tier is not None:
            marks.append(_TIER.value_set(now.tier.value))
        if now.language is not None:
            marks.append(_LANGUAGE.value_set(now.language.value))
        workflow.upsert_search_attributes(marks)
        workflow.set_current_details(_details(now))

    # --- sending ---

    async def send_reply(self, reply: Draft, disposition: Disposition, agent: str | None) -> Sent:
        """Sends a reply once. On `sent`, `superseded` and `answered` the query is over or about to be."""
        before = self.snapshot
        author = OURS if agent is None or disposition is Disposition.SENT_AFTER_REVIEW else agent
        fields: dict[str, Any] = {"disposition": disposition, "reply": reply.text, "replied_by": author}
        final = self.changed(status=Status.SENT, waiting_hash=None, draft=reply, **fields)
        request = self._outgoing("reply", reply.text, reply.language, author, approved=agent is not None)
        sent = await enter(request.model_copy(update={"final": final}))
        if sent.outcome == "pending":
            self.settle()  # the decision has taken effect; delivering it may take a while
            sent = await deliver_entered(request, sent)
        if sent.outcome == "sent":
            self.settle()
            self._conclude(Status.SENT, disposition, draft=reply, reply=reply.text, replied_by=author)
            self.unrecorded = self.snapshot.decisions != before.decisions or sent.delivered_outside
            await self.record()
        elif sent.outcome == "superseded":
            self.newer = sent.result.newer or self.newer or ""
        elif sent.outcome == "answered":
            self.settle(Refusal(code="answered", message="The query was answered already, in another run."))
            self._conclude(Status.SENT, sent.result.disposition or Disposition.HANDLED_BY_AGENT)
        elif sent.outcome == "undeliverable":
            self._ordinal += 1
        return sent

    async def tell_customer(self, brief: Brief) -> None:
        """Sends the one notice that a person will answer; none in shadow mode, none twice in a conversation."""
        if brief.notice is None or self.case.policy.send_mode is SendMode.SHADOW or self._noticed():
            return
        language = brief.notice_language or self.snapshot.language or Language.EN
        request = self._outgoing("notice", brief.notice, language, OURS, approved=False)
        entered = await enter(request.model_copy(update={"ordinal": 1}))
        if entered.outcome == "pending":
            await deliver_entered(request.model_copy(update={"ordinal": 1}), entered)

    def _noticed(self) -> bool:
        for turn in reversed(self.case.thread):
            if turn.role == "notice":
                return True
            if turn.role != "customer":
                return False
        return False

    def _outgoing(self, purpose: Any, text: str, language: Language, author: str, *, approved: bool) -> SendInput:
        return SendInput(
            store=self.snapshot.store,
            query_id=self.snapshot.query_id,
            conversation_id=self.snapshot.conversation_id,
            purpose=purpose,
            ordinal=self._ordinal,
            text=text,
            language=language,
            author=author,
            approved=approved,
            through_seq=self._start().through_seq,
        )


def _details(now: Snapshot) -> str:
    lines = [f"**{now.status.value}**" + (f" · {now.disposition.value}" if now.disposition else "")]
    if now.tier is not None and now.intent is not None:
        lines.append(f"tier {now.tier.value} · {now.intent.value} · {now.language.value if now.language else '?'}")
    if now.waiting_hash is not None:
        lines.append(f"draft_hash `{now.waiting_hash}`")
    lines += [f"- {reason.text}" for reason in now.reasons]
    return "\n\n".join(lines)
