"""Fills a cluster of its own with generated stores, and builds the indexes as the product does."""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from app.embedded.foundation import foundation
from app.embedded.home import Home
from app.embedded.urls import SUPERUSER, EmbeddedUrls, socket_url
from app.settings import Settings
from domain.vocabulary import Language
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.loading.owner import tidy
from retrieval.loading.vector_index import index_if_large
from tests.bench.retrieval_pool import Hashed, Pool
from tests.bench.retrieval_rows import DOCUMENTS, HEADER, KINDS, LANGUAGES, PASSAGES, TRAILER, VECTORS, Chunk, Rows
from tests.bench.retrieval_texts import Asked, ask, name
from tests.conftest import settings_for

SEED = 20_260_301
LARGE, MIDDLE, SMALL = 0.80, (0.04,) * 3, (0.004,) * 20
"""What share of the passages each store has."""
INDEXES = ("passages_terms", "passages_of_document", "passage_vectors_of_passage", "terms_grams")
"""Dropped while rows come in, and built again from all of them."""
QUESTIONS = 1_200
Figures = dict[str, Any]

COUNT_TERMS = """
INSERT INTO terms (store, hash, language, term, grams, passages)
SELECT %(store)s, n.hash, n.language, n.term, n.grams::bigint[], coalesce(c.passages, 0)
FROM new_terms n
LEFT JOIN (
    SELECT hash, count(*) AS passages FROM passages CROSS JOIN LATERAL unnest(terms) AS hash
    WHERE store = %(store)s AND live GROUP BY hash
) c USING (hash)
"""
COUNT_VOCABULARIES = """
INSERT INTO vocabularies (store, language, passages, length)
SELECT store, language, count(*), sum(length) FROM passages WHERE store = %(store)s AND live GROUP BY store, language
"""
EMBEDDER = """
INSERT INTO store_embedders (store, embedder, dimensions, completed_at) VALUES (%(store)s, %(embedder)s, 512, now())
"""


def tell(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL of our own, and the files beside it."""

    settings: Settings
    urls: EmbeddedUrls
    folder: Path

    @property
    def superuser_url(self) -> str:
        return socket_url(Home(self.settings.home), SUPERUSER)

    def file(self, size: int, kind: str) -> Path:
        """What is known of a step: `vectors.npy` and `facts.npz` of its large store, `questions.json`, `made.json`."""
        return self.folder / f"{size}-{kind}"


@contextmanager
def a_cluster(folder: Path) -> Iterator[Cluster]:
    """Runs PostgreSQL alone, no Temporal, on what `folder` holds."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    settings = settings_for(folder / "home").model_copy(update={"temporal_address": "nowhere:1"})
    with foundation(settings) as urls:
        yield Cluster(settings, urls, folder)


def large_store(size: int) -> str:
    """The store that a step is measured on."""
    return f"n{size}-large"


def stores_of(size: int) -> dict[str, int]:
    """The stores of a step and how many passages each has."""
    shares = {large_store(size): LARGE}
    shares |= {f"n{size}-middle{place}": share for place, share in enumerate(MIDDLE)}
    shares |= {f"n{size}-small{place}": share for place, share in enumerate(SMALL)}
    return {store: max(1, round(size * share)) for store, share in shares.items()}


def fill(cluster: Cluster, pools: dict[Language, Pool], size: int) -> Figures:
    """Writes the stores of one step; its figures. The secondary indexes are missing meanwhile."""
    figures: Figures = {"size": size}
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # rows are generated whole: no look-ups of keys
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '1GB'")
        dropped = _drop_indexes(connection)
        began = time.monotonic()
        for place, (store, count) in enumerate(stores_of(size).items()):
            _fill_store(connection, cluster, pools, (size, store, count), SEED + size + place)
            tell(f"{size}: {store} has {count} passages, {time.monotonic() - began:.0f} s")
        figures["writing"] = time.monotonic() - began
        for index, statement in dropped.items():
            began = time.monotonic()
            connection.execute(statement.encode())
            figures[f"building {index}"] = time.monotonic() - began
            tell(f"{size}: {index} built in {time.monotonic() - began:.0f} s")
    return figures


def _drop_indexes(connection: psycopg.Connection) -> dict[str, str]:
    dropped = {}
    for index in INDEXES:
        row = connection.execute("SELECT pg_get_indexdef(%s::regclass)", (index,)).fetchone()
        assert row is not None
        dropped[index] = row[0]
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
    return dropped


def _fill_store(
    connection: psycopg.Connection,
    cluster: Cluster,
    pools: dict[Language, Pool],
    step: tuple[int, str, int],
    seed: int,
) -> None:
    size, store, count = step
    embedder = UniversalSentenceEmbedder().name
    connection.execute("INSERT INTO stores (store, name) VALUES (%s, 'A generated store')", (store,))
    connection.execute(EMBEDDER, {"store": store, "embedder": embedder})
    rows = Rows(store, embedder, pools, seed)
    kept = _Kept(cluster, size, count) if store == large_store(size) else None
    with ThreadPoolExecutor(1) as writer:
        before: Future[None] | None = None
        for chunk in rows.chunks(count):
            if before is not None:
                before.result()
            before = writer.submit(_copy, connection, chunk.rows)
            if kept is not None:
                kept.take(chunk)
        if before is not None:
            before.result()
    if kept is not None:
        kept.save(pools)
    _count(connection, store, rows.hashed)


def _copy(connection: psycopg.Connection, rows: dict[str, list[bytes]]) -> None:
    with connection.cursor() as cursor:
        for statement in (DOCUMENTS, PASSAGES, VECTORS):
            with cursor.copy(statement.encode()) as copy:
                copy.write(HEADER + b"".join(rows[statement]) + TRAILER)


def _count(connection: psycopg.Connection, store: str, hashed: dict[Language, Hashed]) -> None:
    connection.execute("CREATE TEMP TABLE new_terms (hash bigint, language text, term text, grams text)")
    with connection.cursor() as cursor, cursor.copy("COPY new_terms FROM STDIN") as copy:
        for language, known in hashed.items():
            for term, element in known.items():
                number = int.from_bytes(element[4:], "big", signed=True)
                copy.write_row((number, language.value, term, known.grams(term)))
    connection.execute("ANALYZE new_terms")
    connection.execute(COUNT_TERMS, {"store": store})
    connection.execute(COUNT_VOCABULARIES, {"store": store})
    connection.execute("DROP TABLE new_terms")


class _Kept:
    """The vectors and facts of the large store, to search it exactly, and questions about it."""

    def __init__(self, cluster: Cluster, size: int, count: int) -> None:
        self._cluster, self._size, self._done = cluster, size, 0
        self._vectors = np.lib.format.open_memmap(
            cluster.file(size, "vectors.npy"), mode="w+", dtype=np.float16, shape=(count, 512)
        )
        self._facts = np.zeros((count, 3), dtype=np.int8)
        self._ids: list[str] = []
        self._asked: list[tuple[int, int, int, int, str]] = []

    def take(self, chunk: Chunk) -> None:
        end = self._done + len(chunk.vectors)
        self._vectors[self._done : end] = chunk.vectors
        self._facts[self._done : end] = chunk.facts
        self._ids += chunk.passage_ids
        self._asked += chunk.asked
        self._done = end

    def save(self, pools: dict[Language, Pool]) -> None:
        self._vectors.flush()
        np.savez(self._cluster.file(self._size, "facts.npz"), facts=self._facts, ids=np.array(self._ids))
        draw = random.Random(SEED)
        found = np.flatnonzero(self._facts[:, 2]).tolist()
        asked = [self._question(pools, place, draw) for place in draw.sample(found, min(QUESTIONS, len(found)))]
        rows = [vars(one) for one in asked]
        self._cluster.file(self._size, "questions.json").write_text(json.dumps(rows, ensure_ascii=False, indent=0))

    def _question(self, pools: dict[Language, Pool], place: int, draw: random.Random) -> Asked:
        language_place, kind_place, said, rank, coded = self._asked[place]
        language, kind = list(LANGUAGES)[language_place], list(KINDS)[kind_place]
        question = pools[language].said[said].question
        text = ask(question, language, name(rank), coded, draw)
        return Asked(text, language, kind, self._ids[place], by_intent=draw.random() < 0.5)


async def build_indexes(cluster: Cluster, size: int, above: int, progress: Callable[[str], None] = tell) -> Figures:
    """Tells the planner, then builds an index by meaning for each store of the step above the limit."""
    await tidy(cluster.urls.owner)
    figures: Figures = {}
    for store in stores_of(size):
        told = [0.0]

        def so_far(phase: str, share: float, store: str = store, told: list[float] = told) -> None:
            if time.monotonic() - told[0] > 20:
                told[0] = time.monotonic()
                progress(f"{size}: {store}: {phase} {share:.0%}")

        built = await index_if_large(
            cluster.urls.owner, store, UniversalSentenceEmbedder().name, 512, above, progress=so_far
        )
        if built is not None:
            figures[store] = {"passages": built.passages, "seconds": built.seconds, "bytes": built.size}
            progress(f"{size}: {store}: index of {built.passages} in {built.seconds:.0f} s, {built.size >> 20} MB")
    return figures
