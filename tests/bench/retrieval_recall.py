"""How many of the truly nearest passages the search by meaning finds, and the ways of comparing all of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import sql

from domain.ports import Embedder
from domain.vocabulary import Kind, Language
from evals.intervals import mean_estimate
from retrieval.database import Database
from retrieval.searching.finding import SQL, embed_question
from retrieval.searching.question import read_question
from retrieval.vectors import Matrix, halfvec_literal
from tests.bench.retrieval_filling import Cluster, large_store
from tests.bench.retrieval_rows import KINDS
from tests.bench.retrieval_texts import Asked
from tests.bench.retrieval_timing import Times

WANTED = 10
POOL = 40
BLOCK = 32_768
EF = (40, 100, 200, 400)
SCANS = ("relaxed_order", "off")
WIDEN = "SELECT set_config('hnsw.ef_search', %(ef)s, true), set_config('hnsw.iterative_scan', %(scan)s, true)"
FILTERS: dict[str, tuple[Kind, ...]] = {
    "all kinds": tuple(Kind),
    "FAQ and policy, 40%": (Kind.FAQ, Kind.POLICY),
    "policy alone, 8%": (Kind.POLICY,),
}


@dataclass(frozen=True)
class Exact:
    """All vectors of a large store, to be compared one by one."""

    vectors: npt.NDArray[np.float16]
    facts: npt.NDArray[np.int8]
    ids: npt.NDArray[np.str_]

    def nearest(self, questions: Matrix, kinds: Sequence[Kind]) -> list[set[str]]:
        """The nearest passages to each question that may be found now, of these kinds."""
        places = [list(KINDS).index(kind) for kind in kinds]
        allowed = np.flatnonzero((self.facts[:, 2] == 1) & np.isin(self.facts[:, 1], places))
        best = np.full((len(questions), 0), 0, dtype=np.int64)
        scores = np.full((len(questions), 0), -2.0, dtype=np.float32)
        for start in range(0, len(allowed), BLOCK):
            some = allowed[start : start + BLOCK]
            rows = self.vectors[some].astype(np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            scores = np.concatenate([scores, questions @ rows.T], axis=1)
            best = np.concatenate([best, np.broadcast_to(some, (len(questions), len(some)))], axis=1)
            kept = np.argpartition(-scores, min(WANTED, scores.shape[1]) - 1, axis=1)[:, :WANTED]
            scores, best = np.take_along_axis(scores, kept, 1), np.take_along_axis(best, kept, 1)
        return [set(self.ids[row].tolist()) for row in best]


def exact_search(cluster: Cluster, size: int) -> Exact:
    """What was kept while the step was written."""
    known = np.load(cluster.file(size, "facts.npz"))
    vectors = np.load(cluster.file(size, "vectors.npy"), mmap_mode="r")
    return Exact(vectors, known["facts"], known["ids"])


async def embed_questions(embedder: Embedder, store: str, questions: Sequence[Asked]) -> Matrix:
    """The vectors that the search asks with."""
    read = [read_question(store, one.text, Language(one.language)) for one in questions]
    return np.array([await embed_question(embedder, one) for one in read], dtype=np.float32)


async def measure_recall(
    database: Database, embedder: Embedder, cluster: Cluster, size: int, questions: Sequence[Asked]
) -> list[dict[str, Any]]:
    """A row for each width of the search, with and without going on where a filter takes too much, and each filter."""
    vectors = await embed_questions(embedder, large_store(size), questions)
    exact, rows = exact_search(cluster, size), []
    for named, kinds in FILTERS.items():
        truth = exact.nearest(vectors, kinds)
        for ef, scan in product(EF, SCANS):
            found, times = await _nearest(database, embedder, size, vectors, {"kinds": kinds, "ef": ef, "scan": scan})
            shares = [len(right & set(ids)) / len(right) for right, ids in zip(truth, found, strict=True) if right]
            row = {"filter": named, "ef_search": ef, "iterative_scan": scan, "milliseconds": times.figures}
            rows.append(row | {"recall": mean_estimate(shares).model_dump()})
    return rows


async def _nearest(
    database: Database, embedder: Embedder, size: int, vectors: Matrix, asked: dict[str, Any]
) -> tuple[list[list[str]], Times]:
    """The ids that the product's own statement finds, and its time."""
    statement = sql.SQL(SQL["nearest"]).format(dimensions=sql.Literal(embedder.dimensions))
    found, times = [], []
    for vector in vectors:
        values = {
            "store": large_store(size),
            "embedder": embedder.name,
            "kinds": [kind.value for kind in asked["kinds"]],
            "at": datetime.now(UTC),
            "vector": halfvec_literal(vector.tolist()),
            "pool": POOL,
        }
        began = time.perf_counter()
        async with database.in_store(large_store(size)) as connection:
            await connection.execute(WIDEN, {"ef": str(asked["ef"]), "scan": asked["scan"]})
            cursor = await connection.execute(statement, values, prepare=False, binary=True)
            found.append([row["passage_id"] for row in await cursor.fetchall()])
        times.append((time.perf_counter() - began) * 1000)
    return found, Times(times)
