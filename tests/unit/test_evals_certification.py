"""The simulation of certified thresholds: its truth, its figures, and that it repeats itself."""

import numpy as np
import pytest

from domain.certification import Item
from domain.evidence import ALARM_RATES, e_value, evidence_of
from evals.certification import (
    MOST_BROKEN,
    alarm_bounds,
    labels_until_alarm,
    measure_certificate,
    merit_bounds,
    naive_threshold,
    simulate_stores,
)
from evals.certified_groups import simulate_families
from evals.made_up_stores import made_up_store


def test_made_up_stores_have_the_accuracy_that_was_wanted() -> None:
    found = [made_up_store(np.random.default_rng(seed)) for seed in range(40)]
    assert all(0.86 - 1e-6 <= world.above(0.0)[1] <= 0.91 + 1e-6 for world in found)
    assert all(world.above(0.0)[0] == pytest.approx(1) for world in found)


def test_the_naive_threshold_is_the_lowest_that_looks_good() -> None:
    # at .60: 1 of 10 wrong looks good; at .30: 4 of 20 does not
    labels = [Item(score=0.6, right=place > 0) for place in range(10)]
    labels += [Item(score=0.3, right=place > 2) for place in range(10)]
    assert naive_threshold(labels) == pytest.approx(0.31)


def test_the_promise_is_kept_and_the_naive_threshold_breaks_it() -> None:
    certified, naive, best = simulate_stores(300, stores=200)
    assert best.broken == 0
    assert certified.broken <= MOST_BROKEN * 200 / 1_000
    assert naive.broken > 3 * certified.broken
    assert 0 < certified.automated.value < best.automated.value < naive.automated.value


def test_the_same_seed_gives_the_same_figures() -> None:
    assert simulate_stores(300, stores=20) == simulate_stores(300, stores=20)
    assert labels_until_alarm(0.8, runs=20) == labels_until_alarm(0.8, runs=20)


def test_the_bounds_say_when_the_bets_act() -> None:
    bounds = alarm_bounds(200)
    assert all(
        e_value(bounds[n - 1], n, ALARM_RATES) >= 20 > e_value(bounds[n - 1] - 1, n, ALARM_RATES) for n in (5, 60)
    )
    n = next(n for n, most in enumerate(merit_bounds(200), 1) if most >= 0)
    assert evidence_of([True] * n).earned
    assert not evidence_of([True] * (n - 1)).earned


def test_a_bad_group_is_noticed_and_a_good_one_left_alone() -> None:
    bad, good = labels_until_alarm(0.8, runs=300), labels_until_alarm(0.91, runs=300)
    assert 45 <= sorted(at or 9_999 for at in bad)[150] <= 85
    assert sum(at is not None for at in good) <= 15


def test_the_part_tells_figures_and_tables() -> None:
    part = measure_certificate(stores=40, runs=40, families=2)
    assert part.name == "certificate"
    assert part.missed == []
    assert {"stores_300_labels", "accuracy_0.80", "whole_stores"} <= set(part.figures)
    assert [len(set(map(len, (table.header, *table.rows)))) for table in part.tables] == [1, 1, 1]


def test_whole_stores_keep_their_promises_over_all_groups_and_looks() -> None:
    found = simulate_families(stores=20)
    assert found.broken <= 4  # a chance of .05 each: more than 4 of 20 once in 400 times
    assert 0 < found.pooled < found.certificates
    assert simulate_families(stores=3) == simulate_families(stores=3)
