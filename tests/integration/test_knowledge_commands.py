"""The commands over documents and over making them anew; and a load that is interrupted or killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Stack
from tests.integration.conftest import Command


@pytest.fixture
def store(command: Command) -> str:
    name = f"c{uuid4().hex[:12]}"
    assert command("store", "create", name)[0] == 0
    return name


def lines(path: Path, *records: dict[str, Any]) -> str:
    usual = {"kind": "faq", "language": "en", "title": "Returns", "text": "Within 30 days."}
    path.write_text("\n".join(json.dumps(usual | record) for record in records), encoding="utf-8")
    return str(path)


def test_documents_are_listed_shown_and_retired(command: Command, store: str, tmp_path: Path) -> None:
    file = lines(tmp_path / "k.jsonl", {"id": "returns"}, {"id": "returns", "language": "de"}, {"id": "other"})
    assert command("knowledge", "load", file, "--store", store)[0] == 0
    lines(tmp_path / "k.jsonl", {"id": "returns", "text": "Within 14 days.", "effective_from": "2026-01-01"})
    assert command("knowledge", "load", file, "--store", store)[0] == 0
    code, out, _ = command("knowledge", "list", "--store", store, "--language", "en")
    assert code == 0
    assert out.splitlines() == [
        "faq      en  live         v1   other  Returns",
        "faq      en  live         v2   returns  Returns  from 2026-01-01",
    ]
    out = command("knowledge", "show", "returns", "--store", store, "--language", "en")[1]
    assert "returns.en@2#0  Returns\nWithin 14 days." in out
    out = command("knowledge", "versions", "returns", "--store", store, "--json")[1]
    assert [(one["language"], one["version"], one["state"]) for one in json.loads(out)] == [
        ("de", 1, "live"),
        ("en", 1, "replaced"),
        ("en", 2, "live"),
    ]
    code, out, _ = command("knowledge", "retire", "returns", "--store", store, "--language", "de")
    assert (code, out) == (0, "returns version 1 in de is retired.\n")
    out = command("knowledge", "list", "--store", store, "--state", "withdrawn", "--json")[1]
    assert sorted(one["state"] for one in json.loads(out)) == ["replaced", "retired"]


def test_what_is_not_there_is_named_in_one_sentence(command: Command, store: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    for arguments, code, said in (
        (("load", missing, "--store", store), 1, f"{missing} does not exist"),
        (("load", str(tmp_path), "--store", "nobody"), 1, "There is no store 'nobody'"),
        (("reindex", "--store", "nobody"), 1, "There is no store 'nobody'"),
        (("list", "--store", "nobody"), 1, "There is no store 'nobody'"),
        (("list", "--store", store, "--state", "odd"), 2, "--state is standing, quarantined, withdrawn or any."),
        (("show", "odd", "--store", store), 1, f"{store} has no document 'odd'"),
        (("versions", "odd", "--store", store), 1, f"{store} has no document 'odd'"),
        (("retire", "odd", "--store", store), 1, "Nothing of 'odd' stands"),
        (("quarantine", "release", "odd", "--store", store), 1, f"{store} has no document 'odd'"),
        (("quarantine", "retire", "odd", "--store", store), 1, "Nothing of 'odd' stands"),
    ):
        ended, out, err = command("knowledge", *arguments)
        assert (ended, out) == (code, "")
        assert err.startswith(said)
        assert err.count("\n") == 1
    assert command("knowledge", "quarantine", "list", "--store", store) == (0, "", "No document is like that.\n")


def test_a_reindex_says_what_it_made(command: Command, store: str, tmp_path: Path, stack: Stack) -> None:
    command("knowledge", "load", lines(tmp_path / "k.jsonl", {"id": "returns"}), "--store", store)
    with psycopg.connect(stack.owner_url) as connection:
        connection.execute("DELETE FROM passage_vectors WHERE store = %s", (store,))
        connection.execute("UPDATE passages SET analysis = '', length = 0, terms = '{}' WHERE store = %s", (store,))
    code, out, err = command("knowledge", "load", str(tmp_path / "k.jsonl"), "--store", store)
    assert (code, err) == (
        0,
        f"2 passages need new terms or vectors: `holdpoint knowledge reindex --store {store}`.\n",
    )
    code, out, _ = command("knowledge", "reindex", "--store", store)
    assert (code, out) == (0, "Passages: 1 embedded, 1 analysed, 0 old vectors removed.\n")


def test_a_store_above_the_limit_gets_its_index(
    command: Command, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDPOINT_VECTOR_INDEX_ABOVE", "2")
    file = lines(tmp_path / "k.jsonl", *({"id": f"d{number}"} for number in range(3)))
    code, _, err = command("knowledge", "load", file, "--store", store)
    assert code == 0
    assert "index by meaning: 3 passages" in err


class LoadingProcess:
    """`holdpoint knowledge load` in a process of its own, over enough documents to be met in the middle."""

    def __init__(self, stack: Stack, store: str, file: str) -> None:
        self._stack = stack
        self._store = store
        self._process = subprocess.Popen(
            (sys.executable, "-P", "-m", "app.cli.main", "knowledge", "load", file, "--store", store),
            env=os.environ,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def interrupt(self, number: signal.Signals, *, after: int) -> tuple[int, str]:
        """Sends a signal once so many documents are written; the exit code, and what was said."""
        while self.done() < after:
            assert self._process.poll() is None, self._process.communicate()[1]
            time.sleep(0.05)
        self._process.send_signal(number)
        _, said = self._process.communicate(timeout=60)
        return self._process.returncode, said

    def done(self) -> int:
        with psycopg.connect(self._stack.owner_url) as connection:
            row = connection.execute("SELECT count(*) FROM documents WHERE store = %s", (self._store,)).fetchone()
        return int(row[0]) if row else 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_load_that_is_stopped_in_the_middle_goes_on_from_there(
    command: Command, store: str, tmp_path: Path, stack: Stack, number: signal.Signals
) -> None:
    text = " ".join(f"Sentence number {part} is about subject {part} of the shop." for part in range(12))
    file = lines(tmp_path / "k.jsonl", *({"id": f"d{one}", "title": f"T{one}", "text": text} for one in range(300)))
    process = LoadingProcess(stack, store, file)
    code, said = process.interrupt(number, after=1)
    kept = process.done()
    assert 0 < kept < 300
    if number is signal.SIGINT:
        assert code == 130
        assert "stay done; the same command goes on from there." in said
    with psycopg.connect(stack.owner_url) as connection:
        half = connection.execute(
            "SELECT count(*) FROM documents d WHERE store = %s AND NOT EXISTS (SELECT 1 FROM passages p JOIN "
            "passage_vectors v USING (store, passage_id) WHERE p.store = d.store AND p.document_id = d.document_id)",
            (store,),
        ).fetchone()
    assert half == (0,)
    lines(tmp_path / "k.jsonl", *({"id": f"d{one}", "title": f"T{one}", "text": text} for one in range(kept + 5)))
    code, out, _ = command("knowledge", "load", file, "--store", store, "--json")
    report = json.loads(out)
    assert (code, report["unchanged"] + report["added"]) == (0, kept + 5)
    assert report["unchanged"] > 0
