"""Whole conversations in five languages: what the last message wants, and which orders it means."""

import pytest

from tests.dialogue_world import Dialogue, dialogues, misses

TUNED, HELD_OUT = dialogues("tuned"), dialogues("held_out")
LEAST_RIGHT = 24
"""Of the held-out ones, which no rule was fitted to; the guide says how many were right when they were first read."""


@pytest.mark.parametrize("dialogue", TUNED, ids=lambda each: each.id)
async def test_a_message_is_read_as_part_of_its_conversation(dialogue: Dialogue) -> None:
    assert await misses(dialogue) == []


async def test_most_conversations_that_no_rule_was_fitted_to_are_read_right() -> None:
    right = [each.id for each in HELD_OUT if not await misses(each)]
    assert len(right) >= LEAST_RIGHT


def test_there_are_conversations_in_every_language_and_none_is_in_both_sets() -> None:
    assert {each.language for each in TUNED} == {each.language for each in HELD_OUT} == {"en", "es", "fr", "de", "pt"}
    last = [(tuple(each.turns)) for each in (*TUNED, *HELD_OUT)]
    assert len(last) == len(set(last)) >= 40
