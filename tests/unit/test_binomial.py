"""Exact binomial arithmetic, against the published table, scipy and what must hold of any distribution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from domain.binomial import at_most, labels_for_power, lower_bound, most_errors, smallest_n, upper_bound

counts = st.integers(0, 2_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
rates = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    ("errors", "n"),
    # .9^29 = .0471 <= .05 < .9^28 = .0523; the others by the same search over the exact sum
    [(0, 29), (1, 46), (2, 61), (5, 103), (10, 167)],
)
def test_so_many_items_certify_ninety_percent_with_so_many_errors(errors: int, n: int) -> None:
    assert smallest_n(errors, 0.10, 0.05) == n
    assert at_most(errors, n, 0.10) <= 0.05 < at_most(errors, n - 1, 0.10)
    assert most_errors(n, 0.10, 0.05) == errors
    assert most_errors(n - 1, 0.10, 0.05) == errors - 1


@given(counts, rates)
def test_the_chance_of_few_errors_is_that_of_scipy(count: tuple[int, int], rate: float) -> None:
    errors, n = count
    assert at_most(errors, n, rate) == pytest.approx(stats.binom.cdf(errors, n, rate), rel=1e-8, abs=1e-250)


@given(counts, rates)
def test_more_errors_are_never_less_likely_to_bound(count: tuple[int, int], rate: float) -> None:
    errors, n = count
    assert 0 <= at_most(errors, n, rate) <= 1
    if errors:
        assert at_most(errors - 1, n, rate) <= at_most(errors, n, rate) + 1e-12


@given(counts, st.sampled_from([0.05, 0.01, 0.0005]))
def test_the_bound_is_that_of_clopper_and_pearson(count: tuple[int, int], delta: float) -> None:
    errors, n = count
    expected = 1.0 if errors == n else stats.beta.ppf(1 - delta, errors + 1, n - errors)
    assert upper_bound(errors, n, delta) == pytest.approx(expected, abs=1e-9)
    least = 0.0 if errors == 0 else stats.beta.ppf(delta, errors, n - errors + 1)
    assert lower_bound(errors, n, delta) == pytest.approx(least, abs=1e-9)


@given(counts)
def test_a_bound_below_alpha_and_a_small_p_value_say_the_same(count: tuple[int, int]) -> None:
    errors, n = count
    bound, p = upper_bound(errors, n, 0.05), at_most(errors, n, 0.10)
    if abs(p - 0.05) > 1e-9 and n:
        assert (bound <= 0.10) == (p <= 0.05)


@pytest.mark.parametrize("accuracy", [0.92, 0.95, 0.97])
def test_enough_labels_stay_enough(accuracy: float) -> None:
    found = labels_for_power(accuracy, 0.10, 0.05)
    chances = [at_most(most_errors(n, 0.10, 0.05), n, 1 - accuracy) for n in range(found, found + 200)]
    assert min(chances) >= 0.8
    assert at_most(most_errors(found - 1, 0.10, 0.05), found - 1, 1 - accuracy) < 0.8


@pytest.mark.parametrize(("errors", "n", "rate"), [(3, 2, 0.1), (-1, 2, 0.1), (1, 2, 1.5)])
def test_counts_that_cannot_be_are_refused(errors: int, n: int, rate: float) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        at_most(errors, n, rate)


def test_what_nothing_certifies_is_said() -> None:
    with pytest.raises(ValueError, match="No number"):
        smallest_n(0, 0.0, 0.05)
    with pytest.raises(ValueError, match="do not certify"):
        labels_for_power(0.901, 0.10, 0.05, limit=500)
