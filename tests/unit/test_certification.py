"""Learn-then-Test, pools, the shares of delta, the bets on audited replies, and MAPIE as the oracle."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapie.risk_control import BinaryClassificationController

from domain.binomial import at_most
from domain.certification import (
    Item,
    certify,
    missing_labels,
    share_of_delta,
    starting_count,
)
from domain.evidence import ALARM_RATES, MERIT_RATES, e_value, evidence_of
from domain.groups import ALONE, pools_of
from domain.rollout import SHARES, back, forward, place_of

LANGUAGES = ("en", "es", "fr", "de", "pt")
INTENTS = ("order_status", "return_request", "product_question", "shipping", "payment")
KEYS = [f"{intent}/{language}" for intent in INTENTS for language in LANGUAGES]


def items(*bands: tuple[float, int, int]) -> list[Item]:
    """Bands of score, number of items and errors among them."""
    return [Item(score=score, right=place >= errors) for score, number, errors in bands for place in range(number)]


items_of_any_kind = st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=400).map(
    lambda pairs: [Item(score=score / 100, right=right) for score, right in pairs]
)


def test_the_test_starts_where_sixty_one_items_lie_above() -> None:
    # 60 items above .95 are too few to be tested; at .90 it is 60 + 40 with 2 errors: P(X <= 2; 100, .1) = .0019
    found = certify(items((0.95, 60, 2), (0.90, 40, 0)))
    assert starting_count(0.10, 0.05) == 61
    assert [step.threshold for step in found.steps] == [0.90]
    assert (found.threshold, found.n, found.errors) == (0.90, 100, 2)
    assert found.steps[0].p == pytest.approx(0.00194, abs=1e-5)


def test_with_many_labels_the_test_starts_where_a_third_of_them_lie_above() -> None:
    # 300 labels: a third is 100. At .97 there are 70 with 5 errors, which would end the test; at .90 100 with 5:
    # P(X <= 5; 100, .1) = .0576 fails, with 4 errors .0237
    fails = certify(items((0.97, 70, 5), (0.90, 30, 0), (0.50, 200, 20)))
    assert [(step.threshold, step.n) for step in fails.steps] == [(0.90, 100)]
    passes = certify(items((0.97, 70, 4), (0.90, 30, 0), (0.50, 200, 30)))
    assert (passes.threshold, passes.start) == (0.90, 100)


def test_the_test_stops_at_the_first_threshold_that_fails() -> None:
    # .97: 0 of 70 passes; .80: 14 of 100, P(X <= 14; 100, .1) = .927 fails; .50 is not looked at: 14 of 200, p = .09
    found = certify(items((0.97, 70, 0), (0.80, 30, 14), (0.50, 100, 0)))
    assert (found.threshold, found.n, found.errors) == (0.97, 70, 0)
    assert [step.threshold for step in found.steps] == [0.97, 0.80]


def test_the_bound_of_what_is_certified_is_below_alpha() -> None:
    found = certify(items((0.97, 120, 4)))
    assert found.threshold == 0.97
    assert found.bound <= 0.10


def test_too_few_labels_certify_nothing_and_say_how_many_are_missing() -> None:
    found = certify(items((0.97, 40, 0)))
    assert (found.threshold, found.too_few, missing_labels(found)) == (None, True, 21)


def test_too_many_errors_certify_nothing_and_say_how_many_right_ones_would_help() -> None:
    # 5 errors need 103 items (the table), 70 are there
    found = certify(items((0.97, 70, 5)))
    assert (found.threshold, found.too_few, missing_labels(found)) == (None, False, 33)


@given(items_of_any_kind)
@settings(max_examples=60)
def test_whatever_is_certified_holds_at_every_stricter_threshold_that_was_tested(found_items: list[Item]) -> None:
    found = certify(found_items)
    passed = [step for step in found.steps if step.p <= found.delta]
    assert found.threshold == (passed[-1].threshold if passed else None)
    assert list(found.steps[: len(passed)]) == passed
    for step in found.steps:
        above = [item for item in found_items if item.score >= step.threshold]
        assert (step.n, step.errors) == (len(above), sum(not item.right for item in above))
        assert step.p == at_most(step.errors, step.n, found.alpha)


@given(items_of_any_kind)
@settings(max_examples=60)
def test_labels_do_not_choose_which_thresholds_are_tested(found_items: list[Item]) -> None:
    all_right = certify([Item(score=item.score, right=True) for item in found_items]).steps
    tested = certify(found_items).steps
    assert [step.threshold for step in tested] == [step.threshold for step in all_right[: len(tested)]]


@given(items_of_any_kind)
@settings(max_examples=60)
def test_a_smaller_delta_never_certifies_more(found_items: list[Item]) -> None:
    generous, strict = certify(found_items, delta=0.05), certify(found_items, delta=0.005)
    if strict.threshold is not None and generous.steps and strict.steps[0].n == generous.steps[0].n:
        assert generous.threshold is not None
        assert generous.threshold <= strict.threshold


def oracle(found: list[Item], thresholds: list[float]) -> list[float]:
    """What MAPIE certifies among the same thresholds, in the same order."""
    scores = np.array([item.score for item in found])

    def predict(given_scores: Any) -> Any:
        column = np.asarray(given_scores, dtype=float).reshape(-1)
        return np.column_stack([1 - column, column])

    controller = BinaryClassificationController(
        predict,
        risk="precision",
        target_level=0.9,
        confidence_level=0.95,
        fwer_method="fixed_sequence",
        list_predict_params=np.array(thresholds),
    )
    controller.calibrate(scores.reshape(-1, 1), np.array([int(item.right) for item in found]))
    return [float(each) for each in np.asarray(controller.valid_predict_params)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(12))
def test_mapie_agrees(seed: int) -> None:
    # A score that tells much: where the error falls with the threshold, MAPIE turns the order of the grid around.
    random = np.random.default_rng(seed)
    scores = np.round(random.beta(4, 1, size=600), 4)
    chance = 1 / (1 + np.exp(-(random.uniform(-7, -5) + random.uniform(9, 10) * scores)))
    found = [Item(score=float(s), right=bool(r)) for s, r in zip(scores, random.random(600) < chance, strict=True)]
    tested = certify([Item(score=item.score, right=True) for item in found]).steps
    certified = oracle(found, [step.threshold for step in tested])
    ours = certify(found)
    passed = [step for step in ours.steps if step.p <= 0.05]
    # Its p-values round the number of errors up, by one at most.
    surely = [step for step in passed if at_most(step.errors + 1, step.n, 0.10) <= 0.05]
    assert certified == [step.threshold for step in passed[: len(certified)]]
    assert len(certified) >= len(surely) or surely != passed[: len(surely)]


def test_what_all_recalibrations_spend_adds_up_to_delta() -> None:
    spent = math.fsum(share_of_delta(0.05, time) for time in range(1, 20_000))
    assert spent == pytest.approx(0.05, abs=1e-5)
    assert spent < 0.05
    assert share_of_delta(0.05, 1) == pytest.approx(0.030396, abs=1e-6)
    with pytest.raises(ValueError, match="counted from 1"):
        share_of_delta(0.05, 0)


# --- pools ---


def test_whoever_has_labels_enough_is_tested_alone_and_the_rest_by_intent_then_language_then_store() -> None:
    counts = {
        "order_status/en": 240,  # alone
        **{f"order_status/{language}": 30 for language in ("es", "fr")},  # 60 together: too few for 61
        **{f"shipping/{language}": 40 for language in ("en", "es", "fr")},  # 120: a pool of the intent
        "payment/es": 10,  # with order_status/es 40: too few
        "payment/fr": 40,  # with order_status/fr 70: a pool of the language
        "return_request/en": 25,  # with order_status/es and payment/es 65: all that is left
        "product_question/pt": 4,  # seen too seldom
    }
    found = pools_of(counts, enough=61)
    assert {pool.key: [member.key for member in pool.members] for pool in found.pools} == {
        "order_status/en": ["order_status/en"],
        "shipping/*": ["shipping/en", "shipping/es", "shipping/fr"],
        "*/fr": ["order_status/fr", "payment/fr"],
        "*/*": ["order_status/es", "payment/es", "return_request/en"],
    }
    assert [pool.pooled for pool in found.pools] == [False, True, True, True]
    assert found.left_over == {"product_question/pt": 4}


@given(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 400)))
def test_pools_share_out_the_groups_and_none_twice(counts: dict[str, int]) -> None:
    found = pools_of(counts, enough=61)
    members = [member.key for pool in found.pools for member in pool.members]
    assert len(members) == len(set(members))
    assert set(members) | set(found.left_over) == set(counts)
    assert not set(members) & set(found.left_over)
    for pool in found.pools:
        assert pool.labels == sum(counts[member.key] for member in pool.members) >= 61
        assert pool.pooled == (pool.level != "group")
    assert {key for key, count in counts.items() if count >= ALONE} <= set(members)


# --- bets ---


def test_the_bets_are_the_published_formula() -> None:
    # one wrong, one right, q = .2: (.2 / .1) · (.8 / .9) = 1.7778
    assert e_value(1, 2, (0.2,)) == pytest.approx(1.7778, abs=1e-4)
    assert e_value(0, 0, ALARM_RATES) == 1.0


@pytest.mark.parametrize("rates", [ALARM_RATES, MERIT_RATES])
@pytest.mark.parametrize("errors", [0, 3, 20])
def test_a_bet_is_fair_at_the_promised_rate(rates: tuple[float, ...], errors: int) -> None:
    now = e_value(errors, 40, rates)
    expected = 0.1 * e_value(errors + 1, 41, rates) + 0.9 * e_value(errors, 41, rates)
    assert expected == pytest.approx(now, rel=1e-12)


def test_the_alarm_is_raised_by_wrong_answers_and_stays_where_it_was_raised() -> None:
    found = evidence_of([False] * 10 + [True] * 500)
    # five wrong in a row: mean of (q/.1)^5 over the six rates = (3.05+7.59+32+97.7+243+1024)/6 = 234; four: 64 / ...
    assert found.alarmed
    assert found.labels == found.errors < 6
    assert not found.earned


def test_promotion_is_earned_by_right_answers() -> None:
    found = evidence_of([True] * 500)
    assert found.earned
    assert not found.alarmed
    assert found.labels < 60


@given(st.lists(st.booleans(), max_size=120))
def test_never_both(labels: list[bool]) -> None:
    found = evidence_of(labels)
    assert not (found.alarmed and found.earned)
    assert found.labels <= len(labels)


def test_values_beyond_what_a_float_holds_stay_numbers() -> None:
    assert math.isfinite(e_value(5_000, 5_000, ALARM_RATES))
    assert e_value(5_000, 5_000, MERIT_RATES) >= 0


# --- rollout ---


def test_shares_go_forward_when_earned_and_back_on_an_alarm() -> None:
    assert [forward(share) for share in (0, 10, 25, 50, 100)] == [0, 25, 50, 100, 100]
    assert [back(share) for share in (100, 50, 25, 10, 0)] == [50, 25, 10, 0, 0]
    assert [forward(40), back(40)] == [50, 25]
    assert SHARES == (10, 25, 50, 100)


@given(st.text(min_size=1, max_size=40))
def test_everybody_has_one_place_for_each_purpose(who: str) -> None:
    place = place_of("holdout", "demo", who)
    assert 0 <= place < 100
    assert place == place_of("holdout", "demo", who)


def test_places_are_spread_evenly_and_apart_for_each_purpose() -> None:
    people = [f"customer-{number}@example.com" for number in range(5_000)]
    held = {who for who in people if place_of("holdout", "demo", who) < 3}
    rolled = {who for who in people if place_of("rollout", "demo", who) < 10}
    assert 110 <= len(held) <= 190
    assert 430 <= len(rolled) <= 570
    assert 3 <= len(held & rolled) <= 30
