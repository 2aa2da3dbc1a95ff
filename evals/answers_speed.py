"""The part `speed`: how long a whole query takes in memory, step by step, and the memory of the process."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import psutil

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
from evals.tables import Part, Table
from graphs.steps import Steps

LIMIT = 60.0
"""Milliseconds for a whole query, median."""
ENOUGH = 200
"""Different questions from which on the median says something."""
WHOLE = "whole query"
ORDER = ("classify", "retrieve", "generate", "guard", "escalate", WHOLE)
Result = TypeVar("Result")
Spent = dict[str, list[tuple[float, float]]]
"""By step, for each query: milliseconds by the clock, and of the processor in this process."""
Pass = Callable[[int], Awaitable[object]]
"""Takes the question of this number through the whole graph."""


class TimedSteps:
    """Satisfies `graphs.steps.Steps`: the same steps, each with a clock beside it."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.spent: Spent = {}

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        """See `Steps`."""
        return await self._timed("classify", self._steps.classify(request))

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        """See `Steps`."""
        return await self._timed("retrieve", self._steps.retrieve(request))

    async def generate(self, request: GenerateInput) -> GenerateResult:
        """See `Steps`."""
        return await self._timed("generate", self._steps.generate(request))

    async def guard(self, request: GuardInput) -> GuardResult:
        """See `Steps`."""
        return await self._timed("guard", self._steps.guard(request))

    async def escalate(self, request: EscalateInput) -> EscalateResult:
        """See `Steps`."""
        return await self._timed("escalate", self._steps.escalate(request))

    async def _timed(self, name: str, work: Awaitable[Result]) -> Result:
        begun, worked = time.perf_counter(), time.process_time()
        try:
            return await work
        finally:
            self.spent.setdefault(name, []).append(_since(begun, worked))


async def measure_speed(questions: int, warm_up: Sequence[int], run: Pass, timed: TimedSteps) -> Part:
    """Takes every question through the graph twice, one after the other: with vectors that are made for it, and with
    vectors that are remembered. `warm_up` are numbers beyond them, asked before the clock counts."""
    before = _memory()
    for each in warm_up:
        await run(each)
    passes = {}
    for name in ("cold", "warm"):
        timed.spent = {}
        for each in range(questions):
            begun, worked = time.perf_counter(), time.process_time()
            await run(each)
            timed.spent.setdefault(WHOLE, []).append(_since(begun, worked))
        passes[name] = timed.spent
    return speed_part(passes, questions, (before, _memory()))


def speed_part(passes: Mapping[str, Spent], questions: int, memory: tuple[float, float]) -> Part:
    """The figures of measured passes; `memory` of the process before and after, in MiB. Pure."""
    part, rows = Part("speed"), []
    for vectors, spent in passes.items():
        for name in (each for each in ORDER if spent.get(each)):
            clock, processor = zip(*spent[name], strict=True)
            middle, high, work = (float(np.quantile(*each)) for each in ((clock, 0.5), (clock, 0.95), (processor, 0.5)))
            figures = {"p50": middle, "p95": high, "processor p50": work, "n": len(clock)}
            part.figures[f"{name}, {vectors}"] = figures
            aim = f"≤ {LIMIT:.0f} {'met' if middle <= LIMIT else 'MISSED'}" if name == WHOLE else ""
            if aim.endswith("MISSED"):
                part.missed.append(f"own time with {vectors} vectors: {middle:.1f} ms, wanted at most {LIMIT:.0f}")
            rows.append([vectors, name, str(len(clock)), f"{middle:.1f}", f"{high:.1f}", aim, f"{work:.1f}"])
    if questions < ENOUGH:
        part.missed.append(f"own time on {questions} questions, wanted {ENOUGH}")
    before, after = memory
    load = psutil.getloadavg()[0]
    part.figures["memory MiB"] = {"before": before, "after": after}
    notes = (
        f"{questions} different questions, one after the other, in memory without Temporal, database included.",
        f"Processor: of this process, all threads. Load of the machine over the last minute: {load:.1f}.",
        "Cold: nothing has been embedded for the question. Warm: asked before, its vectors are remembered.",
        f"Memory of the process: {before:.0f} MiB with the models loaded, {after:.0f} at the end, without PostgreSQL.",
    )
    header = ("vectors", "step", "n", "p50 ms", "p95 ms", "aim", "processor p50 ms")
    part.tables.append(Table("Own time of a query", header, rows, notes))
    return part


def _since(begun: float, worked: float) -> tuple[float, float]:
    return (time.perf_counter() - begun) * 1_000, (time.process_time() - worked) * 1_000


def _memory() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)
