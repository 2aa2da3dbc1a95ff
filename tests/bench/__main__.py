"""`make bench`: every figure, or those named: `make bench ARGS="engine api seeded parked"`.

engine  the workflow against a bare one, steps as activities, and LangGraph with PostgresSaver
api     from an HTTP request to the reply, one at a time and many at once; from `up` to the first answer
seeded  the same with 100,000 closed queries in the database (`--runs N` real ones in Temporal before it)
streaming  how soon the first step and the reply are on the event stream: p50 and p95 with their intervals
parked  2,000 drafts that wait: memory, and how soon a restarted worker answers a decision
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.api import measure_api, measure_seeded
from tests.bench.checkpointed import postgres_saver
from tests.bench.engine import ACTIVITIES, LOCAL, Engine, an_engine, many_at_once, one_at_a_time
from tests.bench.parked import measure_parked
from tests.bench.streaming import measure_streaming
from tests.bench.table import Table, say
from tests.conftest import settings_for

Way = Callable[[str], Awaitable[Any]]
ROUNDS = 3
PARTS = ("engine", "api", "streaming", "seeded", "parked")


async def measure_engine(table: Table, count: int) -> None:
    """The engine alone: one at a time and twenty at once."""
    say("engine: one worker process, no HTTP")
    with tempfile.TemporaryDirectory(prefix="hp-") as folder:
        Path(folder).chmod(0o711)
        settings = settings_for(Path(folder) / "home")
        async with an_engine(settings) as engine, postgres_saver(settings, engine.database, engine.owner_url) as saved:
            ways: dict[str, Way] = {
                "bare workflow, same steps, same way": lambda text: engine.run("BareQuery", LOCAL, text),
                "SupportQuery, steps as local activities": lambda text: engine.run("SupportQuery", LOCAL, text),
                "SupportQuery, steps as activities": lambda text: engine.run("SupportQuery", ACTIVITIES, text),
                "LangGraph with PostgresSaver, nothing durable around it": saved,
            }
            for run in ways.values():
                await one_at_a_time(run, engine.questions(5))
            rounds = [await measure_round(engine, ways, count // ROUNDS) for _ in range(ROUNDS)]
            report(table, rounds)


async def measure_round(engine: Engine, ways: dict[str, Way], count: int) -> dict[str, tuple[float, float]]:
    """Median milliseconds and queries a second of each way, one after the other."""
    found = {}
    for name, run in ways.items():
        p50 = await one_at_a_time(run, engine.questions(10))
        found[name] = (p50, await many_at_once(run, engine.questions(count)))
    return found


def report(table: Table, rounds: list[dict[str, tuple[float, float]]]) -> None:
    """Medians over the rounds; ratios are taken within each round, so that a machine that drifts weighs on both."""
    peer = next(iter(rounds[0]))
    for name in rounds[0]:
        p50, rate = (median(each[name][place] for each in rounds) for place in (0, 1))
        slower, faster = (median(each[name][place] / each[peer][place] for each in rounds) for place in (0, 1))
        table.add(f"{name}: p50, one at a time", f"{p50:.0f} ms", ratio=f"{slower:.2f} of bare")
        aim = "≥ 0.85 bare" if "local" in name else ""
        table.add(f"{name}: 20 at once", f"{rate:.1f} /s", aim=aim, ratio=f"{faster:.2f} of bare")


async def measure(parts: list[str], count: int, runs: int, drafts: int) -> Table:
    """Runs the parts in turn."""
    table = Table()
    if "engine" in parts:
        await measure_engine(table, count)
    if "api" in parts:
        await measure_api(table, count)
    if "streaming" in parts:
        await measure_streaming(table, count)
    if "seeded" in parts:
        await measure_seeded(table, runs)
    if "parked" in parts:
        await measure_parked(table, drafts)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=" ".join(PARTS))
    parser.add_argument("--count", type=int, default=120, help="queries for each throughput figure")
    parser.add_argument("--runs", type=int, default=5000, help="real runs in Temporal for `seeded`")
    parser.add_argument("--drafts", type=int, default=2000, help="drafts for `parked`")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    table = asyncio.run(measure(options.parts, options.count, options.runs, options.drafts))
    table.print()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # see app/cli/main.py: the SDK's runtime may abort at interpreter exit
