"""Fits the confidence: a penalised logistic function on one set of judged answers, its calibration on another.

Answers to the same wording or about the same fact are alike, so every cross-validation keeps them together. The same
rows give the same weights.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from activities.guarding.confidence_features import NAMES, NEVER_AGAINST, NEVER_FOR, Features, group_of, log_odds
from activities.guarding.confidence_weights import WEIGHTS, Calibration, Card, Weights, sigmoid
from domain.canonical import content_hash
from domain.errors import BadInput
from domain.values import Value
from domain.vocabulary import Intent, Language

Rows = npt.NDArray[np.float64]
STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Of the penalty on weights in units of one deviation; the one with the least loss is taken."""
FOLDS = 5
ENOUGH_FOR_STEPS = 1_000
"""Labels from which on isotonic calibration is tried beside Platt's."""
PRIOR_STRENGTH = 20.0
"""Answers of an average group that a group's own are mixed with."""
BINS = 10
"""Of equal mass, for the calibration error."""
SURE = 0.99
"""No calibration by steps says more than this, or less than its opposite."""
DIGITS = 5


class JudgedAnswer(Value):
    """An answer with its features, and whether it was right."""

    features: Features
    intent: Intent
    language: Language
    right: bool
    cluster: str
    """Answers of one cluster are alike: of one wording, of one fact."""


class Quality(NamedTuple):
    """How good chances are: mean log loss, mean squared difference to what was right, and calibration error."""

    loss: float
    brier: float
    error: float
    """Mean gap between chance and share right in bins of equal mass."""


def fit_confidence(
    fitting: Sequence[JudgedAnswer], calibrating: Sequence[JudgedAnswer], data: dict[str, str]
) -> Weights:
    """The weights from `fitting` and their calibration from `calibrating`. Raises BadInput when either holds only
    right answers or only wrong ones."""
    for name, answers in (("fit", fitting), ("calibrate", calibrating)):
        if len({answer.right for answer in answers}) < 2:
            raise BadInput(f"The answers to {name} with are all right or all wrong; nothing can be learnt from them.")
    strength, quality = _best_strength(fitting)
    weights = _fit(fitting, strength)
    odds = [weights.odds(answer.features, answer.intent, answer.language) for answer in calibrating]
    calibration, calibrated = _best_calibration(odds, calibrating)
    figures = {
        "cross-validated log loss on fit": round(quality.loss, 4),
        "cross-validated Brier score on fit": round(quality.brier, 4),
        "cross-validated log loss on calibrate": round(calibrated.loss, 4),
        "cross-validated Brier score on calibrate": round(calibrated.brier, 4),
        "cross-validated calibration error on calibrate": round(calibrated.error, 4),
    }
    card = Card(data=data, fitted_on=len(fitting), calibrated_on=len(calibrating), strength=strength, figures=figures)
    whole = weights.model_copy(update={"calibration": calibration, "card": card})
    return whole.model_copy(update={"version": f"confidence-2-{content_hash(whole.model_dump(mode='json'))[:8]}"})


def write_weights(weights: Weights, path: Path = WEIGHTS) -> None:
    """Writes the weights where the guard step reads them."""
    path.write_text(json.dumps(weights.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")


def _best_strength(answers: Sequence[JudgedAnswer]) -> tuple[float, Quality]:
    found = []
    for strength in STRENGTHS:
        chances, right = [], []
        for learnt, kept in _folds(answers):
            weights = _fit(learnt, strength)
            chances += [sigmoid(weights.odds(each.features, each.intent, each.language)) for each in kept]
            right += [each.right for each in kept]
        found.append((_quality(chances, right), strength))
    quality, strength = min(found)  # by loss, the first of its fields
    return strength, quality


def _fit(answers: Sequence[JudgedAnswer], strength: float) -> Weights:
    """Weights for features as they are; the priors that the fit sees come from other folds, or it would trust them."""
    rows = np.array([[answer.features[name] for name in NAMES] for answer in answers])
    priors = np.zeros(len(answers))
    places = {id(answer): place for place, answer in enumerate(answers)}
    for learnt, kept in _folds(answers):
        known = _priors(learnt)
        for answer in kept:
            priors[places[id(answer)]] = known.get(group_of(answer.intent, answer.language), 0.0)
    right = np.array([answer.right for answer in answers])
    weights, bias = _logistic(np.column_stack([rows, priors]), right, strength)
    return Weights(
        version="",
        features=NAMES,
        weights=tuple(round(float(weight), DIGITS) for weight in weights[:-1]),
        bias=round(bias, DIGITS),
        prior_weight=round(float(weights[-1]), DIGITS),
        priors={name: round(value, DIGITS) for name, value in sorted(_priors(answers).items())},
        usual=tuple(round(float(mean), DIGITS) for mean in rows[right].mean(axis=0)),
        calibration=Calibration(method="platt"),
    )


def _priors(answers: Sequence[JudgedAnswer]) -> dict[str, float]:
    groups = Counter(group_of(answer.intent, answer.language) for answer in answers)
    right = Counter(group_of(answer.intent, answer.language) for answer in answers if answer.right)
    mean = sum(right.values()) / len(answers)
    return {
        name: log_odds((right[name] + PRIOR_STRENGTH * mean) / (n + PRIOR_STRENGTH)) - log_odds(mean)
        for name, n in groups.items()
    }


def _logistic(rows: Rows, right: npt.NDArray[np.bool_], strength: float) -> tuple[Rows, float]:
    """Weights and bias of least penalised loss, among those whose signs make sense. The last column is the prior."""
    from scipy.optimize import minimize  # half a second to import, and only training needs it

    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation[deviation == 0] = 1.0
    scaled, signs = (rows - mean) / deviation, np.where(right, 1.0, -1.0)

    def loss(found: Rows) -> tuple[float, Rows]:
        odds = signs * (scaled @ found[:-1] + found[-1])
        slopes = -signs / (1 + np.exp(np.clip(odds, -500, 500)))
        value = float(np.logaddexp(0, -odds).sum() + strength / 2 * (found[:-1] ** 2).sum())
        return value, np.append(scaled.T @ slopes + strength * found[:-1], slopes.sum())

    start = np.zeros(rows.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_bounds(), options={"maxiter": 5_000}).x
    weights: Rows = found[:-1] / deviation
    return weights, float(found[-1] - weights @ mean)


def _bounds() -> list[tuple[float | None, float | None]]:
    signed: list[tuple[float | None, float | None]] = [
        (0.0, None) if name in NEVER_AGAINST else (None, 0.0) if name in NEVER_FOR else (None, None) for name in NAMES
    ]
    return [*signed, (0.0, None), (None, None)]


def _best_calibration(odds: Sequence[float], answers: Sequence[JudgedAnswer]) -> tuple[Calibration, Quality]:
    """Platt's or by steps, whichever has the smaller calibration error on answers that it was not calibrated on: their
    losses hardly differ, since both keep the order."""
    methods = ["platt", "isotonic"] if len(answers) > ENOUGH_FOR_STEPS else ["platt"]
    known = {id(answer): each for answer, each in zip(answers, odds, strict=True)}
    found = []
    for method in methods:
        chances, right = [], []
        for learnt, kept in _folds(answers):
            calibration = _calibrated([known[id(each)] for each in learnt], [each.right for each in learnt], method)
            chances += [calibration.chance(known[id(each)]) for each in kept]
            right += [each.right for each in kept]
        found.append((_quality(chances, right), method))
    quality, method = min(found, key=lambda each: each[0].error)
    return _calibrated(odds, [answer.right for answer in answers], method), quality


def _calibrated(odds: Sequence[float], right: Sequence[bool], method: str) -> Calibration:
    column = np.asarray(odds, dtype=float)
    if method == "isotonic":
        return _steps(column, right)
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6, max_iter=1_000).fit(column[:, None], right)
    slope, offset = round(float(model.coef_[0][0]), DIGITS), round(float(model.intercept_[0]), DIGITS)
    return Calibration(method="platt", slope=slope, offset=offset)


def _steps(odds: Rows, right: Sequence[bool]) -> Calibration:
    """Isotonic steps, each told at the middle of its answers: between two middles the chance rises along a line, so
    that no two answers of different odds get the same number (centred isotonic regression)."""
    from sklearn.isotonic import IsotonicRegression

    model: Any = IsotonicRegression(y_min=1 - SURE, y_max=SURE).fit(odds, np.asarray(right) * 1.0)
    levels, places = np.unique(model.predict(odds), return_inverse=True)
    middles = [float(odds[places == place].mean()) for place in range(len(levels))]
    return Calibration(
        method="isotonic",
        at=tuple(round(middle, DIGITS) for middle in middles),
        chances=tuple(round(float(level), DIGITS) for level in levels),
    )


def _folds(answers: Sequence[JudgedAnswer]) -> Iterator[tuple[list[JudgedAnswer], list[JudgedAnswer]]]:
    """What is learnt from and what is kept from it; clusters are dealt by their hash and never torn."""
    dealt = [int(content_hash(["fold", answer.cluster])[:8], 16) % FOLDS for answer in answers]
    for fold in range(FOLDS):
        kept = [answer for answer, place in zip(answers, dealt, strict=True) if place == fold]
        learnt = [answer for answer, place in zip(answers, dealt, strict=True) if place != fold]
        if kept and len({answer.right for answer in learnt}) == 2:
            yield learnt, kept


def _quality(chances: Sequence[float], right: Sequence[bool]) -> Quality:
    pairs = list(zip(chances, right, strict=True))
    losses = [-math.log(max(1e-6, chance if good else 1 - chance)) for chance, good in pairs]
    brier = sum((chance - good) ** 2 for chance, good in pairs) / len(pairs)
    return Quality(sum(losses) / len(pairs), brier, _calibration_error(pairs))


def _calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    bins = np.array_split(np.array(sorted(pairs)), BINS)
    return sum(abs(float(part[:, 0].sum() - part[:, 1].sum())) for part in bins if len(part)) / len(pairs)
