"""The workflow in which an agent answers a query whose own run has failed, since a failed run takes no signals.

It sends under the same outbox key as the failed run would have: whichever comes first, the customer gets one reply.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.drafts import Draft
    from domain.findings import Reason
    from domain.snapshots import DecisionAnswer, Snapshot, TakeOverInput
    from domain.vocabulary import Action, Disposition, Language, Status, Tier
    from workflows.waiting_room import WaitingRoom


@workflow.defn(name="TakeOver")
class TakeOver(WaitingRoom):
    """One per failed query that an agent took over."""

    @workflow.init
    def __init__(self, request: TakeOverInput) -> None:
        super().__init__(
            Snapshot(
                store=request.store,
                query_id=request.query_id,
                conversation_id=request.conversation_id,
                status=Status.RECEIVED,
                tier=Tier.PERSON,
                remind_at=request.deadline_at,
                deadline_at=request.deadline_at,
                reminded=True,
            ),
            request.claim_seconds,
        )
        self._agent = request.agent

    @workflow.run
    async def run(self, request: TakeOverInput) -> DecisionAnswer:
        """Ends when the agent has replied or closed, or the customer has written again."""
        del request  # the init has read it
        return await self.until_answered(self._answer())

    async def _answer(self) -> None:
        begun = await self.begin()
        if begun is None:
            return
        self._wait_again(begun.last)
        await self.rest()
        while not self.ended:
            await self.something_happens()
            if self.newer is not None:
                await self.end_superseded(self.newer)
            elif self.ticket is not None:
                await self._apply()
            else:
                self.asked_for_person = None  # a person has it already
                await self.record()

    def _wait_again(self, last: Snapshot | None) -> None:
        """Shows what the failed run had found out, and waits for the agent's own reply."""
        reason = Reason(code="failed", text="The query's own run has failed, so an agent answers it.")
        kept = last or self.snapshot
        self.change(
            status=Status.WAITING_AGENT,
            intent=kept.intent,
            intents=kept.intents,
            language=kept.language,
            draft=kept.draft,
            findings=kept.findings,
            brief=kept.brief,
            reasons=(reason, *kept.reasons),
            failure=kept.failure,
        )
        self._hold(self._agent)

    async def _apply(self) -> None:
        ticket = self.ticket
        if ticket is None:
            return
        decision = ticket.decision
        if decision.action is Action.CLOSE:
            self.settle()
            await self.end(Status.CLOSED, Disposition.CLOSED_WITHOUT_REPLY)
        elif decision.action is Action.REPLY:
            language = self.snapshot.language or self.case.query.language or Language.EN
            reply = Draft(text=decision.text or "", language=language, kind="answer")
            sent = await self.send_reply(reply, Disposition.HANDLED_BY_AGENT, decision.agent)
            if sent.outcome == "undeliverable":
                reason = Reason(code="undeliverable", text=f"The reply could not be delivered: {sent.reason}")
                self.change(reasons=(*self.snapshot.reasons, reason))
        else:
            self.settle()  # a take-over by another agent changes who holds it, which it has
