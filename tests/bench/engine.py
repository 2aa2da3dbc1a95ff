"""The engine alone, without HTTP: one at a time and many at once, against peers in the same run."""

import asyncio
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from temporalio.client import Client

from activities.intake import NewQuery, Received, ReviewTimes, receive
from app.database import migrate
from app.demo_loading import load_demo_once
from app.embedded.foundation import foundation
from app.embedded.urls import database_urls
from app.settings import CHECKOUT, Settings, child_environment
from app.temporal_client import connect
from app.wiring import build_workshop
from domain.identifiers import TASK_QUEUE, workflow_id_of
from domain.snapshots import StepModes, SupportQueryInput
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from tests.bench.questions import automatic_questions
from tests.bench.worker import BARE_QUEUE

LOCAL = StepModes()
ACTIVITIES = StepModes(classify="activity", retrieve="activity", generate="activity", guard="activity")
QUESTIONS = 600
TIMES = ReviewTimes(reminder=3600, deadline=7200)


def ports_of(settings: Settings) -> dict[str, str]:
    """The ports of these settings as environment variables for a child process."""
    names = ("port", "temporal_port", "temporal_ui_port", "metrics_port")
    return {f"HOLDPOINT_{name.upper()}": str(getattr(settings, name)) for name in names}


class Engine:
    """Temporal, PostgreSQL and one worker process, with the demo store."""

    def __init__(self, client: Client, database: Database, store: str, questions: list[str], owner_url: str) -> None:
        self.client, self.database, self.store, self.owner_url = client, database, store, owner_url
        self._questions = iter(questions)

    def questions(self, count: int) -> list[str]:
        """The next questions, none of them asked before."""
        return list(islice(self._questions, count))

    async def put(self, text: str) -> Received:
        new = NewQuery(store=self.store, channel="bench", message_id=uuid.uuid4().hex, text=text)
        return await receive(self.database, new, TIMES, now=datetime.now(UTC))

    async def run(self, kind: str, modes: StepModes, text: str) -> Any:
        """One query from its message to its reply."""
        stored = await self.put(text)
        given = SupportQueryInput(
            store=self.store,
            query_id=stored.query_id,
            conversation_id=stored.conversation_id,
            remind_at=stored.startable.remind_at,
            deadline_at=stored.startable.deadline_at,
            step_modes=modes,
        )
        return await self.client.execute_workflow(
            kind,
            given,
            id=workflow_id_of(self.store, stored.query_id),
            task_queue=TASK_QUEUE if kind == "SupportQuery" else BARE_QUEUE,
        )


@asynccontextmanager
async def an_engine(settings: Settings) -> AsyncIterator[Engine]:
    """Real servers, a worker in a process of its own, the demo store loaded."""
    with foundation(settings) as urls:
        migrate(urls.owner)
        database = Database(database_urls(settings).app, max_size=16)
        await database.open()
        await load_demo_once(database, UniversalSentenceEmbedder(), lambda _: None)
        workshop = build_workshop(settings, database)
        questions = await automatic_questions(workshop.steps, await workshop.policy("demo"), QUESTIONS)
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.worker"],
            env=child_environment(settings, {"PYTHONPATH": str(CHECKOUT), **ports_of(settings)}),
            stdout=subprocess.PIPE,
        )
        try:
            assert worker.stdout is not None
            while (await asyncio.to_thread(worker.stdout.readline)).strip() != b"ready":
                if worker.poll() is not None:
                    raise RuntimeError("the benchmark's worker ended before it was ready")
            yield Engine(await connect(settings), database, "demo", questions, urls.owner)
        finally:
            worker.terminate()
            worker.wait(20)
            await database.close()


async def one_at_a_time(run: Callable[[str], Awaitable[Any]], questions: Sequence[str]) -> float:
    """Median milliseconds of one."""
    times = []
    for text in questions:
        started = time.perf_counter()
        await run(text)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


async def many_at_once(run: Callable[[str], Awaitable[Any]], questions: Sequence[str], at_once: int = 20) -> float:
    """Queries a second."""
    gate = asyncio.Semaphore(at_once)

    async def one(text: str) -> None:
        async with gate:
            await run(text)

    started = time.perf_counter()
    await asyncio.gather(*(one(text) for text in questions))
    return len(questions) / (time.perf_counter() - started)
