"""The small model that chooses sentences: what is fitted is what ships, and what ships fits this code."""

import numpy as np
import pytest
from pydantic import ValidationError

from activities.generation.answer_training import LabelledQuestion, fit_answers
from activities.generation.answer_weights import ROW, AnswerModel, AnswerWeights, shipped_model
from domain.errors import BadInput

PIECES = 6
QUESTIONS = 120


def a_question(number: int, *, answerable: bool = True) -> LabelledQuestion:
    """Piece 0 of an answerable question is told by its first feature, beside which the others are noise."""
    rows = np.random.default_rng(number).normal(0.0, 0.1, size=(PIECES, len(ROW)))
    answers = np.arange(PIECES) == (0 if answerable else -1)
    rows[answers, 0] += 1.0
    return LabelledQuestion(rows, answers, answerable, f"cluster {number % 40}")


@pytest.fixture(scope="module")
def weights() -> AnswerWeights:
    return fit_answers([a_question(number, answerable=number % 4 > 0) for number in range(QUESTIONS)], {"made up": "1"})


def test_what_was_fitted_tells_answers_from_the_rest(weights: AnswerWeights) -> None:
    model = AnswerModel(weights)
    for number in range(1_000, 1_020):
        chances = model.chances(a_question(number).rows)
        assert int(np.argmax(chances)) == 0
        assert chances[0] > weights.answered
        assert model.chances(a_question(number, answerable=False).rows).max() < weights.answered
    assert weights.figures["first_right"] > 0.95
    assert weights.figures["caught"] > 0.9


def test_the_same_questions_give_the_same_weights(weights: AnswerWeights) -> None:
    again = fit_answers(
        [a_question(number, answerable=number % 4 > 0) for number in range(QUESTIONS)], {"made up": "1"}
    )
    assert again == weights
    assert weights.version.startswith("answers-1-")


def test_a_row_gets_the_same_chance_whatever_stands_beside_it(weights: AnswerWeights) -> None:
    model, rows = AnswerModel(weights), a_question(7).rows
    alone = [float(model.chances(rows[place : place + 1])[0]) for place in range(PIECES)]
    assert model.chances(rows).tolist() == pytest.approx(alone)
    assert model.chances(rows[:0]).shape == (0,)


def test_nothing_is_learnt_where_there_is_nothing_to_tell_apart() -> None:
    with pytest.raises(BadInput, match="Questions with an answer and questions without one"):
        fit_answers([a_question(number) for number in range(10)], {})


def test_weights_of_other_features_are_refused(weights: AnswerWeights) -> None:
    with pytest.raises(ValidationError, match="train answers"):
        AnswerWeights.model_validate(weights.model_dump() | {"features": ROW[:-1]})


def test_the_shipped_model_names_what_it_was_fitted_on() -> None:
    shipped = shipped_model().weights
    assert shipped.features == ROW
    assert {"questions, split fit", "knowledge of the demo store"} == set(shipped.data)
    assert 0.0 < shipped.answered < 0.5
