"""Exact binomial arithmetic behind every certificate: how likely few errors are, and how many labels are needed."""

import math
from collections.abc import Callable, Iterator

SMALLEST_LIMIT = 1_000_000
"""Beyond so many labels nobody is told how many more are needed."""
STEPS = 60
"""Bisections of a probability: finer than a float can tell."""


def at_most(errors: int, n: int, rate: float) -> float:
    """The chance of `errors` or fewer among `n` when each is wrong with probability `rate`: P(X <= k), exact.

    Raises ValueError for counts or rates that cannot be.
    """
    _check(errors, n, rate)
    if errors >= n or rate == 0:
        return 1.0
    if rate == 1:
        return 0.0
    # From the largest term downwards, each from the one before: no factorial ever overflows.
    mode = min(errors, int((n + 1) * rate))
    start = _log_term(mode, n, rate)
    odds = rate / (1 - rate)
    below = math.fsum(_ratios_down(mode, n, odds))
    above = math.fsum(_ratios_up(mode, errors, n, odds))
    return min(1.0, math.exp(start + math.log1p(below + above)))


def _log_term(k: int, n: int, rate: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(rate) + (n - k) * math.log1p(-rate)


def _ratios_down(mode: int, n: int, odds: float) -> Iterator[float]:
    ratio = 1.0
    for k in range(mode, 0, -1):
        ratio *= k / ((n - k + 1) * odds)
        if ratio < 1e-18:
            return
        yield ratio


def _ratios_up(mode: int, last: int, n: int, odds: float) -> Iterator[float]:
    ratio = 1.0
    for k in range(mode, last):
        ratio *= (n - k) * odds / (k + 1)
        if ratio < 1e-18:
            return
        yield ratio


def upper_bound(errors: int, n: int, delta: float) -> float:
    """Clopper and Pearson's one-sided bound: with confidence 1 - `delta` the true rate of errors is not above it.

    1 when nothing is known (`n` 0 or every item wrong). Raises ValueError for counts that cannot be.
    """
    _check(errors, n, 0.5)
    if errors >= n:
        return 1.0
    return _crossing(lambda rate: at_most(errors, n, rate) > delta, errors / n)


def lower_bound(errors: int, n: int, delta: float) -> float:
    """The same from below: with confidence 1 - `delta` the true rate of errors is not below it. 0 without errors."""
    _check(errors, n, 0.5)
    if errors == 0:
        return 0.0
    return 1 - upper_bound(n - errors, n, delta)


def _crossing(holds: Callable[[float], bool], low: float) -> float:
    """The last rate from `low` on at which a condition holds that holds first and then no more."""
    high = 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high


def smallest_n(errors: int, alpha: float, delta: float) -> int:
    """The fewest items that certify an error of at most `alpha` with so many errors among them.

    At alpha .10 and delta .05: 0 → 29, 1 → 46, 2 → 61, 5 → 103, 10 → 167. Raises ValueError for a rate that nothing
    can certify.
    """
    if not 0 < alpha < 1 or not 0 < delta < 1:
        raise ValueError(f"No number of items certifies {alpha} at {delta}.")
    high = errors + 1
    while at_most(errors, high, alpha) > delta:
        high *= 2
        if high > SMALLEST_LIMIT:
            raise ValueError(f"More than {SMALLEST_LIMIT} items would be needed.")
    low = errors
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at_most(errors, middle, alpha) > delta else (low, middle)
    return high


def most_errors(n: int, alpha: float, delta: float) -> int:
    """The most errors among `n` items that still certify; -1 when not even none would do."""
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at_most(middle, n, alpha) <= delta else (low, middle)
    return low


def labels_for_power(accuracy: float, alpha: float, delta: float, *, power: float = 0.8, limit: int = 20_000) -> int:
    """The number of labels from which on a group of this true accuracy is certified with a chance of `power` or more.

    The chance is a saw: it falls a little with each label until one more error is allowed. At alpha .10 and delta .05,
    for .92 to .97: 1365, 593, 333, 203, 142, 89. Raises ValueError when `limit` labels do not do.
    """
    allowed, found, n = 0, 0, smallest_n(0, alpha, delta)
    while n <= limit:
        following = smallest_n(allowed + 1, alpha, delta)
        if at_most(allowed, following - 1, 1 - accuracy) < power:
            found = 0
        elif not found:
            found = n
        elif n > 2 * found:
            return found
        allowed, n = allowed + 1, following
    raise ValueError(f"{limit} labels do not certify an accuracy of {accuracy} with a chance of {power}.")


def _check(errors: int, n: int, rate: float) -> None:
    if not 0 <= errors <= n or not 0 <= rate <= 1:
        raise ValueError(f"{errors} errors of {n} at a rate of {rate} cannot be.")
