"""The measurements run on real data structures in a real database; what they find there is not judged."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from evals.retrieval import as_json, measure, told
from evals.workbench import Workbench
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from tests.conftest import Stack

TEXTS = {
    "en": ("Oak needs oil.", "What does oak need?", "Snow melts in May.", "When does snow melt?"),
    "es": ("El roble necesita aceite.", "¿Qué necesita el roble?", "La nieve se va en mayo.", "¿Y la nieve?"),
    "de": ("Eiche braucht Öl.", "Was braucht Eiche?", "Der Schnee schmilzt im Mai.", "Wann schmilzt Schnee?"),
}
"""Paragraph and question, twice."""


@pytest.fixture
async def bench(stack: Stack, tmp_path: Path) -> AsyncIterator[Workbench]:
    """A workbench on the tests' database, with two paragraphs a language and two questions about products."""
    for language, (oak, of_oak, snow, of_snow) in TEXTS.items():
        rows = [
            {"passage_id": str(place), "text": text, "questions": [{"id": f"{place}", "text": question, "answers": []}]}
            for place, (text, question) in enumerate(((oak, of_oak), (snow, of_snow)))
        ]
        (tmp_path / "xquad_half").mkdir(exist_ok=True)
        (tmp_path / "xquad_half" / f"{language}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "epqa_dev_half").mkdir()
    lines = ["qid,question,ASIN,candidate,source,qa_pair_id,title,label,answer"]
    for name in "123456":
        lines += [
            f"{name},is it heavy?,p{name},{said},review,1,Lamp,{label}," for said, label in (("2 kg", 2), ("blue", 0))
        ]
    (tmp_path / "epqa_dev_half" / "epqa_dev.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "files").mkdir()
    database = Database(stack.app_url)
    await database.open()

    async def load_nothing() -> None:
        return None

    said: list[str] = []
    yield Workbench(
        database, UniversalSentenceEmbedder(), lambda _: None, tmp_path / "files", tmp_path, load_nothing, said.append
    )
    await database.close()


async def test_public_data_is_loaded_searched_and_told(bench: Workbench) -> None:
    parts, skipped = await measure(bench, ("xquad", "epqa"))
    figures = as_json(parts, skipped)["parts"]
    assert isinstance(figures, dict)
    assert figures["xquad"]["figures"]["de → de"]["search"]["hit@5"]["value"] == 1.0
    assert figures["epqa"]["figures"]["shipped reranker"]["first is full"]["n"] == 6
    assert figures["epqa"]["figures"]["features refitted here"]["trained"] is True
    assert skipped == {}
    text = "\n".join(told(parts, skipped))
    assert "| es → en" in text
    assert "5 folds by product" in text


async def test_data_that_is_absent_is_named_and_left_out(bench: Workbench) -> None:
    for file in bench.data.glob("*_half/*"):
        file.unlink()
    parts, skipped = await measure(bench, ("xquad", "epqa"))
    assert parts == []
    assert list(skipped) == ["xquad", "epqa"]
    assert "Not measured: xquad" in "\n".join(told(parts, skipped))
