"""Reading a decision from whatever arrives, without ever raising."""

from typing import Any

import pytest

from domain.decisions import Decision, Refusal, read_decision

HASH = "a1" * 32


@pytest.mark.parametrize("unstorable", ["\x00", "a\x00b", "a\ud800", "\udfff"])
@pytest.mark.parametrize("field", ["agent", "text", "reason", "decision_id"])
def test_characters_that_no_database_can_store_are_refused_in_every_text(field: str, unstorable: str) -> None:
    fields = {"agent": "Ana", "draft_hash": HASH, "text": "Hello", "reason": "So", field: unstorable}
    found = read_decision(fields, "edit")
    assert isinstance(found, Refusal)
    assert found.code == "malformed"
    assert found.message.startswith(f"The decision's field `{field}` is not usable: ")
    assert "Value error" not in found.message


def test_a_hash_in_capitals_names_the_same_draft() -> None:
    found = read_decision({"agent": "Ana", "draft_hash": f" {HASH.upper()}\n"}, "approve")
    assert isinstance(found, Decision)
    assert found.draft_hash == HASH


@pytest.mark.parametrize("payload", [None, 5, "x", [], [{}], {}, {"agent": ["Ana"]}, {5: 6}, {"action": {"a": 1}}])
def test_whatever_arrives_is_answered_with_a_reason(payload: Any) -> None:
    found = read_decision(payload, "approve")
    assert isinstance(found, Refusal)
    assert found.message.endswith(".")
