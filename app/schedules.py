"""The schedules of what is watched: one in Temporal for each row of `knowledge_watches`, which is what counts."""

from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.access import list_stores
from activities.watches import list_watches
from domain.canonical import content_hash
from domain.errors import Unavailable
from domain.identifiers import REFRESH_TYPE, SCHEDULES, TASK_QUEUE, refresh_id_of, schedule_id_of
from domain.watches import RefreshInput, Watch
from retrieval.database import Database

MAX_JITTER = timedelta(minutes=5)
log = structlog.get_logger(__name__)


def schedule_of(watch: Watch, task_queue: str = TASK_QUEUE) -> Schedule:
    """Every watch begins at a minute of its own. After an outage what was missed is made up for once."""
    every = timedelta(minutes=watch.every_minutes)
    minute = int(content_hash([watch.store, watch.watch_id])[:8], 16) % watch.every_minutes
    return Schedule(
        action=ScheduleActionStartWorkflow(
            REFRESH_TYPE,
            RefreshInput(store=watch.store, watch_id=watch.watch_id),
            id=refresh_id_of(watch.store, watch.watch_id),
            task_queue=task_queue,
        ),
        spec=ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=every, offset=timedelta(minutes=minute))],
            jitter=min(every / 10, MAX_JITTER),
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )


async def put_schedule(client: Client, watch: Watch, *, now: bool = False, task_queue: str = TASK_QUEUE) -> None:
    """The watch's schedule is there and as its row says; one that somebody has paused stays paused.

    With `now` its first refresh starts at once. Raises Unavailable when Temporal does not answer.
    """
    schedule_id, wanted = schedule_id_of(watch.store, watch.watch_id), schedule_of(watch, task_queue)
    try:
        await client.create_schedule(schedule_id, wanted, trigger_immediately=now)
    except ScheduleAlreadyRunningError:
        await _update(client, schedule_id, wanted, now=now)
    except RPCError as error:
        raise Unavailable("Temporal does not answer.") from error


async def _update(client: Client, schedule_id: str, wanted: Schedule, *, now: bool) -> None:
    def change(given: ScheduleUpdateInput) -> ScheduleUpdate:
        wanted.state = given.description.schedule.state
        return ScheduleUpdate(schedule=wanted)

    handle = client.get_schedule_handle(schedule_id)
    try:
        await handle.update(change)
        if now:
            await handle.trigger()
    except RPCError as error:
        raise Unavailable("Temporal does not answer.") from error


async def describe_schedule(client: Client, watch: Watch) -> ScheduleDescription | None:
    """None when there is none. Raises Unavailable when Temporal does not answer."""
    try:
        return await client.get_schedule_handle(schedule_id_of(watch.store, watch.watch_id)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise Unavailable("Temporal does not answer.") from error


async def delete_schedule(client: Client, store: str, watch_id: str) -> None:
    """A refresh that runs goes on. Raises Unavailable when Temporal does not answer."""
    await _delete(client, schedule_id_of(store, watch_id))


async def reconcile_schedules(
    client: Client, database: Database, *, only: str | None = None, task_queue: str = TASK_QUEUE
) -> tuple[int, int]:
    """Every watch has its schedule, and no schedule lacks its watch; how many were put back, and how many deleted.

    Several workers may do so at once. `only` names the one store that is meant. Raises Unavailable.
    """
    there = await _ids(client, f"{SCHEDULES}{only}/" if only else SCHEDULES)
    names = [row.store for row in await list_stores(database) if only in {None, row.store}]
    views = [view for name in names for view in await list_watches(database, name)]
    wanted = {schedule_id_of(view.watch.store, view.watch.watch_id): view for view in views}
    missing = wanted.keys() - there
    for schedule_id, view in wanted.items():
        never = schedule_id in missing and view.started_at is None  # added while Temporal was away
        await put_schedule(client, view.watch, now=never, task_queue=task_queue)
    orphans = there - wanted.keys()
    for schedule_id in orphans:
        await _delete(client, schedule_id)
    if missing or orphans:
        log.info("schedules_reconciled", created=len(missing), deleted=len(orphans))
    return len(missing), len(orphans)


async def _ids(client: Client, prefix: str) -> set[str]:
    try:
        return {each.id async for each in await client.list_schedules() if each.id.startswith(prefix)}
    except RPCError as error:
        raise Unavailable("Temporal does not answer.") from error


async def _delete(client: Client, schedule_id: str) -> None:
    try:
        await client.get_schedule_handle(schedule_id).delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise Unavailable("Temporal does not answer.") from error
