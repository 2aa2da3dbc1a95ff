"""Shares, differences and areas with their 95% intervals. Pure and deterministic: every bootstrap has a fixed seed."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from domain.values import Value

Z = 1.959963984540054
"""Two-sided 95% of the normal distribution."""
RESAMPLES = 10_000
AREA_RESAMPLES = 2_000
SEED = 20_260_101
Column = npt.NDArray[np.float64]
Scored = tuple[Sequence[float], Sequence[float]]
"""Scores of the positives, and of the negatives."""


class Estimate(Value):
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float
    n: int
    """How many questions it is about."""


class Difference(Value):
    """How much better the first of two is on the same questions."""

    value: float
    """Of the means, first minus second."""
    low: float
    high: float
    """95% by paired bootstrap over questions."""
    n: int
    only_first: int
    """Questions that only the first has right; 0 where figures and no outcomes are compared."""
    only_second: int
    p: float | None
    """Exact McNemar test, two-sided: the chance of a split as uneven as this if both were equally good."""


def share(outcomes: Sequence[bool]) -> Estimate:
    """Share of true outcomes with Wilson's interval. NaN for none at all."""
    low, high = wilson(sum(outcomes), len(outcomes))
    value = sum(outcomes) / len(outcomes) if outcomes else math.nan
    return Estimate(value=value, low=low, high=high, n=len(outcomes))


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of a share (1927): it stays within 0 and 1, and is right for few cases too."""
    if n == 0:
        return 0.0, 1.0
    centre = (hits + Z * Z / 2) / (n + Z * Z)
    half = Z / (n + Z * Z) * math.sqrt(hits * (n - hits) / n + Z * Z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def difference(first: Sequence[bool], second: Sequence[bool]) -> Difference:
    """Compares two ways of answering the same questions, in the same order. Raises ValueError for other lengths."""
    steps = [int(a) - int(b) for a, b in zip(first, second, strict=True)]
    only_first, only_second, n = steps.count(1), steps.count(-1), len(steps)
    shares = np.array([only_first, only_second, n - only_first - only_second]) / max(n, 1)
    # Resampling n questions with replacement draws these three counts from a multinomial distribution.
    drawn = np.random.default_rng(SEED).multinomial(n, shares, size=RESAMPLES) if n else np.zeros((1, 3))
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / max(n, 1), [0.025, 0.975])
    return Difference(
        value=(only_first - only_second) / max(n, 1),
        low=float(low),
        high=float(high),
        n=n,
        only_first=only_first,
        only_second=only_second,
        p=mcnemar(only_first, only_second),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided McNemar test: a sign test over the questions on which the two disagree."""
    n, fewer = only_first + only_second, min(only_first, only_second)
    tail: float = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return min(1.0, 2 * tail)


def area(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counted half. NaN without
    both."""
    if not len(positives) or not len(negatives):
        return math.nan
    return float(_above(np.asarray(positives, dtype=float), np.asarray(negatives, dtype=float)).mean())


def area_estimate(positives: Sequence[float], negatives: Sequence[float]) -> Estimate:
    """The area with an interval by bootstrap over positives and over negatives."""
    value = area(positives, negatives)
    drawn = _drawn_areas(_above(np.asarray(positives), np.asarray(negatives)))
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (0.0, 1.0)
    return Estimate(value=value, low=float(low), high=float(high), n=len(positives) + len(negatives))


def area_difference(first: Scored, second: Scored) -> Difference:
    """Compares two scores of the same positives and negatives, in the same order, by paired bootstrap. Raises
    ValueError for other lengths."""
    a, b = (_above(np.asarray(one[0], dtype=float), np.asarray(one[1], dtype=float)) for one in (first, second))
    if a.shape != b.shape:
        raise ValueError("Only scores of the same questions can be compared.")
    drawn = _drawn_areas(a - b)
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (0.0, 0.0)
    value = float((a - b).mean()) if a.size else 0.0
    n = a.shape[0] + a.shape[1]
    return Difference(value=value, low=float(low), high=float(high), n=n, only_first=0, only_second=0, p=None)


def mean_estimate(values: Sequence[float]) -> Estimate:
    """A mean with an interval by bootstrap. NaN for none at all."""
    column = np.asarray(values, dtype=float)
    if not column.size:
        return Estimate(value=math.nan, low=math.nan, high=math.nan, n=0)
    drawn = np.random.default_rng(SEED).choice(column, size=(AREA_RESAMPLES, column.size)).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value=float(column.mean()), low=float(low), high=float(high), n=column.size)


def _above(positives: Column, negatives: Column) -> Column:
    """One row a positive, one column a negative: 1 where it scores above, a half at a tie."""
    steps = np.sign(positives[:, None] - negatives[None, :])
    result: Column = (steps + 1) / 2
    return result


def _drawn_areas(pairs: Column) -> Column:
    """Means of the pairs over resampled rows and columns."""
    if not pairs.size:
        return np.zeros(0)
    random = np.random.default_rng(SEED)
    rows, columns = pairs.shape
    taken = random.multinomial(rows, [1 / rows] * rows, size=AREA_RESAMPLES)
    others = random.multinomial(columns, [1 / columns] * columns, size=AREA_RESAMPLES)
    drawn: Column = np.einsum("rp,pn,rn->r", taken, pairs, others, optimize=True) / (rows * columns)
    return drawn
