"""Nothing follows from a decision before it is in Temporal's history, where no crash can take it away.

A claim is let off: should a crash forget it, the records show it as held until the lease ends, and no longer.
"""

import json
from pathlib import Path
from typing import Any

import pytest

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
ACCEPTED = "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED"
EFFECT = "EVENT_TYPE_MARKER_RECORDED"
"""A local activity has run: it ran within the task that records it."""
TASK_ENDED = "EVENT_TYPE_WORKFLOW_TASK_COMPLETED"


def effects_within_the_task(events: list[str]) -> int:
    """Local activities that ran in the very task in which a decision was accepted, after it."""
    found, accepted = 0, False
    for event in events:
        accepted = event == ACCEPTED or (accepted and event != TASK_ENDED)
        found += accepted and event == EFFECT
    return found


def kind_of(event: dict[str, Any]) -> str:
    accepted = event.get("workflowExecutionUpdateAcceptedEventAttributes")
    claimed = accepted is not None and accepted["acceptedRequest"]["input"]["name"] != "decide"
    return "a claim" if claimed else str(event["eventType"])


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_decision_is_in_the_history_before_anything_follows_from_it(path: Path) -> None:
    history = json.loads(path.read_text(encoding="utf-8"))
    assert effects_within_the_task([kind_of(event) for event in history["events"]]) == 0


def test_an_effect_within_the_task_of_its_decision_is_found() -> None:
    assert effects_within_the_task([TASK_ENDED, ACCEPTED, EFFECT, TASK_ENDED]) == 1
    assert effects_within_the_task([TASK_ENDED, EFFECT, ACCEPTED, TASK_ENDED, EFFECT]) == 0
