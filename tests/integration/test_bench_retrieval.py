"""The retrieval benchmark runs on a small scale: what it measures is there and whole. No time is judged."""

import pytest

from tests.bench.retrieval import Options, a_folder, make, measure
from tests.bench.retrieval_filling import a_cluster, large_store
from tests.bench.retrieval_report import tables

SMALL = Options(
    passages=5_000, questions=12, recall_questions=12, sentences=400, index_above=1_000, documents=20, ef_search=200
)


@pytest.mark.slow
async def test_the_benchmark_measures_every_part_of_the_search_in_generated_stores() -> None:
    with a_folder(None) as folder, a_cluster(folder) as cluster:
        await make(cluster, SMALL)
        figures = await measure(cluster, SMALL)
        again = await measure(cluster, Options(questions=3, recall_questions=3, documents=0))

    step = figures["steps"][0]
    assert list(step["made"]["indexes"]) == [large_store(5_000)]
    assert {"embedding", "nearest", "by_terms", "details"} <= set(step["parts"])
    recalls = {
        (row["filter"], row["ef_search"], row["iterative_scan"]): row["recall"]["value"] for row in step["recall"]
    }
    # Twelve questions, and a graph that two processes build is another one each time: only that ids match counts.
    assert recalls["all kinds", 400, "relaxed_order"] > 0.5
    assert recalls["policy alone, 8%", 400, "relaxed_order"] > 0.5
    assert figures["loading"]["documents"] == 20
    assert again["steps"][0]["size"] == 5_000
    text = "\n".join(line for table in tables(figures) for line in table.lines())
    assert "HNSW of n5000-large" in text
