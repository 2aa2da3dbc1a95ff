"""The web process: takes messages in, shows reviews, and starts workflows; serves while Temporal is away too."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import Any

import httpx
import structlog
import uvicorn
import uvloop
from psycopg import AsyncConnection

from activities.access import list_stores, tidy
from activities.attachments.desk import AttachmentDesk
from activities.intake import ReviewTimes
from activities.starting import StartOptions, step_modes_of
from api.application import create_app
from api.feed import EventFeed
from api.measures import REFRESH_SECONDS, Measures
from api.parts import ApiOptions, ApiParts
from api.workflows_door import TemporalDoor
from app.attachments import build_attachment_desk
from app.console_search import ConsoleSearch
from app.embedded.urls import database_urls
from app.logs import configure_logs
from app.settings import Settings
from app.telemetry import Tracing, instrument_web, quiet_runtime, tracing
from app.temporal_client import connect
from domain.errors import SetupError, Unavailable
from retrieval.database import Database
from retrieval.search import PostgresKnowledge

GRACE_SECONDS = 5
"""How long requests that are being served may take to end when the process is asked to stop."""
TIDY_SECONDS = 3600.0
METRICS_SECONDS = 1.0
BACKLOG = 2048
log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C; requests that are being served get a few seconds to end.

    Raises SetupError when the address can't be listened on, Unavailable when PostgreSQL does not answer.
    """
    configure_logs(settings, "web")
    listening = listen(settings.host, settings.port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, listening))


def listen(host: str, port: int) -> socket.socket:
    """A socket of this address. Raises SetupError with what to do when it is not to be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SetupError(
            f"The web process cannot listen on {host}:{port} ({error.strerror}): set HOLDPOINT_PORT or HOLDPOINT_HOST."
        ) from error
    listening.setblocking(False)  # noqa: FBT003  the standard library names no argument
    return listening


async def serve(settings: Settings, listening: socket.socket) -> None:
    """Serves on a socket until the process is asked to stop."""
    measures = Measures()
    traces = tracing(settings, "web", measures.own)
    async with open_parts(settings, traces) as parts, _running(_keep_fresh(measures, parts, settings)):
        app = create_app(parts, measures)
        instrument_web(app, traces)
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = _Server(config)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, server, parts.feed)
        log.info("web_ready", url=settings.web_url)
        await server.serve(sockets=[listening])
    await asyncio.to_thread(traces.shutdown)


@asynccontextmanager
async def open_parts(settings: Settings, traces: Tracing | None = None) -> AsyncIterator[ApiParts]:
    """Everything the API works with, built from the settings; closed at the end."""
    interceptors = traces.client_interceptors if traces else ()
    url = database_urls(settings).app
    async with AsyncExitStack() as stack:
        database = Database(url)
        await database.open()
        stack.push_async_callback(database.close)
        workers = await stack.enter_async_context(httpx.AsyncClient(timeout=METRICS_SECONDS, trust_env=False))
        modes = step_modes_of(settings.model, settings.classifier, remote_lookups=settings.lookups is not None)
        start = StartOptions(gather_seconds=settings.gather_seconds, step_modes=modes)
        client = await connect(settings, lazy=True, interceptors=interceptors, runtime=quiet_runtime())
        door = TemporalDoor(client, start)

        async def listen_to_events() -> AsyncConnection[Any]:
            return await AsyncConnection.connect(url, autocommit=True, application_name="holdpoint events")

        async def worker_metrics() -> dict[str, str]:
            return await _worker_metrics(workers, settings)

        feed = EventFeed(listen_to_events)
        desk = build_attachment_desk(settings, database)
        await stack.enter_async_context(_running(feed.run(), _tidy(database, desk)))
        search = ConsoleSearch(partial(_build_search, settings, database))
        yield ApiParts(database, door, feed, options_of(settings), worker_metrics, search, desk)


def _build_search(settings: Settings, database: Database) -> PostgresKnowledge:
    from app.wiring import build_knowledge  # slow to import, and seldom needed
    from retrieval.embedders import UniversalSentenceEmbedder

    return build_knowledge(settings, database, UniversalSentenceEmbedder())


def options_of(settings: Settings) -> ApiOptions:
    """The API's options from the settings."""
    return ApiOptions(
        version=version("holdpoint"),
        web_url=settings.web_url,
        temporal_ui_url=settings.ui_url,
        temporal_namespace=settings.temporal_namespace,
        review_times=ReviewTimes(reminder=settings.review_reminder, deadline=settings.review_deadline),
    )


async def _worker_metrics(client: httpx.AsyncClient, settings: Settings) -> dict[str, str]:
    async def one(port: int) -> str | None:
        try:
            answer = await client.get(f"http://127.0.0.1:{port}/metrics")
        except httpx.HTTPError:
            return None
        return answer.text if answer.status_code == httpx.codes.OK else None

    ports = range(settings.metrics_port, settings.metrics_port + settings.workers)
    texts = await asyncio.gather(*map(one, ports))
    return {f"worker-{number + 1}": text for number, text in enumerate(texts) if text is not None}


async def _keep_fresh(measures: Measures, parts: ApiParts, settings: Settings) -> None:
    """Where metrics are sent instead of fetched, nobody's request makes them look again."""
    while settings.otlp_endpoint is not None:
        await measures.refresh(parts)
        await asyncio.sleep(REFRESH_SECONDS)


async def _tidy(database: Database, desk: AttachmentDesk) -> None:
    while True:
        with suppress(Unavailable):
            await tidy(database)
            await desk.tidy([each.store for each in await list_stores(database)])
        await asyncio.sleep(TIDY_SECONDS)


@asynccontextmanager
async def _running(*works: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(work) for work in works]
    for task in tasks:
        task.add_done_callback(_tell_end)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tell_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("background_work_failed", exc_info=task.exception())


def _stop(server: uvicorn.Server, feed: EventFeed) -> None:
    server.force_exit = server.should_exit  # asked twice: do not wait
    server.should_exit = True
    feed.close()  # streams of events would otherwise be waited for


class _Server(uvicorn.Server):
    """Leaves signals to us: its own handlers would raise them again at the end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
