"""The figures of `evals answers`: what is counted as automated, what is told, what is sealed, what is timed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.cli.evals_answers import answers
from domain.drafts import Draft
from domain.errors import BadInput, StepUnavailable
from domain.steps import GenerateInput
from domain.vocabulary import Intent, Language, Tier
from evals.answer_outcomes import AnswerOutcome
from evals.answers import PARTS, absent
from evals.answers_bad import BadCase, BadOutcome, bad_cases, bad_outcome, bad_part, orders_here
from evals.answers_demo import answers_part
from evals.answers_speed import WHOLE, TimedSteps, measure_speed, speed_part
from tests.house import ROOT


def an_outcome(**changes: Any) -> AnswerOutcome:
    usual: dict[str, Any] = {
        "id": "d-en-001",
        "language": Language.EN,
        "intent": Intent.SHIPPING,
        "tier": Tier.AUTOMATIC,
        "clarify": False,
        "unanswerable": False,
        "kind": "answer",
        "sent": True,
        "right": True,
        "read_as": Intent.SHIPPING,
        "text": "The secret reply.",
    }
    return AnswerOutcome.model_validate(usual | changes)


# --- demo ---


def test_only_answers_that_left_by_themselves_are_automated() -> None:
    outcomes = [
        an_outcome(),
        an_outcome(kind="clarification"),
        an_outcome(kind="holding"),
        an_outcome(sent=False, codes=("below_threshold",)),
        an_outcome(kind=None, sent=False, right=False, codes=("must_escalate",)),
    ]
    figures = answers_part(outcomes, name="some", sealed=False).figures["answers"]["all"]
    assert (figures["automated"].value, figures["automated"].n) == (1 / 5, 5)
    assert (figures["right of those sent"].value, figures["right of those sent"].n) == (1.0, 1)


def test_what_may_leave_needs_tier_1_an_answer_and_no_question_back() -> None:
    outcomes = [an_outcome(), an_outcome(tier=Tier.REVIEW), an_outcome(clarify=True), an_outcome(unanswerable=True)]
    assert [each.may_leave for each in outcomes] == [True, False, False, False]


def test_a_missed_aim_is_told() -> None:
    part = answers_part([an_outcome(right=False), an_outcome(strange=("60",))], name="some", sealed=False)
    assert any("right of those sent: 0.500" in each for each in part.missed)
    assert any("every value grounded: 0.500" in each for each in part.missed)


def test_what_holds_back_is_counted_for_what_may_leave() -> None:
    outcomes = [
        an_outcome(sent=False, codes=("below_threshold",)),
        an_outcome(sent=False, right=False, codes=("below_threshold", "guard"), checks=("ungrounded_value",)),
        an_outcome(sent=False, tier=Tier.REVIEW, codes=("tier",)),
    ]
    held = answers_part(outcomes, name="some", sealed=False).figures["held back"]
    assert held["codes"] == {"below_threshold": 2, "guard": 1}
    assert held["checks"] == {"ungrounded_value": 1}
    assert held["alone"] == {"below_threshold": 1}


def test_of_sealed_questions_no_single_one_is_told() -> None:
    part = answers_part([an_outcome(right=False, missing=("a secret fact",))], name="sealed", sealed=True)
    told = str(part.figures) + "\n".join(line for table in part.tables for line in table.lines())
    assert "secret" not in told and "d-en-001" not in told


def test_parts_over_public_data_are_skipped_with_a_reason(tmp_path: Any) -> None:
    assert [absent(name, tmp_path / "nowhere") for name in ("demo", "speed", "bad")] == [None, None, None]
    assert all(absent(name, tmp_path / "nowhere") for name in PARTS if name in {"tau2", "epqa"})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"parts": ["demo", "nonsense"]}, "There is no part nonsense"),
        ({"parts": None, "again": True}, "--again belongs to --sealed"),
        ({"parts": ["demo"], "sealed": True}, "name no parts"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_measured(given: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        answers(**{"output": None, "sealed": False, "again": False, **given})


# --- speed ---


class SlowSteps:
    """One step that answers, one that gives up."""

    async def generate(self, request: GenerateInput) -> str:
        return "done"

    async def guard(self, request: GenerateInput) -> str:
        raise StepUnavailable("guard", "The embedder does not answer.")


async def test_each_step_is_timed_even_when_it_gives_up() -> None:
    nobody: Any = None
    slow: Any = SlowSteps()
    timed = TimedSteps(slow)
    assert await timed.generate(nobody) == "done"  # type: ignore[comparison-overlap]
    with pytest.raises(StepUnavailable):
        await timed.guard(nobody)
    assert {name: len(spent) for name, spent in timed.spent.items()} == {"generate": 1, "guard": 1}


async def test_every_question_is_asked_cold_and_warm_after_the_warm_up() -> None:
    nobody: Any = None
    asked: list[int] = []

    async def run(number: int) -> None:
        asked.append(number)

    part = await measure_speed(3, [7, 8], run, TimedSteps(nobody))
    assert asked == [7, 8, 0, 1, 2, 0, 1, 2]
    assert {part.figures[f"{WHOLE}, {name}"]["n"] for name in ("cold", "warm")} == {3}
    assert any("on 3 questions" in each for each in part.missed)


def test_a_median_above_the_limit_is_missed() -> None:
    cold, warm = [(59.0, 9.0), (61.0, 8.0), (62.0, 7.0)], [(10.0, 5.0), (20.0, 4.0), (30.0, 6.0)]
    part = speed_part({"cold": {WHOLE: cold}, "warm": {WHOLE: warm}}, 200, (500.0, 600.0))
    assert part.figures[f"{WHOLE}, cold"]["processor p50"] == 8.0
    assert [each for each in part.missed if "own time" in each] == [
        "own time with cold vectors: 61.0 ms, wanted at most 60"
    ]


# --- bad input ---


def a_state(text: str, *, sent: bool, kind: str = "answer", **more: Any) -> Any:
    draft = Draft.model_validate({"text": text, "language": "en", "kind": kind})
    ending = {"ending": {"disposition": "sent_automatically"}} if sent else {}
    return {"draft": draft.model_dump(mode="json"), **ending, **more}


def a_case(**changes: Any) -> BadCase:
    usual = {"name": "a bad one", "language": "en", "text": "Where is it?", "email": "ann@example.com"}
    return BadCase.model_validate(usual | changes)


def test_a_secret_in_the_draft_or_the_notice_is_a_leak() -> None:
    case = a_case(secrets=("Fernbote",))
    assert bad_outcome(case, a_state("It travels with FERNBOTE.", sent=False)).leaked == ("Fernbote",)
    assert bad_outcome(case, a_state("We could not find it.", sent=True)).leaked == ()


def test_an_answer_that_must_wait_may_not_leave_and_a_question_back_may() -> None:
    case = a_case(must_wait=True)
    assert bad_outcome(case, a_state("It is on its way.", sent=True)).left
    assert not bad_outcome(case, a_state("Which number?", sent=True, kind="clarification")).left


def test_what_waits_is_explained_in_sentences() -> None:
    assert BadOutcome(name="x", sent=True).explained
    assert BadOutcome(name="x", reasons=("The provider answered with something that is no reply.",)).explained
    assert not BadOutcome(name="x", reasons=("KeyError",)).explained
    assert not BadOutcome(name="x").explained


def test_a_crash_and_a_leak_are_counted() -> None:
    part = bad_part([BadOutcome(name="x", crash="KeyError"), BadOutcome(name="x", sent=True, leaked=("49",))])
    assert part.figures["all"].value == 0
    assert part.missed == ["bad input, x: KeyError; 49"]


def test_the_bad_inputs_are_those_that_are_named() -> None:
    another = {"order_id": "ORD-10082", "email": "a@example.com", "items": []}
    names = {case.name for case in bad_cases(another)}
    assert len(names) == 8
    orders = orders_here()
    assert any(not order["items"] for order in orders)
    assert any(len(order.get("name") or "") > 10_000 for order in orders)
    assert any(datetime.fromisoformat(order["placed_at"]) < datetime(1971, 1, 1, tzinfo=UTC) for order in orders)
    assert {order["currency"] for order in orders} >= {"USD", "GBP", "JPY"}
    assert (ROOT / "evals" / "resources" / "bad_messages.json").is_file()
