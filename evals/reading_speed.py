"""How long reading a message and guarding a draft take together, warm, on one core, and the memory of the models."""

import time
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import psutil

from domain.findings import Finding
from domain.steps import Case, ClassifyResult, GuardInput
from evals.tables import Part, Table

LIMIT = 25.0
"""Milliseconds for both, median."""
Classify = Callable[[Case], Awaitable[ClassifyResult]]
Inspect = Callable[[GuardInput], Awaitable[Sequence[Finding]]]


async def measure_speed(pairs: Sequence[tuple[Case, GuardInput]], classify: Classify, inspect: Inspect) -> Part:
    """Each message read and its draft guarded, one after the other; what was read before is not remembered."""
    part = Part("speed")
    spent: dict[str, list[float]] = {"classify": [], "guard": [], "both": []}
    for case, drafted in pairs:
        begun = time.perf_counter()
        await classify(case)
        between = time.perf_counter()
        await inspect(drafted)
        ended = time.perf_counter()
        for name, seconds in (("classify", between - begun), ("guard", ended - between), ("both", ended - begun)):
            spent[name].append(seconds * 1_000)
    rows = []
    for name, values in spent.items():
        middle, high = (float(np.quantile(values, q)) for q in (0.5, 0.95))
        part.figures[name] = {"p50": middle, "p95": high, "n": len(values)}
        aim = ("met" if middle <= LIMIT else "MISSED") if name == "both" else ""
        rows.append([name, str(len(values)), f"{middle:.1f}", f"{high:.1f}", f"≤ {LIMIT:.0f} {aim}" if aim else ""])
        if aim == "MISSED":
            part.missed.append(f"classify and guard together: {middle:.1f} ms, wanted at most {LIMIT:.0f}")
    memory = psutil.Process().memory_info().rss / 2**20
    part.figures["memory MiB"] = memory
    note = f"The whole process, with encoder, classifier, guard and its own database's client: {memory:.0f} MiB."
    part.tables.append(Table("Time of classify and guard", ("step", "n", "p50 ms", "p95 ms", "aim"), rows, (note,)))
    return part
