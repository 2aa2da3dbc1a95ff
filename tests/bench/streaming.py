"""How soon a customer's page learns that something happens: from the message to the first step on the event stream."""

import time
from collections.abc import Sequence
from math import ceil, floor

from scipy.stats import binom

from tests.bench.api import questions_of, take
from tests.bench.running import Running, a_running_stack
from tests.bench.table import Table, say

AIM = 300
Z = 0.025


async def measure_streaming(table: Table, count: int) -> None:
    """From before the POST to the first step, one at a time, through HTTP, Temporal, a worker and the event stream."""
    say("streaming: holdpoint up --demo, everything on this machine")
    async with a_running_stack() as running:
        questions = await questions_of(running, count + 8)
        for text in take(questions, 8):
            await first_step(running, text)
        times = [await first_step(running, text) for text in take(questions, count)]
        for part, place in (("first step", 0), ("reply", 1)):
            for share in (0.5, 0.95):
                what = f"POST to the {part} on the event stream, p{share * 100:.0f}, n = {count}"
                aim = f"≤ {AIM} ms" if place == 0 else ""
                table.add(what, quantile([each[place] for each in times], share), aim=aim)


async def first_step(running: Running, text: str) -> tuple[float, float]:
    """Milliseconds to the first step, and to the whole reply."""
    started = time.perf_counter()
    query_id = await running.post(text)
    first = 0.0
    async with running.http.stream("GET", f"/v1/queries/{query_id}/events", timeout=60) as events:
        async for line in events.aiter_lines():
            if line == "event: step" and not first:
                first = (time.perf_counter() - started) * 1000
            if line in ("event: reply", "event: end"):
                break
    return first, (time.perf_counter() - started) * 1000


def quantile(times: Sequence[float], share: float) -> str:
    """The quantile with its 95% interval, which assumes nothing of how the times are spread."""
    ordered, n = sorted(times), len(times)
    low = max(0, floor(binom.ppf(Z, n, share)) - 1)
    high = min(n - 1, ceil(binom.ppf(1 - Z, n, share)))
    return f"{ordered[min(n - 1, int(share * n))]:.0f} ms ({ordered[low]:.0f} to {ordered[high]:.0f})"
