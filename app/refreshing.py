"""Starts a refresh of what is watched, and follows it to its end."""

import asyncio
from collections.abc import Callable

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleDescription,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError

from app.schedules import describe_schedule, put_schedule
from domain.errors import BadInput, Unavailable
from domain.identifiers import TASK_QUEUE, schedule_id_of
from domain.watches import RefreshProgress, RefreshResult, Watch

POLL_SECONDS = 1.0
START_SECONDS = 30.0
IDLE_POLLS = 10
"""So often nothing has taken the work before the person is told that a worker is needed."""


async def refresh_now(
    client: Client,
    watch: Watch,
    tell: Callable[[RefreshProgress], None],
    say: Callable[[str], None],
    *,
    task_queue: str = TASK_QUEUE,
) -> RefreshResult:
    """Joins the refresh that runs, or starts one, and waits for it.

    Raises BadInput when the source cannot be used, Unavailable when it, Temporal or PostgreSQL does not answer.
    """
    try:
        handle = await _started(client, watch, task_queue)
        return await _followed(client, handle, tell, say)
    except WorkflowFailureError as error:
        raise _reason(error) from error
    except RPCError as error:
        raise Unavailable("Temporal does not answer; the refresh goes on by itself.") from error


async def _started(client: Client, watch: Watch, task_queue: str) -> WorkflowHandle[object, RefreshResult]:
    await put_schedule(client, watch, task_queue=task_queue)
    schedule = await describe_schedule(client, watch)
    before = _started_runs(schedule)
    if schedule is not None and (running := _running(schedule)):
        return client.get_workflow_handle(running[-1], result_type=RefreshResult)
    await client.get_schedule_handle(schedule_id_of(watch.store, watch.watch_id)).trigger()
    for _ in range(int(START_SECONDS / 0.25)):
        if new := [each for each in _started_runs(await describe_schedule(client, watch)) if each not in before]:
            return client.get_workflow_handle(new[-1], result_type=RefreshResult)
        await asyncio.sleep(0.25)
    raise Unavailable("Temporal has not started the refresh; look at its schedule in the Temporal UI.")


def _running(schedule: ScheduleDescription) -> list[str]:
    running = schedule.info.running_actions
    return [each.workflow_id for each in running if isinstance(each, ScheduleActionExecutionStartWorkflow)]


def _started_runs(schedule: ScheduleDescription | None) -> list[str]:
    recent = [each.action for each in schedule.info.recent_actions] if schedule else []
    return [each.workflow_id for each in recent if isinstance(each, ScheduleActionExecutionStartWorkflow)]


async def _followed(
    client: Client,
    handle: WorkflowHandle[object, RefreshResult],
    tell: Callable[[RefreshProgress], None],
    say: Callable[[str], None],
) -> RefreshResult:
    result = asyncio.create_task(handle.result())
    idle, told = 0, ""
    try:
        while not (await asyncio.wait({result}, timeout=POLL_SECONDS))[0]:
            pending = (await handle.describe()).raw_description.pending_activities
            busy = [each for each in pending if each.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED]
            idle = 0 if busy else idle + 1
            for each in busy:
                for found in await client.data_converter.decode(each.heartbeat_details.payloads, [RefreshProgress]):
                    tell(found)
            trouble = next((each.last_failure.message for each in pending if each.attempt > 1), "")
            if trouble and trouble != told:
                say(f"It is tried again: {trouble}")
                told = trouble
            elif idle == IDLE_POLLS and not trouble:
                say("No worker has taken it yet; `holdpoint up` runs one.")
        return result.result()
    finally:
        result.cancel()


def _reason(error: WorkflowFailureError) -> BadInput | Unavailable:
    cause: BaseException | None = error.cause
    if isinstance(cause, ActivityError):
        cause = cause.cause
    if isinstance(cause, ApplicationError):
        return Unavailable(cause.message) if cause.type == "Unavailable" else BadInput(cause.message)
    return Unavailable("The refresh was ended; what was loaded before stays.")
