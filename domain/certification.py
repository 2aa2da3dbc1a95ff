"""Learn-then-Test: the lowest threshold for which a promise about automated answers can be certified. Pure.

The promise: of the answers that leave by themselves at most a share `alpha` is wrong. It is false with a probability of
`delta` or less, over everything that is ever certified for a store: groups tested together share it, and each further
recalibration gets a smaller part of it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from domain.binomial import at_most, smallest_n, upper_bound
from domain.values import Value

ALPHA = 0.10
"""Largest promised share of wrong answers."""
DELTA = 0.05
"""Chance that anything certified for a store is false."""
GRID = tuple(step / 100 for step in range(99, 0, -1))
"""Thresholds from the strictest down, fixed before anybody has looked at a label."""
FORGIVEN = 2
"""Where the test starts, so many wrong answers would still certify: about 60 items at alpha .10 and delta .05."""
SUREST = 3
"""And not above the surest third: of few items the best score tells little, and one failure there ends the test."""


class Item(NamedTuple):
    """One audited draft that the guard let pass: what the score said of it, 0 to 1, and what a person did."""

    score: float
    right: bool


class Step(Value):
    """One threshold that was tested."""

    threshold: float
    n: int
    errors: int
    p: float
    """Chance of so few errors if the true share of wrong answers were `alpha`."""


class Verdict(Value):
    """What one group's labels certify. `threshold` None: nothing."""

    alpha: float
    delta: float
    """This group's part."""
    labels: int
    start: int
    """Items that must lie above a threshold before it is tested."""
    threshold: float | None = None
    n: int = 0
    """Items at or above the threshold; for a group without one, those of the first that was tested."""
    errors: int = 0
    bound: float = 1.0
    """Clopper and Pearson: with confidence 1 - delta no larger share of wrong answers is true at the threshold."""
    steps: tuple[Step, ...] = ()
    """Every threshold tested, strictest first; the last failed unless the grid ended."""

    @property
    def too_few(self) -> bool:
        """No threshold had items enough to be tested at all."""
        return not self.steps


def share_of_delta(delta: float, recalibration: int) -> float:
    """What the `recalibration`-th look at the labels may spend, counted from 1: 6 delta / (pi² t²). They add up to
    `delta` over all there will ever be. Raises ValueError below 1."""
    if recalibration < 1:
        raise ValueError("Recalibrations are counted from 1.")
    return 6 * delta / (math.pi**2 * recalibration**2)


def starting_count(alpha: float, delta: float) -> int:
    """How many items must lie above the first threshold that is tested: 61 at alpha .10 and delta .05."""
    return smallest_n(FORGIVEN, alpha, delta)


def certify(items: Sequence[Item], *, alpha: float = ALPHA, delta: float = DELTA) -> Verdict:
    """Tests the grid in its fixed order and stops at the first threshold that fails.

    It starts where at least `starting_count` items and a third of all lie above: counts of scores, which no label has
    chosen. Each threshold is tested at the
    whole `delta`: in a fixed sequence the first true null hypothesis is rejected with that probability at most.
    """
    start = max(starting_count(alpha, delta), len(items) // SUREST)
    ordered = sorted(items, key=lambda item: item.score, reverse=True)
    steps: list[Step] = []
    best: Step | None = None
    n = errors = 0
    for threshold in GRID:
        before = n
        while n < len(ordered) and ordered[n].score >= threshold:
            errors += not ordered[n].right
            n += 1
        if n < start or (steps and n == before):
            continue
        step = Step(threshold=threshold, n=n, errors=errors, p=at_most(errors, n, alpha))
        steps.append(step)
        if step.p > delta:
            break
        best = step
    told = best or (steps[0] if steps else None)
    return Verdict(
        alpha=alpha,
        delta=delta,
        labels=len(ordered),
        start=start,
        threshold=best.threshold if best else None,
        n=told.n if told else 0,
        errors=told.errors if told else 0,
        bound=upper_bound(told.errors, told.n, delta) if told else 1.0,
        steps=tuple(steps),
    )


def missing_labels(verdict: Verdict) -> int:
    """How many more labels above the strictest threshold would certify it if every one of them were right; 0 for what
    is certified. A lower bound: one wrong among them asks for about 15 more."""
    if verdict.threshold is not None:
        return 0
    if verdict.too_few:
        return max(1, verdict.start - verdict.labels)
    first = verdict.steps[0]
    return smallest_n(first.errors, verdict.alpha, verdict.delta) - first.n
