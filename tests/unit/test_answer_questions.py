"""The questions with their facts: the file for developing, and what is refused without telling what it says."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from domain.errors import BadInput
from domain.vocabulary import Intent, Language
from evals.answer_questions import DEVELOPMENT, AnswerQuestion, hash_of_answer_questions, read_answer_questions
from tests.house import ROOT

ORDERS = {
    record["order_id"]: record
    for record in map(json.loads, (ROOT / "app/demo/orders.jsonl").read_text(encoding="utf-8").splitlines())
}
MIX = {"order_status": 8, "product_question": 6, "return_request": 4, "shipping": 4, "payment": 3, "refund": 2}


def a_line(**changes: Any) -> str:
    good = {
        "id": "s-en-001",
        "language": "en",
        "intent": "shipping",
        "text": "A secret question?",
        "email": None,
        "tier": 1,
        "facts": [{"any": ["7.95"]}],
    }
    return json.dumps({key: value for key, value in {**good, **changes}.items() if value is not ...})


@pytest.fixture(scope="module")
def questions() -> list[AnswerQuestion]:
    return read_answer_questions(DEVELOPMENT)


@pytest.mark.parametrize("language", Language)
def test_each_language_asks_what_a_shop_is_asked(questions: list[AnswerQuestion], language: Language) -> None:
    asked = Counter(question.intent.value for question in questions if question.language is language)
    assert sum(asked.values()) == 30
    assert {intent: asked[intent] for intent in MIX} == MIX


def test_facts_are_about_orders_of_the_customer_who_asks(questions: list[AnswerQuestion]) -> None:
    facts = [(question, fact) for question in questions for fact in question.facts if fact.order]
    assert [question.id for question, fact in facts if ORDERS[fact.order or ""]["email"] != question.email] == []


def test_an_order_has_what_its_fact_asks_for(questions: list[AnswerQuestion]) -> None:
    wanted = [
        (question.id, fact.order or "", "delivered_at" if fact.field == "return_until" else fact.field or "")
        for question in questions
        for fact in question.facts
        if fact.order
    ]
    assert [each for each in wanted if not ORDERS[each[1]].get(each[2])] == []


def test_questions_that_ask_back_and_follow_ups_are_among_them(questions: list[AnswerQuestion]) -> None:
    assert sum(question.clarify for question in questions) >= 5
    assert sum(bool(question.conversation) for question in questions) >= 5
    assert all(question.facts for question in questions if question.intent is not Intent.COMPLAINT)


def test_the_hash_depends_on_the_questions_alone(questions: list[AnswerQuestion]) -> None:
    assert hash_of_answer_questions(questions) == hash_of_answer_questions(questions[::-1])
    assert hash_of_answer_questions(questions) != hash_of_answer_questions(questions[1:])


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{secret", "is not JSON"),
        (a_line(tier=4), "tier"),
        (a_line(email=...), "email"),
        (a_line(extra="A secret question?"), "extra"),
        (a_line(id="s-de-001"), "the id names another language"),
        (a_line(id="17"), "id"),
        (a_line(facts=[{"any": ["x"], "link": True}]), "exactly one of"),
        (a_line(facts=[{"order": "ORD-10001"}]), "order and field belong together"),
        (a_line(facts=[{"order": "ORD-10001", "field": "return_until"}]), "days and return_until"),
        (a_line(conversation=[{"role": "robot", "text": "A secret question?"}]), "conversation.0.role"),
    ],
)
def test_a_bad_line_is_named_without_what_it_says(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "answers_sealed.jsonl"
    file.write_text(f"{a_line(id='s-en-002', text='Another one?')}\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_answer_questions(file)
    assert "answers_sealed.jsonl, line 2" in refused.value.message and fault in refused.value.message
    assert "secret" not in refused.value.message


def test_a_question_is_not_asked_twice(tmp_path: Path) -> None:
    file = tmp_path / "answers_sealed.jsonl"
    file.write_text(f"{a_line()}\n{a_line(id='s-en-002')}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 2: its id or its text is given twice"):
        read_answer_questions(file)


def test_no_file_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no file"):
        read_answer_questions(tmp_path / "answers_sealed.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(BadInput, match="holds no question"):
        read_answer_questions(tmp_path / "empty.jsonl")
