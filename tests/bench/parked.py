"""Drafts that wait: what they cost a worker, and how soon a restarted one answers."""

import asyncio
import os
import signal
import time

import httpx
import psutil

from tests.bench.running import Running, a_running_stack
from tests.bench.table import Table, say

PARKING = "I would like to change the e-mail address of my account, number {}."
AT_ONCE = 24


async def measure_parked(table: Table, drafts: int) -> None:
    """Memory of the worker before and after, and the first decision after a kill -9 of it."""
    say(f"parked: {drafts} drafts")
    async with a_running_stack() as running:
        await running.answer("How long does delivery to Germany take?")
        before = worker_memory(running)
        gate = asyncio.Semaphore(AT_ONCE)

        async def park(number: int) -> tuple[str, str]:
            async with gate:
                query_id = await running.post(PARKING.format(number))
                return query_id, await rest(running, query_id)

        parked = await asyncio.gather(*(park(number) for number in range(drafts)))
        waiting = [query_id for query_id, status in parked if status == "waiting_review"]
        after = worker_memory(running)
        table.add("drafts that wait for a decision", f"{len(waiting)}")
        table.add("worker's memory before", f"{before:.0f} MiB")
        table.add(
            "worker's memory with all of them parked", f"{after:.0f} MiB", ratio=f"{after / before:.2f} of before"
        )
        table.add("memory a parked draft", f"{(after - before) / max(len(waiting), 1) * 1024:.0f} KiB")
        await measure_restart(table, running, waiting[0])


async def measure_restart(table: Table, running: Running, query_id: str) -> None:
    """kill -9 of the worker; the time until a decision is taken, from the moment its successor runs."""
    (old,) = running.pids("worker")[:1]
    os.kill(old, signal.SIGKILL)
    killed = time.perf_counter()
    while running.pids("worker")[:1] in ([], [old]):
        await asyncio.sleep(0.1)
    restarted = time.perf_counter()
    draft = (await running.http.get(f"/v1/queries/{query_id}")).json()["draft_hash"]
    decision = {"action": "approve", "draft_hash": draft}
    while True:
        try:
            answer = await running.http.post(f"/v1/reviews/{query_id}/decision", json=decision, timeout=30)
            if answer.status_code == httpx.codes.OK:
                break
        except httpx.HTTPError as error:
            say(f"  not yet: {type(error).__name__}")
        await asyncio.sleep(0.1)
    done = time.perf_counter()
    table.add("restarted worker answers the first decision, from its start", f"{done - restarted:.1f} s", aim="≤ 5 s")
    table.add("  from the kill", f"{done - killed:.1f} s")


def worker_memory(running: Running) -> float:
    """Resident memory of all workers, MiB."""
    return sum(psutil.Process(pid).memory_info().rss for pid in running.pids("worker")) / 2**20


async def rest(running: Running, query_id: str) -> str:
    """The status a query comes to rest in."""
    while True:
        status: str = (await running.http.get(f"/v1/queries/{query_id}")).json()["status"]
        if status not in ("received", "working"):
            return status
        await asyncio.sleep(0.2)
