"""Fits what tells pieces that answer from the others to labelled questions, and cross-validates it.

Clusters of questions (of one fact, of one product) are never torn: a fact that was learnt from is not asked about.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from activities.generation.answer_weights import LEAF, ROW, WEIGHTS, AnswerModel, AnswerWeights, Tree
from domain.canonical import content_hash
from domain.errors import BadInput

TREES, LEAVES, PACE = 300, 8, 0.08
"""How many trees, how many leaves each has at most, and how much of each error a tree takes away."""
SHARE_OF_FEATURES, LEAST_IN_LEAF, HELD_BACK = 0.3, 30, 1.0
"""Share of the features that a split looks at, pieces in a leaf at least, and how strongly leaves are held near 0."""
SEED = 11
FOLDS = 4
KEPT = 0.95
"""Share of the questions whose best piece does answer that must count as answered."""
MOST = 0.5
"""No higher chance is asked for: what is more likely than not to answer counts as answered."""
DIGITS = 5
Rows = npt.NDArray[np.float64]


class LabelledQuestion(NamedTuple):
    """A question with a row for each piece that was offered."""

    rows: Rows
    answers: npt.NDArray[np.bool_]
    """Which pieces answer, or one part of what was asked; none where the store cannot answer."""
    answerable: bool
    cluster: str


class Quality(NamedTuple):
    """How good the first piece is on questions that were not learnt from."""

    first_right: float
    """Share of the answerable questions whose best piece answers."""
    kept: float
    """Share of the answerable questions that count as answered, and rightly."""
    caught: float
    """Share of the questions without an answer that count as unanswered."""
    brier: float
    """Mean squared difference between the chance of the best piece and whether it answers."""


def fit_answers(questions: Sequence[LabelledQuestion], data: dict[str, str]) -> AnswerWeights:
    """The weights, with calibration and threshold from folds that the trees were not fitted on. Raises BadInput when
    there is nothing to tell apart."""
    if not any(each.answers.any() for each in questions) or all(each.answerable for each in questions):
        raise BadInput("Questions with an answer and questions without one are needed to learn from.")
    crossed = _crossed(questions)
    slope, offset = _calibrated(questions, crossed)
    tops = [_top(each, odds) for each, odds in zip(questions, crossed, strict=True)]
    chances = [float(1 / (1 + np.exp(-(slope * odds + offset)))) for odds, _ in tops]
    right = [chance for chance, (_, good) in zip(chances, tops, strict=True) if good]
    answered = min(MOST, round(float(np.quantile(right, 1 - KEPT)), 3))
    figures = _quality(questions, chances, [good for _, good in tops], answered)._asdict()
    weights = _fit(questions).model_copy(
        update={
            "slope": slope,
            "offset": offset,
            "answered": answered,
            "data": data,
            "questions": len(questions),
            "figures": {name: round(value, 4) for name, value in figures.items()},
        }
    )
    return weights.model_copy(update={"version": f"answers-1-{content_hash(weights.model_dump(mode='json'))[:8]}"})


def write_weights(weights: AnswerWeights, path: Path = WEIGHTS) -> None:
    """Writes the weights where `answer_weights` reads them."""
    path.write_text(json.dumps(weights.model_dump(mode="json"), separators=(",", ":")) + "\n", encoding="utf-8")


def _crossed(questions: Sequence[LabelledQuestion]) -> list[Rows]:
    """The log odds of each question's pieces by trees that were fitted without its cluster."""
    dealt = [int(content_hash(["answers", each.cluster])[:8], 16) % FOLDS for each in questions]
    models = {
        fold: AnswerModel(_fit([each for each, own in zip(questions, dealt, strict=True) if own != fold]))
        for fold in sorted(set(dealt))
    }
    return [models[fold].odds(each.rows) for each, fold in zip(questions, dealt, strict=True)]


def _fit(questions: Sequence[LabelledQuestion]) -> AnswerWeights:
    from sklearn.ensemble import HistGradientBoostingClassifier  # a second to import, and only training needs it

    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        learning_rate=PACE,
        max_features=SHARE_OF_FEATURES,
        min_samples_leaf=LEAST_IN_LEAF,
        l2_regularization=HELD_BACK,
        early_stopping=False,
        random_state=SEED,
    ).fit(np.concatenate([each.rows for each in questions]), np.concatenate([each.answers for each in questions]))
    return AnswerWeights(
        version="",
        features=ROW,
        bias=round(float(model._baseline_prediction[0, 0]), DIGITS),
        trees=tuple(_tree(each.nodes) for (each,) in model._predictors),
        answered=0.5,
    )


def _tree(nodes: npt.NDArray[np.void]) -> Tree:
    """A fitted tree in plain numbers. Thresholds are rounded, so a row exactly there may go the other way."""
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=tuple(np.where(leaf, LEAF, nodes["feature_idx"]).tolist()),
        threshold=tuple(round(float(x), DIGITS) for x in np.where(leaf, 0.0, nodes["num_threshold"])),
        left=tuple(np.where(leaf, 0, nodes["left"]).tolist()),
        right=tuple(np.where(leaf, 0, nodes["right"]).tolist()),
        value=tuple(round(float(x), DIGITS) for x in np.where(leaf, nodes["value"], 0.0)),
    )


def _calibrated(questions: Sequence[LabelledQuestion], crossed: Sequence[Rows]) -> tuple[float, float]:
    """Platt's line for the best piece of each question: the chance that it answers."""
    from sklearn.linear_model import LogisticRegression

    tops = [_top(each, odds) for each, odds in zip(questions, crossed, strict=True)]
    model = LogisticRegression(C=1e3).fit([[odds] for odds, _ in tops], [good for _, good in tops])
    return round(float(model.coef_[0][0]), DIGITS), round(float(model.intercept_[0]), DIGITS)


def _top(question: LabelledQuestion, odds: Rows) -> tuple[float, bool]:
    best = int(np.argmax(odds))
    return float(odds[best]), bool(question.answers[best])


def _quality(
    questions: Sequence[LabelledQuestion], chances: Sequence[float], right: Sequence[bool], answered: float
) -> Quality:
    with_answer = [place for place, each in enumerate(questions) if each.answerable]
    without = [place for place, each in enumerate(questions) if not each.answerable]
    return Quality(
        first_right=float(np.mean([right[place] for place in with_answer])),
        kept=float(np.mean([right[place] and chances[place] >= answered for place in with_answer])),
        caught=float(np.mean([chances[place] < answered for place in without])),
        brier=float(np.mean([(chance - good) ** 2 for chance, good in zip(chances, right, strict=True)])),
    )
