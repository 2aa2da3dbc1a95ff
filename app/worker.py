"""The worker process: runs the workflows and their activities, and sweeps."""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from functools import partial

import httpx
import structlog
from temporalio.client import Client
from temporalio.runtime import Runtime

from activities.announcing import AnnouncedSteps
from activities.durable import QueryActivities
from activities.embedding import ConsiderateEmbedder
from activities.gaps import PostgresGaps
from activities.language import LanguageReader
from activities.outbox import Outbox
from activities.records import Records
from activities.reindexing import Reindexing
from activities.starting import StartOptions, step_modes_of
from activities.watching import SiteLimits, Watching
from activities.webhook import SignedWebhook
from app.embedded.urls import database_urls
from app.logs import configure_logs
from app.models import build_shelf, embedder_provider
from app.reindexing import start_reindexing
from app.schedules import reconcile_schedules
from app.settings import Settings
from app.sweeper import Sweeper
from app.telemetry import Tracing, read_metrics, temporal_runtime, tracing, worker_interceptors
from app.telemetry_worker import show_circuits
from app.temporal_client import connect
from app.temporal_worker import build_worker
from app.vector_indexes import IndexKeeper
from app.wiring import build_workshop
from domain.errors import Unavailable
from domain.ports import OURS
from retrieval.database import Database
from retrieval.embedding.shelf import EmbedderShelf

RETRY_SECONDS = 1.0
log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Runs until SIGTERM or Ctrl-C; running activities get a few seconds to end.

    Raises SetupError when the port of its metrics is taken, Unavailable when PostgreSQL does not answer.
    """
    configure_logs(settings, "worker")
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        traces = tracing(settings, "worker", read_metrics(settings.metrics_port))
        stack.push_async_callback(asyncio.to_thread, traces.shutdown)
        urls = database_urls(settings)
        database = Database(urls.app)
        await database.open()
        stack.push_async_callback(database.close)
        workshop = build_workshop(settings, database, traces)
        steps = workshop.steps
        webhook = await stack.enter_async_context(httpx.AsyncClient())
        # Last, since `up` takes the metrics port for a sign of readiness.
        runtime = temporal_runtime(settings, settings.metrics_port)
        show_circuits(runtime.metric_meter, workshop.circuits)
        client = await _connected(settings, stop, runtime, traces)
        if client is None:
            return
        records = Records(database, workshop.versions)
        outbox = Outbox(database, traces.helpdesk(SignedWebhook(webhook)))
        told = traces.steps(AnnouncedSteps(steps, database))
        activities = QueryActivities(told, records, outbox, PostgresGaps(database))
        shelf, indexes = build_shelf(settings), IndexKeeper(urls.owner, settings.vector_index_above)
        reindexing = Reindexing(database, shelf, partial(indexes.keep, database))
        watching = _watching(settings, database, shelf, indexes)
        others = (reindexing.reindex_knowledge, watching.refresh_knowledge)
        worker = build_worker(client, activities, others=others, interceptors=worker_interceptors(runtime))
        modes = step_modes_of(settings.model, settings.classifier, remote_lookups=settings.lookups is not None)
        options = StartOptions(gather_seconds=settings.gather_seconds, step_modes=modes)
        sweeper = Sweeper(client, database, records, options)
        async with worker, asyncio.TaskGroup() as background:
            # Decisions on waiting drafts need no model: a restarted worker takes them while its models still load.
            background.create_task(steps.warm_up())
            background.create_task(_reindex_what_is_missing(settings, client, database, shelf))
            background.create_task(_schedule_what_is_watched(client, database))
            log.info("worker_ready", task_queue=worker.task_queue)
            await _sweep_until(stop, sweeper)


async def _reindex_what_is_missing(
    settings: Settings, client: Client, database: Database, shelf: EmbedderShelf
) -> None:
    try:
        await start_reindexing(client, database, shelf.chosen.name, index_above=settings.vector_index_above)
    except Unavailable as error:
        log.warning("reindexing_postponed", reason=error.message)  # until the next start of a worker


def _watching(settings: Settings, database: Database, shelf: EmbedderShelf, indexes: IndexKeeper) -> Watching:
    if embedder_provider(settings) == OURS:
        shelf = EmbedderShelf(ConsiderateEmbedder(shelf.chosen), shelf.named)
    limits = SiteLimits(private=settings.watch_private, pages=settings.watch_pages)
    return Watching(database, shelf, LanguageReader().read_surely, partial(indexes.keep, database), limits)


async def _schedule_what_is_watched(client: Client, database: Database) -> None:
    try:
        await reconcile_schedules(client, database)
    except Unavailable as error:
        log.warning("schedules_postponed", reason=error.message)  # until the next start of a worker


async def _connected(settings: Settings, stop: asyncio.Event, runtime: Runtime, traces: Tracing) -> Client | None:
    """A client, however long Temporal takes to come; None when the process is asked to stop before."""
    while not stop.is_set():
        try:
            return await connect(settings, interceptors=traces.client_interceptors, runtime=runtime)
        except Unavailable as error:
            log.warning("waiting_for_temporal", reason=error.message)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RETRY_SECONDS)
    return None


async def _sweep_until(stop: asyncio.Event, sweeper: Sweeper) -> None:
    sweeping = asyncio.create_task(sweeper.run())
    stopping = asyncio.create_task(stop.wait())
    done, pending = await asyncio.wait({sweeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()  # a sweeper that ended has a bug, and the process says so
