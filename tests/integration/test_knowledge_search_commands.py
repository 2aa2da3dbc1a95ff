"""`knowledge search` lays a search open on a terminal and in a pipe; `knowledge gaps` lists and closes gaps."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.cli.main import run
from tests.conftest import Stack

Command = Callable[..., tuple[int, str, str]]
RECORDS = (
    {"id": "kettle", "kind": "product", "title": "Brisa kettle HB-200", "text": "The Brisa kettle holds 1.7 litres."},
    {"id": "returns", "kind": "policy", "title": "Returns", "text": "Send things back within 30 days. [bold]Free.[/]"},
    {"id": "returns", "kind": "policy", "language": "de", "title": "Rückgabe", "text": "Rückgabe binnen 30 Tagen."},
    {"id": "instalments", "title": "Instalments", "text": "You can pay in three instalments without interest."},
    {
        "id": "postage",
        "title": "Postage last year",
        "text": "Postage was three euros for every parcel.",
        "effective_from": "2024-01-01",
        "effective_to": "2025-01-01",
    },
)


@pytest.fixture
def command(stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("HOLDPOINT_DATABASE_URL", stack.owner_url)
    monkeypatch.setenv("HOLDPOINT_APP_DATABASE_URL", stack.app_url)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(("knowledge", *arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def store(command: Command, stack: Stack, tmp_path: Path) -> str:
    name = f"x{uuid4().hex[:12]}"
    with psycopg.connect(stack.owner_url) as connection:
        connection.execute("INSERT INTO stores (store, name) VALUES (%s, 'Test')", (name,))
    file = tmp_path / "knowledge.jsonl"
    usual = {"kind": "faq", "language": "en"}
    file.write_text("\n".join(json.dumps(usual | record) for record in RECORDS), encoding="utf-8")
    assert command("load", str(file), "--store", name)[0] == 0
    return name


def test_a_search_tells_what_it_found_in_a_few_lines(command: Command, store: str) -> None:
    code, out, _ = command("search", "How many litres does the Brisa kettle hold?", "--store", store, "--top", "1")
    assert code == 0
    first, text = out.splitlines()
    assert first.endswith("kettle.en#0  Brisa kettle HB-200")
    assert text.strip() == "The Brisa kettle holds 1.7 litres."


def test_an_explanation_fits_a_terminal_and_shows_every_part(command: Command, store: str) -> None:
    question = "Can I send the Brisa kettel back after 30 days?"
    code, out, _ = command("search", question, "--store", store, "--explain", "--language", "en")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 100
    assert "\x1b" not in out
    for part in (
        "Words of the question",
        "By meaning",
        "By words",
        "Result",
        "Why Returns",
        "Whether the first",
        "Verdict: ",
        "Time: ",
    ):
        assert part in out
    assert "(guessed)" in out  # kettel
    assert "Reranker: feature model." in out
    assert "word by word" in out
    assert "idf" in out


def test_an_explanation_is_there_for_programs_too(command: Command, store: str) -> None:
    out = command("search", "Rückgabe nach 30 Tagen?", "--store", store, "--explain", "--json")[1]
    found = json.loads(out)
    assert (found["language"], found["passages"][0]["passage_id"]) == ("de", "returns.de#0")
    explanation = found["explanation"]
    assert explanation["embedder"]
    assert set(explanation["seconds"]) == {"reading", "finding", "ranking"}
    best = next(one for one in explanation["candidates"] if one["rank"] == 1)
    assert best["candidate"]["passage_id"] == "returns.de#0"
    assert "alignment" in best["contributions"]
    assert "weakest_word" in explanation["signs"]
    assert "explanation" not in json.loads(command("search", "Rückgabe?", "--store", store, "--json")[1])


def test_a_moment_chooses_what_was_in_effect_or_stood_then(command: Command, store: str) -> None:
    def ids(*options: str) -> list[str]:
        code, out, err = command("search", "What was the postage for a parcel?", "--store", store, "--json", *options)
        assert (code, err) == (0, "")
        return [passage["document_id"] for passage in json.loads(out)["passages"]]

    assert "postage" not in ids()
    assert ids("--at", "2024-06-01")[0] == "postage"
    assert ids("--as-of", "2024-06-01T12:00:00+02:00") == []  # nothing was loaded then


def test_what_has_no_words_is_told_so(command: Command, store: str) -> None:
    code, out, _ = command("search", "🙂🙂", "--store", store, "--explain", "--language", "en")
    assert code == 0
    assert "Verdict: Nothing was searched: there is no word in this to search for." in out
    assert command("search", "🙂", "--store", store, "--language", "en") == (0, "Nothing found.\n", "")
    code, _, err = command("search", "x", "--store", "nobody", "--language", "en")
    assert (code, err.startswith("There is no store 'nobody'")) == (1, True)
    assert command("search", "x", "--store", store, "--at", "soon")[0] == 2


def test_gaps_are_listed_and_closed(command: Command, store: str, stack: Stack) -> None:
    assert command("gaps", "--store", store)[:2] == (0, "")
    query_id = uuid4().hex
    with psycopg.connect(stack.owner_url) as connection:
        connection.execute(
            "INSERT INTO knowledge_gaps (store, query_id, language, intent, score, passage_id) "
            "VALUES (%s, %s, 'de', 'product_question', 0.07, 'kettle.en#0')",
            (store, query_id),
        )
    code, out, _ = command("gaps", "--store", store)
    assert code == 0
    assert out.splitlines()[0] == "de  product question: 1"
    assert f"{query_id}  (the query is gone)" in out
    assert "nearest: Brisa kettle HB-200 (kettle), chance 0.07" in out
    (group,) = json.loads(command("gaps", "--store", store, "--json")[1])
    assert (group["gaps"], group["latest"][0]["query_id"]) == (1, query_id)
    closed = command("gaps", "--store", store, "--close", query_id, "--agent", "Ana")
    assert closed == (0, f"The gap {query_id} is closed.\n", "")
    assert command("gaps", "--store", store, "--close", query_id)[1] == f"The gap {query_id} was closed before.\n"
    assert command("gaps", "--store", store)[1] == ""
    assert "closed by Ana" in command("gaps", "--store", store, "--all")[1]
    code, _, err = command("gaps", "--store", store, "--close", "odd")
    assert (code, err.startswith(f"{store} has no knowledge gap 'odd'")) == (1, True)


def test_a_version_that_was_replaced_is_found_as_of_its_time(command: Command, store: str, tmp_path: Path) -> None:
    def passages(*options: str) -> list[str]:
        out = command("search", "How many litres does the Brisa kettle hold?", "--store", store, "--json", *options)[1]
        return [passage["text"] for passage in json.loads(out)["passages"] if passage["document_id"] == "kettle"]

    before = datetime.now(UTC)
    file = tmp_path / "again.jsonl"
    file.write_text(json.dumps({**RECORDS[0], "language": "en", "text": "The Brisa kettle holds 2 litres now."}))
    assert command("load", str(file), "--store", store)[0] == 0
    assert passages() == ["The Brisa kettle holds 2 litres now."]
    assert passages("--as-of", f"{before:%Y-%m-%dT%H:%M:%S.%f%z}") == ["The Brisa kettle holds 1.7 litres."]
