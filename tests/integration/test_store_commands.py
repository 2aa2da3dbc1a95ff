"""The commands over stores, knowledge and orders: what they print, and how they end when the input is wrong."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.conftest import Command


@pytest.fixture
def store(command: Command) -> str:
    name = f"c{uuid4().hex[:12]}"
    assert command("store", "create", name)[0] == 0
    return name


def test_knowledge_is_loaded_and_found(command: Command, store: str, tmp_path: Path) -> None:
    (tmp_path / "faqs").mkdir()
    (tmp_path / "faqs" / "returns.en.md").write_text("# How do I return something?\n\nUse the form within 30 days.")
    code, out, err = command("knowledge", "load", str(tmp_path), "--store", store)
    assert (code, out, err) == (0, "Documents: 1 added, 0 changed, 0 unchanged, 0 retired, 0 skipped.\n", "")
    code, out, _ = command("knowledge", "search", "return something", "--store", store, "--language", "en", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["passages"][0]["document_id"] == "faqs/returns"
    assert found["passages"][0]["text"] == "Use the form within 30 days."


def test_a_skipped_file_is_named_and_ends_with_1(command: Command, store: str, tmp_path: Path) -> None:
    (tmp_path / "faqs").mkdir()
    (tmp_path / "faqs" / "a.en.md").write_text("Fine.")
    (tmp_path / "faqs" / "b.en.md").write_bytes(b"\xff\x00")
    code, out, err = command("knowledge", "load", str(tmp_path), "--store", store, "--json")
    assert code == 1
    assert json.loads(out)["added"] == 1
    assert err == ""
    code, out, err = command("knowledge", "load", str(tmp_path), "--store", store)
    assert (code, err) == (1, "Skipped faqs/b.en.md: it is a binary file, not text.\n")


def test_orders_are_loaded(command: Command, store: str, tmp_path: Path) -> None:
    order = {"order_id": "1", "email": "a@b.example", "status": "placed", "placed_at": "2026-01-01T00:00:00Z"}
    file = tmp_path / "orders.jsonl"
    file.write_text(json.dumps(order | {"currency": "EUR", "total": 5}))
    code, out, _ = command("orders", "load", str(file), "--store", store)
    assert (code, out) == (0, "Orders: 1 added, 0 changed, 0 unchanged, 0 retired, 0 skipped.\n")


def test_settings_are_shown_as_set(command: Command, store: str) -> None:
    code, out, err = command("store", "set", store, "send_mode=cold_start", "webhook_url=https://a.example/hook")
    assert code == 0
    assert out.splitlines()[-1].startswith("whsec_")
    assert "shown this once" in err
    code, out, _ = command("store", "show", store, "--json")
    assert json.loads(out)["policy"]["send_mode"] == "cold_start"
    assert "whsec_" not in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("store", "create", "Not A Name"), 1, "cannot name a store"),
        (("store", "set", "{store}", "send_mode"), 2, "no setting"),
        (("store", "set", "{store}", "name=a", "name=b"), 2, "twice"),
        (("store", "set", "{store}", "send_mode=always"), 1, "`send_mode`"),
        (("store", "show", "nowhere"), 1, "no store 'nowhere'"),
        (("knowledge", "load", "/nowhere/at/all", "--store", "{store}"), 1, "does not exist"),
        (("knowledge", "load", "."), 2, "--store"),
        (("knowledge", "search", "x", "--store", "{store}", "--language", "it"), 2, "language"),
        (("orders", "load", "/nowhere.jsonl", "--store", "{store}"), 1, "cannot be read"),
        (("orders", "load", "/nowhere.jsonl", "--store", "nowhere"), 1, "no store 'nowhere'"),
    ],
)
def test_wrong_input_ends_in_one_sentence(
    command: Command, store: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended, out, err = command(*(argument.replace("{store}", store) for argument in arguments))
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
