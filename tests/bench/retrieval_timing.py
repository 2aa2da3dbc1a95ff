"""How long whole searches take, and each of their statements."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from psycopg import sql

from domain.ports import Embedder, EmbeddingRole
from domain.vocabulary import Intent, Kind
from retrieval.database import Database
from retrieval.search import PostgresKnowledge
from retrieval.searching.finding import SQL
from retrieval.searching.settings import SearchSettings
from tests.bench.retrieval_texts import Asked

INTENTS = {Kind.PRODUCT: Intent.PRODUCT_QUESTION, Kind.POLICY: Intent.SHIPPING, Kind.FAQ: Intent.ORDER_STATUS}
STATEMENTS = (
    "serving_embedder",
    "vocabularies",
    "term_frequencies",
    "similar_terms",
    "widen_index_search",
    "nearest",
    "by_terms",
    "siblings",
    "details",
)
"""Those of a search, in order."""


@dataclass(frozen=True)
class Times:
    """Milliseconds of many."""

    all: Sequence[float]

    @property
    def p50(self) -> float:
        return float(np.percentile(self.all, 50))

    @property
    def p95(self) -> float:
        return float(np.percentile(self.all, 95))

    @property
    def figures(self) -> dict[str, float]:
        """For `--json`."""
        return {"n": len(self.all), "p50": self.p50, "p95": self.p95, "mean": float(np.mean(self.all))}


@dataclass
class Watched:
    """A database that waits for each statement by itself, and remembers how long it took."""

    database: Database
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @asynccontextmanager
    async def in_store(self, store: str) -> AsyncIterator[Any]:
        """As `Database.in_store`."""
        began = time.perf_counter()
        async with self.database.in_store(store) as connection:
            self.seconds["transactions"] += time.perf_counter() - began
            yield _WatchedConnection(connection, self.seconds)
            began = time.perf_counter()
        self.seconds["transactions"] += time.perf_counter() - began


class _WatchedConnection:
    def __init__(self, connection: Any, seconds: defaultdict[str, float]) -> None:
        self._connection, self._seconds = connection, seconds

    async def execute(self, statement: Any, values: Any = None, **options: Any) -> "_Rows":
        text = statement.as_string(None) if isinstance(statement, sql.Composed) else str(statement)
        began = time.perf_counter()
        cursor = await self._connection.execute(statement, values, **options)
        rows = await cursor.fetchall()
        self._seconds[_name(text)] += time.perf_counter() - began
        return _Rows(rows)


@dataclass(frozen=True)
class _Rows:
    rows: list[dict[str, Any]]

    async def fetchall(self) -> list[dict[str, Any]]:
        return self.rows

    async def fetchone(self) -> dict[str, Any] | None:
        return self.rows[0] if self.rows else None


def _name(text: str) -> str:
    """Which statement of the search a text is: they differ before the first value."""
    return next((name for name in STATEMENTS if text.startswith(SQL[name].split("%")[0].split("{")[0])), "others")


class WatchedEmbedder:
    """Remembers how long embedding took."""

    def __init__(self, embedder: Embedder, seconds: defaultdict[str, float]) -> None:
        self._embedder, self._seconds = embedder, seconds

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """As the embedder does."""
        began = time.perf_counter()
        found = await self._embedder.embed(texts, role=role)
        self._seconds["embedding"] += time.perf_counter() - began
        return found


async def time_searches(
    database: Database,
    embedder: Embedder,
    store: str,
    questions: Sequence[Asked],
    settings: SearchSettings,
    *,
    kinds: Sequence[Kind] = (),
) -> Times:
    """Whole searches, one at a time, on the product's own way."""
    knowledge = PostgresKnowledge(database, embedder, settings=settings)
    return Times([await _search(knowledge, store, one, kinds) for one in questions])


async def time_parts(
    database: Database, embedder: Embedder, store: str, questions: Sequence[Asked], settings: SearchSettings
) -> dict[str, float]:
    """Mean milliseconds a search of each part. Statements wait for one another here, so the sum is above the whole."""
    watched = Watched(database)
    watching = WatchedEmbedder(embedder, watched.seconds)
    knowledge = PostgresKnowledge(cast("Database", watched), watching, settings=settings)
    whole = sum([await _search(knowledge, store, one, ()) for one in questions]) / len(questions)
    parts = {name: seconds * 1000 / len(questions) for name, seconds in watched.seconds.items()}
    ordered = {name: parts[name] for name in ("embedding", *STATEMENTS, "transactions", "others") if name in parts}
    return ordered | {"reading the question, ranking, rows": whole - sum(parts.values())}


async def _search(knowledge: PostgresKnowledge, store: str, one: Asked, kinds: Sequence[Kind]) -> float:
    intent = INTENTS[one.kind] if one.by_intent and not kinds else None
    began = time.perf_counter()
    await knowledge.search(store, one.text, language=one.language, intent=intent, kinds=kinds)
    return (time.perf_counter() - began) * 1000
