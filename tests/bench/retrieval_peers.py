"""What the search and the load are held against in the same run, and what they take of memory and disk."""

import json
import os
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
from rank_bm25 import BM25Okapi

from domain.knowledge import Document
from domain.ports import Embedder
from domain.vocabulary import Kind, Language
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.ingest import BATCH, load_knowledge
from retrieval.loading.embedding import SLICE
from retrieval.loading.preparing import prepare
from retrieval.vectors import Matrix
from tests.bench.retrieval_filling import SEED, Cluster, large_store
from tests.bench.retrieval_recall import exact_search
from tests.bench.retrieval_rows import LANGUAGES
from tests.bench.retrieval_texts import Asked, name, ranks, sentences, things
from tests.bench.retrieval_timing import Times

MOST_WORDS = 10_000
"""Passages that rank-bm25 is given at most: it compares all of them."""
RELATIONS = """
SELECT c.relname, pg_total_relation_size(c.oid) AS total, pg_relation_size(c.oid) AS own
FROM pg_class c WHERE c.relkind IN ('r', 'i') AND c.relnamespace = 'public'::regnamespace
  AND (c.relname IN ('passages', 'passage_vectors', 'terms', 'passages_terms', 'terms_grams', 'passages_pkey',
                     'passage_vectors_pkey') OR starts_with(c.relname, 'passage_vectors_hnsw_'))
ORDER BY c.relname
"""


def measure_bytes(cluster: Cluster) -> dict[str, Any]:
    """Of tables and indexes on disk, and of the processes in memory, shared pages counted once."""
    with psycopg.connect(cluster.superuser_url) as connection:
        relations = {row[0]: {"total": row[1], "own": row[2]} for row in connection.execute(RELATIONS)}
        row = connection.execute("SHOW shared_buffers").fetchone()
    own = psutil.Process(os.getpid())
    servers = [each for each in own.children(recursive=True) if each.name().startswith("postgres")]
    return {
        "relations": relations,
        "shared_buffers": row[0] if row else "",
        "postgres": sum(each.memory_full_info().pss for each in servers),
        "client": own.memory_info().rss,
    }


def time_brute_force(cluster: Cluster, size: int, vectors: Matrix, pool: int) -> Times:
    """The search by meaning as one product of a matrix that lies in memory, one question at a time."""
    exact = exact_search(cluster, size)
    rows, times = exact.vectors[:].astype(np.float32), []
    for vector in vectors:
        began = time.perf_counter()
        scores = rows @ vector
        best = np.argpartition(-scores, min(pool, len(scores) - 1))[:pool]
        best[np.argsort(-scores[best])]
        times.append((time.perf_counter() - began) * 1000)
    return Times(times)


async def time_rank_bm25(database: Database, size: int, questions: Sequence[Asked]) -> Times:
    """The search by words as rank-bm25 does it, over lower-cased words of the same passages."""
    store = large_store(size)
    async with database.in_store(store) as connection:
        values = {"store": store, "most": MOST_WORDS}
        statement = (
            "SELECT title, text FROM passages WHERE store = %(store)s AND live ORDER BY passage_id LIMIT %(most)s"
        )
        rows = await (await connection.execute(statement, values)).fetchall()
    index = BM25Okapi([f"{row['title']} {row['text']}".lower().split() for row in rows])
    times = []
    for one in questions:
        began = time.perf_counter()
        index.get_scores(one.text.lower().split())
        times.append((time.perf_counter() - began) * 1000)
    return Times(times)


def generated_documents(count: int) -> list[Document]:
    """Documents of one passage each, as the stores here have them."""
    draw, found = np.random.default_rng(SEED), []
    for place, language in enumerate(LANGUAGES):
        names, share = things(language), -(-count // len(LANGUAGES))
        said = sentences(language, share * 4, SEED + 1)
        for at, rank in enumerate(ranks(draw, (share,)).tolist()):
            text = " ".join(one.text for one in said[at * 4 : at * 4 + 4])
            title = f"{names[at % len(names)]} {name(rank)}"
            found.append(
                Document(id=f"l{place}-{at}", kind=Kind.FAQ, language=Language(language), title=title, text=text)
            )
    return found[:count]


async def measure_loading(cluster: Cluster, database: Database, embedder: Embedder, count: int) -> dict[str, float]:
    """Passages a second through the real loader, and what the encoder alone would make of the same texts."""
    store, documents = f"loaded-{uuid.uuid4().hex[:8]}", generated_documents(count)
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("INSERT INTO stores (store, name) VALUES (%s, 'A loaded store')", (store,))
    texts = list(dict.fromkeys(t for one in documents for passage in prepare(one).passages for t in passage.texts))
    began = time.perf_counter()
    for start in range(0, len(texts), SLICE):
        UniversalSentenceEmbedder.embed_now(texts[start : start + SLICE])
    bare = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "documents.jsonl"
        file.write_text("\n".join(json.dumps(one.model_dump(mode="json", exclude={"hidden"})) for one in documents))
        began = time.perf_counter()
        report = await load_knowledge(database, embedder, store, file, detect=lambda _: None)
        took = time.perf_counter() - began
    return {
        "documents": report.added,
        "passages": report.passages,
        "texts": len(texts),
        "passages a second": report.passages / took,
        "encoder alone, passages a second": report.passages / bare,
        "ratio": bare / took,
        "texts at once": BATCH,
    }
