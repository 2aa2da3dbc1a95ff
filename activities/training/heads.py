"""Fitting one head: a kernel machine on sentence vectors beside a linear one on n-grams, joined under one temperature."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.model import Numbers, Vectors, log_softmax
from activities.classification.ngrams import BUCKETS, counts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LANDMARKS = 1_500
GAMMA = 1.0
SEED = 7
KEPT_GRAMS = 60_000
"""N-grams that are kept of all that occur twice: those with the largest weights in the head of the intents."""
Labels = NDArray[np.str_]


class Space(NamedTuple):
    """What vectors are compared with: landmarks, and the map that makes likeness to them a good basis."""

    landmarks: Vectors
    basis: Numbers
    """(landmarks, landmarks)."""


class Head(NamedTuple):
    """A fitted head over a space. The kernel's weights already hold the basis."""

    classes: tuple[str, ...]
    kernel: Numbers
    """(landmarks, classes)."""
    bias: Numbers
    grams: Numbers
    """(BUCKETS, classes)."""
    gram_bias: Numbers


class Recipe(NamedTuple):
    """How strongly each reader may trust what it has seen, and how much the second one weighs."""

    kernel_c: float = 10.0
    grams_c: float = 0.3
    grams_weigh: float = 3.0


def space_of(vectors: Vectors, landmarks: int = LANDMARKS) -> Space:
    """Landmarks drawn from the vectors, the same ones every time."""
    from sklearn.kernel_approximation import Nystroem

    count = min(landmarks, len(vectors))
    fitted = Nystroem(gamma=GAMMA, n_components=count, random_state=SEED).fit(vectors)
    return Space(fitted.components_.astype(np.float32), fitted.normalization_.T.astype(np.float64))


def likeness(vectors: Vectors, space: Space) -> Numbers:
    """(texts, landmarks): the Gaussian kernel of unit vectors."""
    near = vectors @ space.landmarks.T
    return np.asarray(np.exp(-2.0 * GAMMA * (1.0 - near.astype(np.float64))))


def grams_of(texts: Sequence[str]) -> "csr_matrix":
    """One row of n-gram counts a text."""
    from scipy.sparse import csr_matrix

    rows = [counts(text) for text in texts]
    columns = np.concatenate([buckets for buckets, _ in rows])
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    return csr_matrix((np.concatenate([often for _, often in rows]), columns, ends), shape=(len(rows), BUCKETS))


def rarity_of(grams: "csr_matrix") -> Numbers:
    """Inverse document frequency of each bucket; 0 for one that occurs in a single text."""
    seen = np.asarray((grams > 0).sum(axis=0)).ravel()
    return np.asarray(np.where(seen < 2, 0.0, np.log((1 + grams.shape[0]) / (1 + seen)) + 1))


def weighed(grams: "csr_matrix", rarity: Numbers) -> "csr_matrix":
    """Rows of unit length."""
    from sklearn.preprocessing import normalize

    return normalize(grams.multiply(rarity).tocsr())


def fit_head(
    likenesses: Numbers,
    space: Space,
    grams: "csr_matrix",
    labels: Labels,
    classes: tuple[str, ...],
    recipe: Recipe,
    weights: Numbers | None = None,
) -> Head:
    """Fits both readers. `grams` are weighed; a class without examples can never win."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    basis = (likenesses @ space.basis).astype(np.float32)
    near = LogisticRegression(C=recipe.kernel_c, max_iter=150, tol=2e-3).fit(basis, labels, sample_weight=weights)
    letters = LinearSVC(C=recipe.grams_c, random_state=SEED).fit(grams, labels, sample_weight=weights)
    kernel, bias = _in_order(near, classes, basis.shape[1])
    gram, gram_bias = _in_order(letters, classes, BUCKETS)
    return Head(classes, space.basis @ kernel, bias, gram, gram_bias)


def _in_order(model: Any, classes: tuple[str, ...], width: int) -> tuple[Numbers, Numbers]:
    """Weights and bias, one column a class. Two classes come from scikit-learn as one column."""
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weights, bias = np.zeros((width, len(classes))), np.full(len(classes), -20.0)
    for row, name in enumerate(model.classes_):
        weights[:, classes.index(name)], bias[classes.index(name)] = coefficients[row], intercepts[row]
    return weights, bias


def scores_of(head: Head, likenesses: Numbers, grams: "csr_matrix", recipe: Recipe) -> Numbers:
    """What the head says before any temperature."""
    by_meaning = log_softmax(likenesses @ head.kernel + head.bias)
    return np.asarray(by_meaning + recipe.grams_weigh * (grams @ head.grams + head.gram_bias))


def fit_temperature(scores: Numbers, labels: Labels, classes: tuple[str, ...]) -> float:
    """The one divisor of the scores under which unseen examples are likeliest."""
    index = np.array([classes.index(label) for label in labels])
    grid = np.geomspace(0.3, 12.0, 150)
    losses = [-log_softmax(scores / t)[np.arange(len(index)), index].mean() for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 4)
