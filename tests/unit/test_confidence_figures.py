"""What is told of the confidence: calibration, risk by coverage, and what would leave by itself."""

import math
import random

import pytest

from activities.guarding.confidence_features import NAMES
from activities.guarding.confidence_weights import Calibration, Weights
from domain.vocabulary import Intent, Language
from evals.confidence import confidence_part
from evals.generated.asking import Answered, Judged
from evals.selective import area_under_risk, risk_at

WEIGHTS = Weights(
    version="test",
    features=NAMES,
    weights=tuple(1.0 if name == "margin" else 0.0 for name in NAMES),
    bias=0.0,
    usual=(0.0,) * len(NAMES),
    calibration=Calibration(method="platt"),
)


def some_answers(n: int, off: float = 0.0) -> Answered:
    """Whose chance is what the weights say, or `off` away from it."""
    chance, made = random.Random(5), []
    for place in range(n):
        odds = chance.uniform(-3, 5)
        right = chance.random() < max(0.0, min(1.0, 1 / (1 + math.exp(-odds)) - off))
        made.append(
            Judged(
                id=str(place),
                split="fit",
                kind="orders/status",
                cluster=str(place),
                language=list(Language)[place % 5],
                intent=Intent.ORDER_STATUS,
                answered_in=Language.EN,
                right=right,
                passed=place % 10 > 0,
                features=dict.fromkeys(NAMES, 0.0) | {"margin": odds},
                earlier=0.9,
            )
        )
    return Answered(judged=tuple(made), left_out={"holding": 3})


def test_a_calibrated_score_meets_its_aim_and_the_earlier_one_stands_beside_it() -> None:
    part = confidence_part(some_answers(3_000), "fit", WEIGHTS)
    assert part.name == "confidence" and part.missed == []
    assert part.figures["confidence"]["calibration error"] < 0.03 < part.figures["earlier"]["calibration error"]
    assert part.figures["confidence"]["AUROC"].value > 0.8 and part.figures["earlier"]["AUROC"].value == 0.5
    told = "\n".join(line for table in part.tables for line in table.lines())
    assert "≤ 0.030 met" in told and "3 holding" in told


@pytest.mark.parametrize(("n", "off"), [(3_000, 0.1), (1_000, 0.0)])
def test_an_aim_is_missed_by_a_score_that_is_off_and_by_too_few_answers(n: int, off: float) -> None:
    assert len(confidence_part(some_answers(n, off), "fit", WEIGHTS).missed) == 1


def test_only_what_passed_the_guard_counts_as_sent() -> None:
    sending = confidence_part(some_answers(1_000), "fit", WEIGHTS).figures["sending"]
    assert sending["earlier all"]["automated"].value == 0.9
    assert sending["earlier all"]["right"].n == 900
    assert sending["confidence all"]["right"].value > 0.85
    assert set(sending) == {f"{name} {each}" for name in ("confidence", "earlier") for each in ("all", *Language)}


def test_the_highest_scores_are_answered_first() -> None:
    scores, right = [0.9, 0.8, 0.7, 0.6], [True, True, False, False]
    assert [risk_at(scores, right, share)[1].value for share in (0.25, 0.5, 1.0)] == [0.0, 0.0, 0.5]
    assert risk_at(scores, right, 0.5)[0] == 0.8
    # Mean of 0, 0, 1/3 and 2/4.
    assert area_under_risk(scores, right) == pytest.approx((1 / 3 + 1 / 2) / 4)


def test_answers_of_one_score_are_not_told_apart() -> None:
    assert risk_at([0.5] * 4, [True, False, True, True], 0.25)[1].value == 0.25
    assert area_under_risk([0.5] * 4, [False, True, True, True]) == pytest.approx(0.25)
    assert area_under_risk([0.5] * 4, [True, True, True, False]) == pytest.approx(0.25)
