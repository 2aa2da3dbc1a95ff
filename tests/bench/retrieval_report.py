"""The figures of the retrieval benchmark as tables."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from evals.intervals import Estimate
from evals.tables import Table, written

AIMS = {100_000: 15.0, 1_000_000: 25.0}
"""p95 of a whole search in ms, for a table of that many passages."""
RECALL = 0.95
Step = dict[str, Any]


def tables(figures: dict[str, Any]) -> Iterable[Table]:
    """All tables, in the order in which they answer questions."""
    steps = figures["steps"]
    yield _whole(steps, figures["load average"])
    yield _parts(steps)
    yield _recall(steps)
    yield _sizes(steps)
    yield _peers(steps)
    if "loading" in figures:
        yield _loading(figures["loading"])


def _whole(steps: Sequence[Step], load: Sequence[float]) -> Table:
    rows = []
    for step in steps:
        for named, times in step["search"].items():
            aim = AIMS.get(step["size"]) if named == "all questions" else None
            verdict = f"≤ {aim:.0f} ms {'met' if times['p95'] <= aim else 'MISSED'}" if aim else ""
            rows.append((f"{step['size']:,}", named, str(times["n"]), _ms(times["p50"]), _ms(times["p95"]), verdict))
    note = f"Load average of the last minute, before and after: {load[0]:.1f}, {load[1]:.1f} on {os.cpu_count()} cores."
    header = ("passages", "questions", "n", "p50", "p95", "aim of p95")
    return Table("Whole searches, one at a time", header, rows, (note,))


def _parts(steps: Sequence[Step]) -> Table:
    names = list(dict.fromkeys(name for step in steps for name in step["parts"]))
    rows = []
    for name in names:
        cells = [name]
        for step in steps:
            value, whole = step["parts"].get(name, 0.0), sum(step["parts"].values())
            cells.append(f"{value:.2f} ms {value / whole:4.0%}")
        rows.append(cells)
    note = "Means, each statement waited for by itself: together more than a search takes, which sends some at once."
    return Table("Parts of a search", ("part", *(f"{step['size']:,}" for step in steps)), rows, (note,))


def _recall(steps: Sequence[Step]) -> Table:
    rows = []
    for step in steps:
        for row in step["recall"]:
            times, recall = row["milliseconds"], Estimate.model_validate(row["recall"])
            cells = (f"{step['size']:,}", row["filter"], str(row["ef_search"]), row["iterative_scan"], written(recall))
            met = "" if row["ef_search"] != step["ef_search"] else "met" if recall.value >= RECALL else "MISSED"
            rows.append((*cells, met, _ms(times["p50"]), _ms(times["p95"])))
    header = ("passages", "filter", "ef_search", "iterative", "recall@10", f"≥ {RECALL}", "p50", "p95")
    note = "Of the statement alone, against all vectors compared one by one. Every filter holds validity too."
    return Table("Search by meaning", header, rows, (note,))


def _sizes(steps: Sequence[Step]) -> Table:
    rows: list[Sequence[str]] = []
    for step in steps:
        made, size = step["made"], f"{step['size']:,}"
        for store, built in made["indexes"].items():
            rows.append((size, f"HNSW of {store}", _mb(built["bytes"]), f"{built['seconds']:.0f} s", _each(built)))
        words = f"{made['building passages_terms']:.1f} s"
        rows.append((size, "rows written, statistics counted", "", f"{made['writing']:.0f} s", ""))
        rows.append((size, "GIN of terms", "", words, ""))
    bytes_now = steps[-1]["bytes"]
    for relation, found in bytes_now["relations"].items():
        rows.append(("all", relation, _mb(found["total"]), "", ""))
    rows.append(
        (
            "all",
            f"PostgreSQL in memory, shared_buffers {bytes_now['shared_buffers']}",
            _mb(bytes_now["postgres"]),
            "",
            "",
        )
    )
    rows.append(("all", "this process in memory", _mb(bytes_now["client"]), "", ""))
    return Table("Time and room", ("passages", "what", "bytes", "built in", "a passage"), rows)


def _peers(steps: Sequence[Step]) -> Table:
    rows = []
    for step in steps:
        own, size = step["nearest"]["p50"], f"{step['size']:,}"
        for peer, times in step["peers"].items():
            against = own if peer.startswith("numpy") else step["parts"].get("by_terms", 0.0)
            rows.append((size, peer, _ms(times["p50"]), _ms(against), f"{against / times['p50']:.2f}"))
    header = ("passages", "peer", "p50", "here", "ratio")
    return Table("Beside simpler ways in the same run", header, rows, ("Below 1: this is faster.",))


def _loading(found: dict[str, float]) -> Table:
    rows = [
        ("loader", f"{found['passages a second']:.0f} passages/s"),
        ("encoder alone, same texts", f"{found['encoder alone, passages a second']:.0f} passages/s"),
        ("share of the encoder's speed", f"{found['ratio']:.2f}"),
    ]
    texts = f"{found['documents']:.0f} documents, {found['passages']:.0f} passages, {found['texts']:.0f} texts."
    return Table("Loading", ("what", "speed"), rows, (texts,))


def _ms(value: float) -> str:
    return f"{value:.1f} ms"


def _mb(value: float) -> str:
    return f"{value / 2**20:,.0f} MB"


def _each(built: dict[str, float]) -> str:
    passages = built["passages"]
    return f"{built['seconds'] / passages * 1000:.2f} ms, {built['bytes'] / passages:,.0f} bytes"
