"""The public data as the measurements read it."""

import json
from pathlib import Path

import pytest

from domain.errors import BadInput
from domain.vocabulary import Language
from evals.epqa_data import EpqaCandidate, EpqaGroup, epqa_absent, first_is_full, read_epqa
from evals.xquad import read_xquad, xquad_absent

HEADER = "qid,question,ASIN,candidate,source,qa_pair_id,title,label,answer\n"


def an_epqa(folder: Path, rows: list[tuple[str, str, str, int]]) -> Path:
    """A data folder with rows of question, product, candidate and label."""
    (folder / "epqa_dev_half").mkdir()
    lines = [
        f"{question},{question}?,{product},{text},review,1,Lamp,{label}," for question, product, text, label in rows
    ]
    (folder / "epqa_dev_half" / "epqa_dev.csv").write_text(HEADER + "\n".join(lines), encoding="utf-8")
    return folder


def a_group(*labels: int) -> EpqaGroup:
    """A group whose candidates have these labels."""
    candidates = tuple(EpqaCandidate(text=str(place), source="", label=label) for place, label in enumerate(labels))
    return EpqaGroup(id="1", product="p", title="t", question="q", candidates=candidates, known=())


def test_candidates_are_shuffled_the_same_way_in_every_run(tmp_path: Path) -> None:
    data = an_epqa(tmp_path, [("1", "lamp", f"text {each}", 0) for each in range(10)])
    [first] = read_epqa(data)
    texts = [candidate.text for candidate in first.candidates]
    assert sorted(texts) == [f"text {each}" for each in range(10)] != texts
    assert read_epqa(data) == [first]


def test_what_is_known_of_a_product_comes_from_all_its_questions(tmp_path: Path) -> None:
    data = an_epqa(
        tmp_path, [("1", "lamp", "a", 2), ("1", "lamp", "b", 0), ("2", "lamp", "b", 1), ("3", "desk", "c", 0)]
    )
    lamp, again, desk = read_epqa(data)
    assert (lamp.known, again.known, desk.known) == (("a", "b"), ("a", "b"), ("c",))
    assert [group.is_answerable for group in (lamp, again, desk)] == [True, False, False]


def test_the_best_candidate_decides_and_of_equal_ones_the_first() -> None:
    groups = [a_group(0, 2, 1), a_group(0, 2, 1), a_group(2, 0, 0)]
    assert first_is_full(groups, [[0.1, 0.9, 0.5], [0.9, 0.9, 0.5], [0.0, 0.0, 0.0]]) == [True, False, True]


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "epqa_dev_half").mkdir()
    (tmp_path / "epqa_dev_half" / "epqa_dev.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInput):
        read_epqa(tmp_path)
    (tmp_path / "en.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(BadInput):
        read_xquad(tmp_path / "en.jsonl")


def test_what_is_absent_says_so(tmp_path: Path) -> None:
    assert "epqa_dev.csv" in (epqa_absent(tmp_path) or "")
    assert "en.jsonl, es.jsonl, de.jsonl" in (xquad_absent(tmp_path) or "")


def test_a_question_knows_its_paragraph(tmp_path: Path) -> None:
    rows = [
        {"passage_id": "0-1", "text": "Oak is hard.", "questions": [{"id": "x", "text": "How is oak?", "answers": []}]}
    ]
    path = tmp_path / f"{Language.EN.value}.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = read_xquad(path)
    assert [(each.text, each.paragraph) for each in found.questions] == [("How is oak?", "0-1")]
    assert [each.id for each in found.paragraphs] == ["0-1"]
