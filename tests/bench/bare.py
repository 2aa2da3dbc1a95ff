"""The peer of the throughput figure: the same steps, scheduled in the same way, in a workflow without LangGraph."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.records import SendInput
    from domain.snapshots import Snapshot, StepModes, SupportQueryInput
    from domain.steps import ClassifyInput, GenerateInput, GuardInput, RetrieveInput
    from domain.vocabulary import Disposition, Status
    from workflows import schedule
    from workflows.schedule import ScheduledSteps


@workflow.defn(name="BareQuery")
class BareQuery:
    """Begin, the four steps, the outbox: straight through, for queries that are answered automatically."""

    step_modes: StepModes

    @workflow.run
    async def run(self, request: SupportQueryInput) -> str:
        self.step_modes = request.step_modes
        steps = ScheduledSteps()
        begun = await schedule.begin(request.store, request.query_id)
        case = begun.case
        classification = await steps.classify(ClassifyInput(case=case))
        known: dict[str, Any] = {"case": case, "classification": classification}
        known["retrieval"] = await steps.retrieve(RetrieveInput(**known))
        made = await steps.generate(GenerateInput(**known))
        await steps.guard(GuardInput(**known, draft=made.draft, coverage=made.coverage))
        key: dict[str, Any] = request.model_dump(include={"store", "query_id", "conversation_id"})
        final = Snapshot(
            **key,
            status=Status.SENT,
            disposition=Disposition.SENT_AUTOMATICALLY,
            intent=classification.intent,
            language=classification.language,
            draft=made.draft,
            reply=made.draft.text,
            remind_at=begun.remind_at,
            deadline_at=begun.deadline_at,
            version=1,
        )
        sent = await schedule.write_outbox(
            SendInput(
                **key,
                purpose="reply",
                ordinal=1,
                text=made.draft.text,
                language=made.draft.language,
                author="holdpoint",
                approved=False,
                through_seq=begun.through_seq,
                final=final,
            )
        )
        return sent.outcome
