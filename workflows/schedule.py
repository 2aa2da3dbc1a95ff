"""What the workflows ask of the activities: a proxy for the graph's steps, and the records and the outbox.

Activities are named by string: the workflows know their names and messages, never their code. Results arrive as plain
JSON and are validated here, in workflow code: a result that does not fit then fails the run like any other bug, where a
typed result would fail the decoding, which Temporal repeats for ever.
"""

from datetime import timedelta
from typing import Any, Protocol, TypeVar, cast

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError

with workflow.unsafe.imports_passed_through():
    from domain.errors import StepUnavailable
    from domain.records import (
        BeginInput,
        BeginResult,
        DeliverInput,
        DeliveryFailure,
        Recorded,
        RecordInput,
        SendInput,
        SendResult,
        SupersedeInput,
    )
    from domain.snapshots import Snapshot, StepModes
    from domain.steps import (
        ClassifyInput,
        ClassifyResult,
        EscalateInput,
        EscalateResult,
        GenerateInput,
        GenerateResult,
        GuardInput,
        GuardResult,
        RetrieveInput,
        RetrieveResult,
    )
    from domain.values import Value
    from workflows.policies import DELIVERY, LOCAL_STEP, MODEL_STEP, OUTSIDE_STEP, OWN_RECORDS

R = TypeVar("R", bound=Value)

LOCAL_RETRY_THRESHOLD = timedelta(seconds=10)
"""Waits between attempts above this become timers of the server, so that a worker may go away meanwhile."""


class _HasStepModes(Protocol):
    step_modes: StepModes


class ScheduledSteps:
    """`graphs.steps.Steps` inside a workflow: each step becomes a local activity or an activity.

    Which of the two is fixed in the workflow's input. Raises StepUnavailable once a step's policy is spent; the failure
    of a step that has a bug, and a cancellation, pass through as they are.
    """

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        return await _step("classify", request, ClassifyResult)

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        return await _step("retrieve", request, RetrieveResult)

    async def generate(self, request: GenerateInput) -> GenerateResult:
        return await _step("generate", request, GenerateResult)

    async def guard(self, request: GuardInput) -> GuardResult:
        return await _step("guard", request, GuardResult)

    async def escalate(self, request: EscalateInput) -> EscalateResult:
        return await _step("escalate", request, EscalateResult)


async def _step(step: str, request: Value, result_type: type[R]) -> R:
    modes = cast(_HasStepModes, workflow.instance()).step_modes
    try:
        if getattr(modes, step) == "local":
            found: Any = await workflow.execute_local_activity(
                step,
                request,
                summary=step,
                local_retry_threshold=LOCAL_RETRY_THRESHOLD,
                **LOCAL_STEP,
            )
        else:
            outside = MODEL_STEP if step == "generate" else OUTSIDE_STEP
            found = await workflow.execute_activity(step, request, summary=step, **outside)
    except ActivityError as error:
        reason = unavailability(error)
        if reason is None:
            raise
        raise StepUnavailable(step, reason) from error
    return result_type.model_validate(found)


def unavailability(error: ActivityError) -> str | None:
    """Why something outside did not answer; None when the failure is a bug or a cancellation."""
    if isinstance(error.cause, TimeoutError):
        return "It gave no answer in time."
    if isinstance(error.cause, ApplicationError) and error.cause.type == "Unavailable":
        return error.cause.message
    return None


async def _own(name: str, request: Value, result_type: type[R]) -> R:
    found: Any = await workflow.execute_local_activity(
        name,
        request,
        summary=name.replace("_", " "),
        local_retry_threshold=LOCAL_RETRY_THRESHOLD,
        **OWN_RECORDS,
    )
    return result_type.model_validate(found)


async def begin(store: str, query_id: str) -> BeginResult:
    """Reads what is pinned for the rest of the query."""
    return await _own("begin", BeginInput(store=store, query_id=query_id), BeginResult)


async def record(snapshot: Snapshot) -> None:
    """Writes the newest word."""
    await _own("record", RecordInput(snapshot=snapshot), Recorded)


async def complete_task(snapshot: Snapshot) -> None:
    """Lets the current task end, so that all that has come in so far is in Temporal's history when this returns.

    An activity, unlike a local one, begins only then; a timer would take a second. It writes what is known already.
    """
    request = RecordInput(snapshot=snapshot)
    await workflow.execute_activity("record", request, summary="before a decision takes effect", **OWN_RECORDS)


async def write_outbox(request: SendInput) -> SendResult:
    """Enters a reply or notice."""
    return await _own("write_outbox", request, SendResult)


async def mark_superseded(store: str, query_id: str, newer: str) -> None:
    """Ends an older query in the records when it has no run that could do so itself."""
    await _own("mark_superseded", SupersedeInput(store=store, query_id=query_id, newer=newer), Recorded)


async def deliver(request: DeliverInput) -> str | None:
    """Hands an entry of the outbox over. None when the helpdesk has it, else why it never will under this key."""
    try:
        await workflow.execute_activity("deliver", request, summary=f"deliver {request.purpose}", **DELIVERY)
    except ActivityError as error:
        reason = delivery_failure(error)
        if reason is None:
            raise
        failure = DeliveryFailure(delivery=request, reason=reason)
        await workflow.execute_local_activity(
            "give_up_delivery", failure, local_retry_threshold=LOCAL_RETRY_THRESHOLD, **OWN_RECORDS
        )
        return reason
    return None


def delivery_failure(error: ActivityError) -> str | None:
    """Why a helpdesk will not take a reply; None when the failure is a bug or a cancellation."""
    if isinstance(error.cause, ApplicationError) and error.cause.type in ("BadInput", "NotFound"):
        return error.cause.message
    return unavailability(error)
