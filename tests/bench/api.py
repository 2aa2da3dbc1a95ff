"""From an HTTP request to the reply, through the whole product."""

import asyncio
import time
from collections.abc import Iterator
from itertools import cycle

import psutil
import psycopg

from app.embedded.urls import database_urls
from app.wiring import build_workshop
from retrieval.database import Database
from tests.bench.engine import one_at_a_time
from tests.bench.questions import automatic_questions
from tests.bench.running import Running, a_running_stack
from tests.bench.table import Table, say

CLOSED = 100_000
OPEN = "SELECT count(*) AS open FROM queries WHERE closed_at IS NULL"
SEED = """
INSERT INTO conversations (store, conversation_id, last_seq, last_customer_seq)
SELECT 'demo', 'seed' || n, 2, 1 FROM generate_series(1, %(count)s) n;
INSERT INTO queries (store, query_id, conversation_id, seq, channel, message_id, customer, status, disposition, tier,
                     intent, language, confidence, snapshot, snapshot_version, first_run_id, workflow_started_at,
                     received_at, remind_at, deadline_at, closed_at)
SELECT 'demo', md5('seed' || n), 'seed' || n, 1, 'seed', 'seed' || n, '{"id": null, "email": null, "verified": false}',
       'sent', 'sent_automatically', 1, 'shipping', 'en', 0.95, s.snapshot, 1, 'seed', now(), t.at, t.at, t.at, t.at
FROM generate_series(1, %(count)s) n
CROSS JOIN LATERAL (SELECT now() - make_interval(secs => n * 60)) t (at)
CROSS JOIN (SELECT snapshot FROM queries WHERE store = 'demo' AND status = 'sent' LIMIT 1) s;
INSERT INTO messages (store, conversation_id, seq, role, text, query_id, at)
SELECT 'demo', 'seed' || n, seq, role, repeat('Some words of a message. ', 12), md5('seed' || n), now()
FROM generate_series(1, %(count)s) n CROSS JOIN (VALUES (1, 'customer'), (2, 'assistant')) r (seq, role);
INSERT INTO outbox (store, query_id, purpose, ordinal, content_hash, body, helpdesk, status, delivered_at)
SELECT 'demo', md5('seed' || n), 'reply', 1, md5('seed' || n), '{}', 'conversation', 'delivered', now()
FROM generate_series(1, %(count)s) n;
INSERT INTO events (store, query_id, kind, body)
SELECT 'demo', md5('seed' || n), 'step', '{"step": "classify"}'
FROM generate_series(1, %(count)s) n, generate_series(1, 6);
ANALYZE;
"""


async def questions_of(running: Running, count: int) -> Iterator[str]:
    """Questions that are answered automatically, none twice as long as there are enough."""
    database = Database(database_urls(running.settings).app)
    await database.open()
    workshop = build_workshop(running.settings, database)
    found = await automatic_questions(workshop.steps, await workshop.policy("demo"), min(count, 600))
    await database.close()
    return cycle(found)


def take(questions: Iterator[str], count: int) -> list[str]:
    return [next(questions) for _ in range(count)]


async def measure_api(table: Table, count: int) -> None:
    """Own time and throughput through the API, and the first answer after a start from nothing."""
    say("api: holdpoint up --demo, everything on this machine")
    started = time.perf_counter()
    async with a_running_stack() as running:
        up = time.perf_counter() - started
        await running.answer("How long does delivery to Germany take?")
        first = time.perf_counter() - started
        table.add("from `up --demo` in an empty folder to the first answer", f"{first:.1f} s", aim="≤ 90 s")
        table.add("  of which until everything runs and the demo store is loaded", f"{up:.1f} s")
        questions = await questions_of(running, count + 40)
        await one_at_a_time(running.answer, take(questions, 8))
        p50 = await one_at_a_time(running.answer, take(questions, 30))
        table.add("own time: POST to the reply on the event stream, p50", f"{p50:.0f} ms", aim="≤ 120 ms")
        before = cpu_seconds(running)
        rate = await rate_of(running, take(questions, count))
        spent = {part: (after - before[part]) / count * 1000 for part, after in cpu_seconds(running).items()}
        table.add("throughput: POST to every step, record and reply written", f"{rate:.1f} /s", aim="≥ 15 /s")
        for part, milliseconds in spent.items():
            table.add(f"  processor time a query: {part}", f"{milliseconds:.0f} ms")


def cpu_seconds(running: Running) -> dict[str, float]:
    """Processor time so far of each part with its children."""
    found = {}
    for part in running.report()["parts"]:
        process = psutil.Process(part["pid"])
        family = [process, *process.children(recursive=True)]
        found[part["name"]] = sum(each.cpu_times().user + each.cpu_times().system for each in family)
    return found


async def rate_of(running: Running, questions: list[str]) -> float:
    """Queries a second, from the first POST until the records show every one of them as sent."""
    database = Database(database_urls(running.settings).app)
    await database.open()
    gate = asyncio.Semaphore(20)

    async def post(text: str) -> None:
        async with gate:
            await running.post(text)

    started = time.perf_counter()
    await asyncio.gather(*(post(text) for text in questions))
    while True:
        async with database.in_store("demo") as connection:
            found = await (await connection.execute(OPEN)).fetchone()
        if found is not None and found["open"] == 0:
            break
        await asyncio.sleep(0.05)
    took = time.perf_counter() - started
    await database.close()
    return len(questions) / took


async def measure_seeded(table: Table, runs: int) -> None:
    """p50 with a full database against p50 with an empty one, in the same stack."""
    say(f"seeded: {runs} real runs in Temporal, {CLOSED} closed queries in the database")
    async with a_running_stack() as running:
        questions = await questions_of(running, 600)
        await one_at_a_time(running.answer, take(questions, 8))
        empty = await one_at_a_time(running.answer, take(questions, 30))
        rate = await rate_of(running, take(questions, runs))
        table.add(f"{runs} queries in a row", f"{rate:.1f} /s")
        await asyncio.to_thread(seed, database_urls(running.settings).owner)
        await one_at_a_time(running.answer, take(questions, 8))
        full = await one_at_a_time(running.answer, take(questions, 30))
        table.add("own time p50, nothing in the database", f"{empty:.0f} ms")
        ratio = f"{full / empty:.2f} of empty"
        table.add(f"own time p50, {CLOSED} closed queries", f"{full:.0f} ms", aim="≤ 1.5 ×", ratio=ratio)


def seed(owner_url: str) -> None:
    """Writes the closed queries as the owner of the schema."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for statement in SEED.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode(), {"count": CLOSED} if "%(" in statement else None)
