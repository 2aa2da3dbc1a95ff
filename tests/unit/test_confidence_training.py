"""Fitting the confidence: the same answers give the same weights, and chances that say how often they are right."""

import random
from pathlib import Path

import pytest

from activities.guarding.confidence_features import NAMES
from activities.guarding.confidence_training import JudgedAnswer, fit_confidence, write_weights
from activities.guarding.confidence_weights import read_weights, sigmoid
from domain.errors import BadInput
from domain.vocabulary import Intent, Language

DATA = {"questions": "h1"}


def some_answers(n: int, seed: int) -> list[JudgedAnswer]:
    """Right by a chance that only two of the features know."""
    chance, made = random.Random(seed), []
    for place in range(n):
        row = dict.fromkeys(NAMES, 0.0) | {"text_score": chance.uniform(-1, 1), "words_missing": chance.random()}
        right = chance.random() < sigmoid(4 * row["text_score"] - 3 * row["words_missing"] + 1.5)
        made.append(
            JudgedAnswer(
                features=row, intent=Intent.SHIPPING, language=Language.EN, right=right, cluster=f"c{place % 60}"
            )
        )
    return made


def test_the_same_answers_give_the_same_weights() -> None:
    first = fit_confidence(some_answers(300, 1), some_answers(200, 2), DATA)
    assert fit_confidence(some_answers(300, 1), some_answers(200, 2), DATA) == first
    other = fit_confidence(some_answers(300, 3), some_answers(200, 2), DATA)
    assert first.version.startswith("confidence-2-") and other.version != first.version
    assert (first.card.data, first.card.fitted_on, first.card.calibrated_on) == (DATA, 300, 200)


def test_what_speaks_for_an_answer_gets_a_weight_for_it() -> None:
    found = fit_confidence(some_answers(800, 1), some_answers(400, 2), DATA)
    weights = dict(zip(found.features, found.weights, strict=True))
    assert weights["text_score"] > 2 and weights["words_missing"] < -1
    assert max(abs(weight) for name, weight in weights.items() if name not in ("text_score", "words_missing")) == 0


@pytest.mark.parametrize("calibrating", [400, 1_500])
def test_chances_say_how_often_answers_are_right(calibrating: int) -> None:
    found = fit_confidence(some_answers(800, 1), some_answers(calibrating, 2), DATA)
    fresh = some_answers(4_000, 9)
    chances = [found.chance(each.features, each.intent, each.language) for each in fresh]
    for low, high in ((0.0, 0.3), (0.3, 0.6), (0.6, 0.8), (0.8, 1.0)):
        inside = [each.right for each, chance in zip(fresh, chances, strict=True) if low <= chance < high]
        mean = sum(chance for chance in chances if low <= chance < high) / len(inside)
        assert len(inside) > 200 and abs(sum(inside) / len(inside) - mean) < 0.06


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    found = fit_confidence(some_answers(300, 1), some_answers(1_200, 2), DATA)
    write_weights(found, tmp_path / "confidence.json")
    assert read_weights(tmp_path / "confidence.json") == found


def test_nothing_is_learnt_from_answers_that_are_all_right() -> None:
    right = [each.model_copy(update={"right": True}) for each in some_answers(50, 1)]
    with pytest.raises(BadInput, match="all right or all wrong"):
        fit_confidence(right, some_answers(50, 2), DATA)
