"""`make bench-retrieval`: how long a search takes, and how well it finds, from ten thousand passages to a million.

In a PostgreSQL of its own, on generated stores in five languages. Sizes below the last are 10,000 and 100,000; each
step adds its stores to those before. Nothing of an installation is read or changed.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.embedded import postgres
from domain.vocabulary import Kind, Language
from retrieval.alignment import warm_up
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.searching.settings import SearchSettings
from tests.bench.retrieval_filling import SEED, Cluster, Figures, a_cluster, build_indexes, fill, large_store, tell
from tests.bench.retrieval_peers import (
    MOST_WORDS,
    measure_bytes,
    measure_loading,
    time_brute_force,
    time_rank_bm25,
)
from tests.bench.retrieval_pool import make_pool
from tests.bench.retrieval_recall import POOL, embed_questions, measure_recall
from tests.bench.retrieval_report import tables
from tests.bench.retrieval_rows import LANGUAGES
from tests.bench.retrieval_texts import Asked
from tests.bench.retrieval_timing import time_parts, time_searches

STEPS = (10_000, 100_000)
PEER_QUESTIONS = 50


@dataclass(frozen=True)
class Options:
    """What to measure."""

    passages: int = 100_000
    questions: int = 300
    recall_questions: int = 200
    sentences: int = 4_000
    """Of the pool, in each language."""
    index_above: int = 20_000
    documents: int = 2_000
    """Put through the real loader; 0: none."""
    ef_search: int = SearchSettings().ef_search
    only: tuple[int, ...] = field(default=())
    """Sizes to measure; empty: every step."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """The steps that are made."""
        return (*(size for size in STEPS if size < self.passages), self.passages)


async def measure(cluster: Cluster, options: Options) -> Figures:
    """Measures what was made."""
    database, embedder = Database(cluster.urls.app), UniversalSentenceEmbedder()
    await database.open()
    before = os.getloadavg()[0]
    try:
        await asyncio.to_thread(warm_up)
        sizes = [size for size in made_sizes(cluster) if size in (options.only or made_sizes(cluster))]
        steps = [await _measure_step(cluster, database, embedder, size, options) for size in sizes]
        figures: Figures = {"steps": steps}
        if options.documents:
            tell(f"loading {options.documents} documents")
            figures["loading"] = await measure_loading(cluster, database, embedder, options.documents)
    finally:
        await database.close()
    return figures | {"load average": [before, os.getloadavg()[0]]}


async def _measure_step(
    cluster: Cluster, database: Database, embedder: UniversalSentenceEmbedder, size: int, options: Options
) -> Figures:
    store, settings = large_store(size), SearchSettings(ef_search=options.ef_search)
    rows = json.loads(cluster.file(size, "questions.json").read_text(encoding="utf-8"))
    questions = [Asked(**row | {"language": Language(row["language"]), "kind": Kind(row["kind"])}) for row in rows]
    asked, others = questions[: options.questions], questions[options.questions : 2 * options.questions]
    tell(f"{size}: searching {len(others)} times to get warm, {len(asked)} times for the figures")
    await time_searches(database, embedder, store, others or asked, settings)
    whole = await time_searches(database, embedder, store, asked, settings)
    policy = await time_searches(database, embedder, store, asked, settings, kinds=(Kind.POLICY,))
    rare = [one for one in questions if one.language is Language.PT][: options.questions]
    search = {"all questions": whole.figures, "policies alone, 8% of the passages": policy.figures}
    if rare:
        seldom = await time_searches(database, embedder, store, rare, settings)
        search["in Portuguese, 3% of the passages"] = seldom.figures
    parts = await time_parts(database, embedder, store, asked, settings)
    tell(f"{size}: p50 {whole.p50:.1f} ms, p95 {whole.p95:.1f} ms; now recall")
    recall = await measure_recall(database, embedder, cluster, size, questions[: options.recall_questions])
    nearest = next(row for row in recall if row["ef_search"] == _nearest_ef(recall, options.ef_search))
    return {
        "size": size,
        "ef_search": options.ef_search,
        "made": json.loads(cluster.file(size, "made.json").read_text(encoding="utf-8")),
        "search": search,
        "parts": parts,
        "recall": recall,
        "nearest": nearest["milliseconds"],
        "peers": await _peers(cluster, database, embedder, size, questions[:PEER_QUESTIONS]),
        "bytes": measure_bytes(cluster),
    }


def _nearest_ef(recall: Sequence[dict[str, Any]], wanted: int) -> int:
    return int(min((row["ef_search"] for row in recall), key=lambda ef: abs(ef - wanted)))


async def _peers(
    cluster: Cluster, database: Database, embedder: UniversalSentenceEmbedder, size: int, questions: Sequence[Asked]
) -> Figures:
    vectors = await embed_questions(embedder, large_store(size), questions)
    found = {"numpy, all vectors in memory": time_brute_force(cluster, size, vectors, POOL).figures}
    if size <= MOST_WORDS:
        found["rank-bm25, all passages in memory"] = (await time_rank_bm25(database, size, questions)).figures
    return found


def made_sizes(cluster: Cluster) -> list[int]:
    """The steps that a folder holds, smallest first."""
    return sorted(int(file.name.split("-")[0]) for file in cluster.folder.glob("*-made.json"))


async def make(cluster: Cluster, options: Options) -> None:
    """Writes every step that the folder does not hold yet."""
    sizes = [size for size in options.sizes if size not in made_sizes(cluster)]
    tell(f"embedding {options.sentences} sentences in each of {len(LANGUAGES)} languages")
    pools = {language: make_pool(language, options.sentences, SEED) for language in LANGUAGES} if sizes else {}
    for size in sizes:
        made = fill(cluster, pools, size)
        made["indexes"] = await build_indexes(cluster, size, options.index_above)
        cluster.file(size, "made.json").write_text(json.dumps(made), encoding="utf-8")


@contextmanager
def a_folder(kept: Path | None) -> Iterator[Path]:
    """The folder that is kept, or one that is thrown away."""
    if kept is not None:
        yield kept
        return
    folder = Path(tempfile.mkdtemp(prefix="hp-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-retrieval", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--passages", type=int, default=100_000, help="of the largest step")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--documents", type=int, default=2_000, help="through the real loader; 0: none")
    parser.add_argument("--ef", type=int, default=SearchSettings().ef_search, help="HOLDPOINT_SEARCH_EF")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what is generated there, add what is missing")
    parser.add_argument("--reuse", type=Path, metavar="FOLDER", help="measure again what --keep left, generate nothing")
    parser.add_argument("--only", type=int, nargs="*", default=[], help="measure these sizes alone")
    parser.add_argument("--postgres", nargs="*", default=[], metavar="NAME=VALUE", help="other settings of the server")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures")
    return parser.parse_args()


def main() -> None:
    given = read_options()
    postgres.OPTIONS.update(pair.split("=", 1) for pair in given.postgres)
    options = Options(
        passages=given.passages,
        questions=given.questions,
        documents=given.documents,
        ef_search=given.ef,
        only=tuple(given.only),
    )
    with a_folder(given.reuse or given.keep) as folder, a_cluster(folder) as cluster:
        if given.reuse is None:
            asyncio.run(make(cluster, options))
        figures = asyncio.run(measure(cluster, options))
    for table in tables(figures):
        sys.stdout.write("\n".join(table.lines()) + "\n")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
