"""Some of the development questions through `holdpoint batch answer`: each reply says what it has to say.

Facts are checked by the program that measures answers. Which of them leave by themselves is not asserted, since that
follows from the confidence; that none of them is wrong is.
"""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.answer_evals import line_of
from app.demo_loading import DEMO
from domain.orders import Order
from evals.answer_facts import Shop, false_facts, missing_facts
from evals.answer_languages import is_in
from evals.answer_questions import DEVELOPMENT, AnswerQuestion, read_answer_questions
from tests.acceptance.installation import Installation, command

pytestmark = pytest.mark.slow

ASKED = (
    *("d-en-001", "d-en-002", "d-en-005", "d-en-007", "d-en-023", "d-en-028"),
    *("d-de-002", "d-de-005", "d-de-006", "d-de-026", "d-de-027"),
    *("d-es-001", "d-es-004", "d-es-025", "d-es-028"),
    *("d-fr-001", "d-fr-003", "d-fr-006", "d-fr-025", "d-fr-027"),
    *("d-pt-001", "d-pt-002", "d-pt-007", "d-pt-024", "d-pt-028"),
)
"""Orders in each state, refunds, cancellations, payment, somebody else's order, no order at all; five languages."""
QUESTIONS = {question.id: question for question in read_answer_questions(DEVELOPMENT) if question.id in ASKED}


@pytest.fixture(scope="module")
def shop() -> Shop:
    """The orders of the demo store, moved in time as loading moves them."""
    facts = json.loads((DEMO / "store.json").read_text(encoding="utf-8"))
    today = datetime.now(UTC).date()
    shift = today - datetime.fromisoformat(facts["anchor"]).astimezone(UTC).date()
    lines = (DEMO / "orders.jsonl").read_text(encoding="utf-8").splitlines()
    orders = [_moved(Order.model_validate_json(line), shift) for line in lines]
    return Shop({order.order_id: order for order in orders}, facts["return_form_url"], today)


@pytest.fixture(scope="module")
def replies(installation: Installation) -> dict[str, dict[str, Any]]:
    """What `batch answer` writes, by question."""
    asked = "\n".join(line_of(question).model_dump_json() for question in QUESTIONS.values())
    done = subprocess.run(
        command("batch", "answer"),
        env=installation.environment,
        input=asked,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    return {each["id"]: each for each in map(json.loads, done.stdout.splitlines())}


def test_every_question_is_answered_in_its_language(replies: dict[str, dict[str, Any]]) -> None:
    assert list(replies) == list(QUESTIONS)
    spoken = {id: each["reply"] and is_in(each["reply"], QUESTIONS[id].language) for id, each in replies.items()}
    assert [id for id, good in spoken.items() if not good] == []


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.id)
def test_a_reply_says_what_it_has_to_say(
    question: AnswerQuestion, replies: dict[str, dict[str, Any]], shop: Shop
) -> None:
    reply = replies[question.id]["reply"]
    assert [fact.told() for fact in missing_facts(question, reply, shop)] == [], reply
    assert [fact.told() for fact in false_facts(question, reply, shop)] == [], reply


def _moved(order: Order, shift: timedelta) -> Order:
    times = {name: getattr(order, name) for name in ("placed_at", "delivered_at", "expected_at")}
    return order.model_copy(update={name: moment + shift for name, moment in times.items() if moment})
