"""How good guesses are: macro F1 with its interval, and how far probabilities are from the truth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.model import Numbers

Labels = NDArray[np.str_]
SEED = 20_240
RESAMPLES = 400


class Figure(NamedTuple):
    """Macro F1 of one language with its 95% bootstrap interval and the number of utterances."""

    language: str
    n: int
    f1: float
    low: float
    high: float


def figures_of(names: Labels, labels: Labels, languages: Labels) -> tuple[Figure, ...]:
    """Macro F1 of these guesses over all languages and in each."""
    rows = [("all", np.ones(len(labels), dtype=bool)), *((lang, languages == lang) for lang in sorted(set(languages)))]
    return tuple(_figure(str(name), names[mask], labels[mask]) for name, mask in rows)


def _figure(language: str, guesses: Labels, labels: Labels) -> Figure:
    random = np.random.default_rng(SEED)
    draws = []
    for _ in range(RESAMPLES):
        picked = random.integers(0, len(labels), len(labels))
        draws.append(_macro_f1(guesses[picked], labels[picked]))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Figure(language, len(labels), _macro_f1(guesses, labels), float(low), float(high))


def _macro_f1(guesses: Labels, labels: Labels) -> float:
    scores = []
    for name in sorted(set(labels)):
        both = int(((guesses == name) & (labels == name)).sum())
        scores.append(2 * both / max(1, int((guesses == name).sum() + (labels == name).sum())))
    return float(np.mean(scores))


def calibration_error_of(probabilities: Numbers, classes: Labels, labels: Labels, bins: int = 10) -> float:
    """Expected calibration error of the winning class over equal-mass bins."""
    sure = probabilities.max(axis=1)
    right = classes[probabilities.argmax(axis=1)] == labels
    order = np.argsort(sure)
    gaps = [abs(sure[part].mean() - right[part].mean()) * len(part) for part in np.array_split(order, bins)]
    return float(sum(gaps) / len(labels))
