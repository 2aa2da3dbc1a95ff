"""Fitting one head: a kernel machine on sentence vectors beside a linear one on n-grams, under one temperature."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.model import Numbers, Vectors, log_softmax
from activities.classification.ngrams import BUCKETS, counts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LANDMARKS = 2_000
GAMMA = 0.7
SEED = 7
KEPT_GRAMS = 40_000
"""N-grams of a space that are kept of all that occur twice: those with the largest weights."""
STEPS = 127
"""Landmarks are stored in this many steps either side of nought, and compared as they are stored."""
_JITTER = 0.05
"""Keeps the equations solvable where landmarks nearly coincide."""
Labels = NDArray[np.str_]
_ONE_BY_ONE = threading.Lock()
"""liblinear draws its random numbers from one place a process: two fits at once would not come out the same twice."""


class Space(NamedTuple):
    """What vectors are compared with."""

    landmarks: NDArray[np.int8]
    """(landmarks, dimensions), in STEPS of `scale`."""
    scale: float

    @property
    def unpacked(self) -> Vectors:
        """The landmarks as vectors."""
        return self.landmarks.astype(np.float32) * np.float32(self.scale)


class Head(NamedTuple):
    """A fitted head over a space."""

    classes: tuple[str, ...]
    kernel: Numbers
    """(landmarks, classes)."""
    bias: Numbers
    grams: Numbers
    """(BUCKETS, classes)."""
    gram_bias: Numbers


class Recipe(NamedTuple):
    """How strongly each reader may trust what it has seen, and how much the second one weighs."""

    ridge: float = 0.1
    """Penalty of the kernel machine: smaller trusts the examples more."""
    grams_c: float = 1.0
    """Inverse penalty of the linear machine."""
    grams_weigh: float = 0.5


def space_of(vectors: Vectors, landmarks: int = LANDMARKS) -> Space:
    """Landmarks drawn from the vectors, the same ones every time."""
    random = np.random.default_rng(SEED)
    return space_of_rows(vectors[random.choice(len(vectors), min(landmarks, len(vectors)), replace=False)])


def space_of_rows(drawn: Vectors) -> Space:
    """These vectors as landmarks, as they are stored."""
    scale = float(np.abs(drawn).max()) / STEPS
    return Space(np.round(drawn / scale).astype(np.int8), scale)


def likeness(vectors: Vectors, space: Space) -> Vectors:
    """(texts, landmarks): the Gaussian kernel of unit vectors."""
    near = vectors @ space.unpacked.T
    near -= 1.0
    near *= 2.0 * GAMMA
    result: Vectors = np.exp(near, out=near)
    return result


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


class Sums(NamedTuple):
    """What kernel ridge regression needs of some rows. Those of several folds add up."""

    products: Numbers
    """(landmarks, landmarks)."""
    wanted: Numbers
    """(landmarks, classes)."""
    likenesses: Numbers
    """(landmarks,)."""
    counted: Numbers
    """(classes,): weight of the rows of each class."""

    def plus(self, other: "Sums", sign: int = 1) -> "Sums":
        """Both together, or the first without the second."""
        return Sums(*(one + sign * two for one, two in zip(self, other, strict=True)))


def sums_of(likenesses: Vectors, labels: Labels, classes: tuple[str, ...], weights: Numbers | None = None) -> Sums:
    """Of rows that count as much as `weights` say."""
    wanted = (labels[:, None] == np.array(classes)[None]).astype(np.float32)
    counted = np.ones(len(labels), dtype=np.float32) if weights is None else weights.astype(np.float32)
    rows = likenesses * counted[:, None]
    return Sums(
        (rows.T @ likenesses).astype(np.float64),
        (rows.T @ wanted).astype(np.float64),
        rows.sum(axis=0, dtype=np.float64),
        (wanted * counted[:, None]).sum(axis=0, dtype=np.float64),
    )


def fit_head(
    sums: Sums,
    space: Space,
    grams: "csr_matrix",
    labels: Labels,
    *,
    classes: tuple[str, ...],
    recipe: Recipe,
    weights: Numbers | None = None,
) -> Head:
    """Fits both readers: kernel ridge regression on the landmarks, and a linear support vector machine on the `grams`,
    which are weighed. `weights` say how much each row counts. A class without examples can never win."""
    from sklearn.svm import LinearSVC

    kernel, bias = _ridge(sums, space, recipe)
    letters = LinearSVC(C=recipe.grams_c, random_state=SEED, tol=0.1, max_iter=200)
    with _ONE_BY_ONE:
        letters.fit(grams, labels, sample_weight=weights)
    gram, gram_bias = _in_order(letters, classes)
    return Head(classes, kernel, bias, gram, gram_bias)


def _ridge(sums: Sums, space: Space, recipe: Recipe) -> tuple[Numbers, Numbers]:
    """Least squares on one column a class, 1 for its own rows, penalised by the norm that belongs to the kernel."""
    from scipy.linalg import cho_factor, cho_solve

    bias = sums.counted / sums.counted.sum()
    among = likeness(space.unpacked, space).astype(np.float64)
    products = sums.products + recipe.ridge * among + _JITTER * np.eye(len(among))
    solved = cho_solve(cho_factor(products, overwrite_a=True), sums.wanted - np.outer(sums.likenesses, bias))
    return solved, np.where(bias > 0, bias, -20.0)


def _in_order(model: Any, classes: tuple[str, ...]) -> tuple[Numbers, Numbers]:
    """Weights and bias, one column a class. Two classes come from scikit-learn as one column."""
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        coefficients = np.concatenate([-coefficients, coefficients])
        intercepts = np.concatenate([-intercepts, intercepts])
    weights, bias = np.zeros((BUCKETS, len(classes))), np.full(len(classes), -20.0)
    for row, name in enumerate(model.classes_):
        weights[:, classes.index(name)], bias[classes.index(name)] = coefficients[row], intercepts[row]
    return weights, bias


def scores_of(head: Head, likenesses: Vectors, grams: "csr_matrix", recipe: Recipe) -> Numbers:
    """What the head says before any temperature."""
    by_meaning, by_letters = read_apart(head, likenesses, grams)
    return np.asarray(by_meaning + recipe.grams_weigh * by_letters)


def read_apart(head: Head, likenesses: Vectors, grams: "csr_matrix") -> tuple[Numbers, Numbers]:
    """What each of the two readers says, before one is weighed against the other."""
    return np.asarray(likenesses @ head.kernel + head.bias), np.asarray(grams @ head.grams + head.gram_bias)


def fit_temperature(scores: Numbers, labels: Labels, classes: tuple[str, ...]) -> float:
    """The one divisor of the scores under which unseen examples are likeliest."""
    index = np.array([classes.index(label) for label in labels])
    grid = np.geomspace(0.02, 4.0, 200)
    losses = [-log_softmax(scores / t)[np.arange(len(index)), index].mean() for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 4)
