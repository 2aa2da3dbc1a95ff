"""Measures the search: which parts there are, which of them can run here, and what is told of them."""

from collections.abc import Iterable, Sequence

from evals.ablation import measure_ablation
from evals.demo import measure_demo
from evals.epqa import measure_epqa
from evals.epqa_data import epqa_absent
from evals.tables import Part, plain
from evals.workbench import Workbench
from evals.xquad import load_xquad, measure_xquad, xquad_absent

PARTS = ("xquad", "epqa", "demo", "ablation")


async def measure(bench: Workbench, parts: Sequence[str] = PARTS) -> tuple[list[Part], dict[str, str]]:
    """The parts that were measured, in order, and why each of the others was not."""
    skipped = {name: why for name in parts if (why := _absent(bench, name))}
    for name, why in skipped.items():
        bench.say(f"{name} is skipped: {why}.")
    found: list[Part] = []
    wanted = [name for name in parts if name not in skipped]
    xquad = await load_xquad(bench) if {"xquad", "ablation"} & set(wanted) and not xquad_absent(bench.data) else None
    if "xquad" in wanted and xquad is not None:
        found.append(await measure_xquad(bench, xquad))
    if "epqa" in wanted:
        found.append(await measure_epqa(bench))
    if "demo" in wanted:
        found.append(await measure_demo(bench))
    if "ablation" in wanted:
        found.append(await measure_ablation(bench, xquad))
    return found, skipped


def _absent(bench: Workbench, name: str) -> str | None:
    checks = {"xquad": xquad_absent, "epqa": epqa_absent}
    return checks[name](bench.data) if name in checks else None


def told(parts: Iterable[Part], skipped: dict[str, str]) -> Iterable[str]:
    """Everything as Markdown, line by line."""
    for part in parts:
        for table in part.tables:
            yield from table.lines()
    missed = [each for part in parts for each in part.missed]
    yield f"\nMissed: {'; '.join(missed)}." if missed else "\nNo aim was missed."
    yield from (f"Not measured: {name} ({why})." for name, why in skipped.items())


def as_json(parts: Iterable[Part], skipped: dict[str, str]) -> dict[str, object]:
    """The same figures for a program."""
    return {
        "parts": {part.name: {"figures": plain(part.figures), "missed": part.missed} for part in parts},
        "skipped": skipped,
    }
