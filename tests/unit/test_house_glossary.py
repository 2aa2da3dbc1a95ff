"""One word per idea: what the vocabularies of the code say is explained in docs/glossary.md."""

import enum
import inspect

import pytest

from domain import vocabulary
from tests.house import ROOT

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ENUMS = [
    found
    for _, found in inspect.getmembers(vocabulary, inspect.isclass)
    if issubclass(found, enum.Enum) and found.__module__ == vocabulary.__name__
]
WORDS = (
    *("store", "customer", "conversation", "query", "message", "intent", "tier", "language", "policy", "step"),
    *("document", "passage", "citation", "order", "draft", "hash", "confidence", "threshold", "guard", "finding"),
    *("reason", "brief", "decision", "agent", "claim", "takeover", "reply", "notice", "outbox", "helpdesk"),
    *("status", "disposition", "deadline", "reminder", "supersede", "reset", "snapshot", "rollout", "key", "scope"),
)


def test_there_are_vocabularies_to_explain() -> None:
    assert {found.__name__ for found in ENUMS} >= {"Intent", "Tier", "Status", "Disposition", "SendMode", "Action"}


@pytest.mark.parametrize("found", ENUMS, ids=lambda found: found.__name__)
def test_every_value_of_a_vocabulary_is_explained(found: type[enum.Enum]) -> None:
    shown = [f"`{member.value}`" if isinstance(member.value, str) else f"**{member.value}**" for member in found]
    assert [value for value in shown if value not in GLOSSARY] == []


@pytest.mark.parametrize("word", WORDS)
def test_every_word_that_the_rooms_share_is_explained(word: str) -> None:
    bold = [line.split("**")[1].casefold() for line in GLOSSARY.splitlines() if line.startswith("| **")]
    assert any(word in each.split() or word == each for each in bold)
