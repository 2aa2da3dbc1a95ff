"""What every measurement of the search works with: a database to throw away, an embedder, the data."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from activities.stores import create_store
from domain.errors import BadInput
from domain.ports import Embedder
from retrieval.database import Database
from retrieval.documents import DetectLanguage
from retrieval.ingest import load_knowledge

Say = Callable[[str], None]


@dataclass(frozen=True)
class Workbench:
    """Made by the command, used by each part. Stores that a part makes are never removed: the database is."""

    database: Database
    embedder: Embedder
    detect: DetectLanguage
    folder: Path
    """An empty folder for files that are loaded."""
    data: Path
    """Where public data sets are; it need not exist."""
    load_demo: Callable[[], Awaitable[None]]
    """Loads the demo store into the database, once."""
    say: Say
    """Progress, for a person."""

    async def load(self, store: str, records: Sequence[dict[str, Any]]) -> None:
        """Puts records, as JSON Lines have them, into a new store through the real loader. Raises BadInput when one
        was skipped, since a figure on part of the data would look like one on all of it; nothing is quarantined."""
        path = self.folder / f"{store}.jsonl"
        path.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
        await create_store(self.database, store)
        report = await load_knowledge(
            self.database, self.embedder, store, path, detect=self.detect, inspect=lambda _: ()
        )
        if report.skipped:
            raise BadInput(f"{report.skipped[0].where}: {report.skipped[0].why}")
        self.say(f"  {store}: {len(records)} documents, {report.passages} passages")


class Stopwatch:
    """How long single searches take, one at a time."""

    def __init__(self) -> None:
        self._seconds: list[float] = []

    @asynccontextmanager
    async def lap(self) -> AsyncIterator[None]:
        """Times what is inside."""
        begun = time.perf_counter()
        yield
        self._seconds.append(time.perf_counter() - begun)

    def milliseconds(self, quantile: float) -> float:
        """That quantile of all laps; NaN before the first."""
        return float(np.quantile(self._seconds, quantile) * 1_000) if self._seconds else float("nan")

    def told(self) -> str:
        """As a cell: median and 95th percentile."""
        return f"{self.milliseconds(0.5):.0f} / {self.milliseconds(0.95):.0f}"
