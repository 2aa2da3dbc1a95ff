"""How the evidence for each must-escalate category is weighed, and from which probability on it is enough.

Rules are worth what they find among grave messages and near misses that their authors have not read, and the machines
what they say of messages that they were not fitted on: only such examples are judged here. Ordinary messages are
another matter: rules were tried on them while they were written, so they may flag others a little more often.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.danger import signs_in
from activities.classification.escalation_rules import ruled_signs
from activities.classification.evidence import FEATURES, HIGH, evidence_of, judged
from activities.classification.model import NONE, Numbers
from activities.classification.signs import CATEGORIES
from activities.training.dangers import FittedDangers, Units
from activities.training.examples import FOLDS, Example
from activities.training.heads import Labels

OWN_WEIGHS = 4.0
"""A message of the category, and one that only sounds like it, count as much as this many others."""
PENALTY = 1.0
ORDINARY_JUDGED = 2
"""Every how manieth ordinary message is judged: rules take two milliseconds each."""
FALSE_ALARMS = {"self_harm": 0.004, "threat": 0.004, "safety": 0.003}
USUAL_FALSE_ALARMS = 0.002
"""Share of ordinary messages that a category may send to a person needlessly. The examples of ordinary messages are
written to be hard: of everyday ones about half as many are flagged."""
NEAR_ALARMS = 0.08
"""Share of its near misses that a category may take; those with a share of their own may take any."""
SMALLEST_SPREAD = 1e-3


class Judged(NamedTuple):
    """Weights and cut-offs in the order of CATEGORIES, and how they did on messages that they were not fitted on."""

    weights: Numbers
    """(CATEGORIES, FEATURES + 1)."""
    cutoffs: tuple[float, ...]
    recalls: dict[str, float]
    near_alarms: dict[str, float]
    false_alarms: float


def fit_judges(examples: list[Example], units: Units, fitted: FittedDangers) -> Judged:
    """`fitted` is of `units`, which are of `examples`."""
    picked = _picked(examples)
    evidence = _evidence(examples, units, fitted, picked)
    labels = np.array([examples[at].label for at in picked])
    near = np.array([examples[at].near for at in picked])
    folds = np.array([examples[at].fold for at in picked])
    ordinary = (labels == NONE) & (near == "")
    weights, cutoffs, recalls, near_alarms = [], [], {}, {}
    flagged = np.zeros(len(picked), dtype=bool)
    for column, category in enumerate(CATEGORIES):
        own, close = labels == category, near == category
        counts = np.where(own | close, OWN_WEIGHS, 1.0)
        scores = np.zeros(len(picked))
        for fold in range(FOLDS):
            test = folds == fold
            scores[test] = judged(evidence[test, column], _fit(evidence[~test, column], own[~test], counts[~test]))
        weights.append(_fit(evidence[:, column], own, counts))
        cutoff = _cutoff(category, scores[ordinary], scores[close])
        cutoffs.append(cutoff)
        recalls[category], near_alarms[category] = _share(scores[own] >= cutoff), _share(scores[close] >= cutoff)
        flagged |= scores >= cutoff
    return Judged(np.stack(weights), tuple(cutoffs), recalls, near_alarms, _share(flagged[ordinary]))


def _picked(examples: list[Example]) -> list[int]:
    """Messages that no author of rules has read; of the ordinary ones only some. All of them where there are none."""
    ordinary = [at for at, each in enumerate(examples) if each.label == NONE and not each.near]
    left_out = set(ordinary) - set(ordinary[::ORDINARY_JUDGED])
    unseen = [at for at, each in enumerate(examples) if each.unseen and at not in left_out]
    known = {examples[at].label for at in unseen}
    return [at for at, each in enumerate(examples) if at not in left_out and (each.unseen or each.label not in known)]


def _evidence(examples: list[Example], units: Units, fitted: FittedDangers, picked: list[int]) -> Numbers:
    """(picked, CATEGORIES, FEATURES)."""
    ends = np.cumsum(np.bincount(units.owner, minlength=len(examples)))
    found = []
    for at in picked:
        rows = slice(int(ends[at - 1]) if at else 0, int(ends[at]))
        text = examples[at].text
        ruled, listed = ({sign.category for sign in signs} for signs in (ruled_signs(text), signs_in(text)))
        found.append(evidence_of(fitted.by_meaning[rows], fitted.by_letters[rows], ruled, listed))
    return np.stack(found)


def _fit(evidence: Numbers, own: NDArray[np.bool_], counts: Numbers) -> Numbers:
    """Weights and the constant, for evidence as it is. Of a category without examples nothing is ever enough."""
    from sklearn.linear_model import LogisticRegression

    if own.all() or not own.any():
        return np.array([*np.zeros(FEATURES), -HIGH])
    mean, spread = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), SMALLEST_SPREAD)
    fitted = LogisticRegression(C=PENALTY, max_iter=1_000).fit((evidence - mean) / spread, own, counts)
    weights = fitted.coef_[0] / spread
    return np.array([*weights, float(fitted.intercept_[0]) - float(weights @ mean)])


def _cutoff(category: str, ordinary: Numbers, close: Numbers) -> float:
    share = FALSE_ALARMS.get(category, USUAL_FALSE_ALARMS)
    cutoff = float(np.quantile(ordinary, 1 - share)) if len(ordinary) else 0.5
    if category not in FALSE_ALARMS and len(close):
        cutoff = max(cutoff, float(np.quantile(close, 1 - NEAR_ALARMS)))
    return round(min(0.99, max(0.02, cutoff)), 4)


def _share(hits: NDArray[np.bool_] | Labels) -> float:
    return float(hits.mean()) if len(hits) else 0.0
