"""The figures that measurements report, against values worked out by hand."""

import math

import numpy as np
import pytest

from domain.vocabulary import Language
from evals.baselines import places, reciprocal_ranks, standardised, sum_of_deviations
from evals.calibration import calibration_error, reliability
from evals.folds import cross_validated, folds_of
from evals.intervals import (
    Estimate,
    area,
    area_difference,
    area_estimate,
    difference,
    mcnemar,
    mean_estimate,
    share,
    wilson,
)
from evals.outcomes import Outcome, figures_of
from evals.tables import Part, Table, p_written, written


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    # 8 of 10: (8 + z²/2) / (10 + z²) ± z / (10 + z²) · √(8 · 2 / 10 + z²/4), z = 1.96, z² = 3.8415
    # = 9.9207 / 13.8415 ± 0.1416 · √(1.6 + 0.9604) = 0.7167 ± 0.2266
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_wilsons_interval_says_something_about_all_and_none() -> None:
    # 0 of 10: from 0 to z² / (10 + z²) = 3.8415 / 13.8415 = 0.2775; 10 of 10 is its mirror image
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_share_counts_what_is_true() -> None:
    found = share([True, True, False, True])
    assert (found.value, found.n) == (0.75, 4)
    assert math.isnan(share([]).value)


def test_mcnemar_looks_only_at_what_the_two_disagree_on() -> None:
    # 1 against 5: 2 · (C(6,0) + C(6,1)) / 2⁶ = 2 · 7 / 64
    assert mcnemar(1, 5) == pytest.approx(14 / 64)
    assert mcnemar(5, 1) == pytest.approx(14 / 64)
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_a_difference_is_taken_question_by_question() -> None:
    first = [True] * 6 + [False] * 4
    second = [True] * 3 + [False] * 6 + [True]
    found = difference(first, second)
    assert found.value == pytest.approx(0.2)
    assert (found.only_first, found.only_second, found.n) == (3, 1, 10)
    assert found.low < 0.2 < found.high
    assert found.p == pytest.approx(2 * (1 + 4) / 16)


def test_the_interval_of_a_difference_is_that_of_its_spread() -> None:
    # 400 questions, 40 only the first, 20 only the second: mean .05, variance of one (60/400 - .05²), so the standard
    # error is √(.1475 / 400) = .0192 and the interval about .05 ± .0376
    found = difference([True] * 40 + [False] * 20 + [True] * 340, [False] * 40 + [True] * 20 + [True] * 340)
    assert (found.low, found.high) == pytest.approx((0.0124, 0.0876), abs=0.004)


def test_the_same_twice_differs_in_nothing() -> None:
    found = difference([True, False, True], [True, False, True])
    assert (found.value, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_ways_that_answered_other_questions_can_not_be_compared() -> None:
    with pytest.raises(ValueError):
        difference([True], [True, False])
    with pytest.raises(ValueError):
        area_difference(([1.0], [0.0]), ([1.0], [0.0, 0.5]))


def test_an_area_counts_pairs_in_the_right_order() -> None:
    # .9 is above both, .4 above .1 alone, ties count half: (2 + 1) / 4 and (1 + ½) / 2
    assert area([0.9, 0.4], [0.5, 0.1]) == pytest.approx(0.75)
    assert area([0.5, 0.9], [0.5]) == pytest.approx(0.75)
    assert math.isnan(area([], [0.1]))


def test_the_interval_of_an_area_holds_it_and_is_the_same_in_every_run() -> None:
    positives, negatives = [0.2 + each / 50 for each in range(40)], [each / 40 for each in range(30)]
    found = area_estimate(positives, negatives)
    assert found.low < found.value < found.high
    assert found.n == 70
    assert area_estimate(positives, negatives) == found


def test_areas_of_the_same_scores_do_not_differ() -> None:
    scores = ([0.9, 0.4, 0.7], [0.5, 0.1])
    found = area_difference(scores, scores)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert area_difference(scores, ([0.0, 0.0, 0.0], [0.5, 0.1])).value == pytest.approx(5 / 6)


def test_a_mean_has_the_interval_of_its_standard_error() -> None:
    # 0 and 1 in equal parts, 100 of them: .5 ± 1.96 · .5 / 10
    found = mean_estimate([0.0, 1.0] * 50)
    assert found.value == 0.5
    assert (found.low, found.high) == pytest.approx((0.402, 0.598), abs=0.015)
    assert mean_estimate([]).n == 0


def test_a_fold_keeps_together_what_has_the_same_key() -> None:
    keys = [f"product {each % 23}" for each in range(200)]
    dealt = folds_of(keys, 5)
    assert len({(key, fold) for key, fold in zip(keys, dealt, strict=True)}) == 23
    assert sorted(len({key for key, fold in zip(keys, dealt, strict=True) if fold == each}) for each in range(5)) == [
        4, 4, 5, 5, 5,
    ]  # fmt: skip


def test_folds_do_not_depend_on_the_order() -> None:
    keys = ["a", "b", "c", "d", "e", "f"]
    assert dict(zip(keys, folds_of(keys), strict=True)) == dict(zip(keys[::-1], folds_of(keys[::-1]), strict=True))


def test_nothing_is_scored_by_what_learnt_from_its_own_key() -> None:
    items = [(f"product {each % 7}", each) for each in range(40)]

    def learn(others):  # type: ignore[no-untyped-def]
        known = {key for key, _ in others}
        return lambda item: item[0] in known

    assert cross_validated(items, [key for key, _ in items], learn) == [False] * 40


def test_places_count_from_one_and_the_earlier_of_two_equals_is_first() -> None:
    assert places(np.array([0.1, 0.9, 0.1, 0.5])).tolist() == [3, 1, 4, 2]


def test_reciprocal_ranks_are_added() -> None:
    # places 1, 2 and 2, 1: both get 1/61 + 1/62
    fused = reciprocal_ranks(np.array([2.0, 1.0]), np.array([0.1, 0.4]))
    assert fused.tolist() == pytest.approx([1 / 61 + 1 / 62] * 2)


def test_deviations_are_from_the_mean_of_their_own_leg() -> None:
    # 1, 2, 3: mean 2, deviation √(2/3); a leg without any difference says nothing
    deviation = (2 / 3) ** 0.5
    assert standardised(np.array([1.0, 2.0, 3.0])).tolist() == pytest.approx([-1 / deviation, 0, 1 / deviation])
    assert sum_of_deviations(np.array([1.0, 2.0, 3.0]), np.ones(3)).tolist() == pytest.approx(
        [-1 / deviation, 0, 1 / deviation]
    )


def test_a_figure_is_written_with_its_interval_and_a_difference_with_its_sign() -> None:
    assert written(Estimate(value=0.95, low=0.93, high=0.9689, n=10)) == "0.950 [0.930, 0.969]"
    assert written(difference([True], [True])) == "+0.000 [+0.000, +0.000]"
    assert (p_written(None), p_written(0.5), p_written(0.0001)) == ("", "0.500", "< 0.001")


def test_an_aim_that_is_missed_is_told() -> None:
    part = Part("demo")
    assert part.aim("hit@3", Estimate(value=0.95, low=0.9, high=1, n=9), 0.95) == "≥ 0.950 met"
    assert part.aim("hit@1", Estimate(value=0.94, low=0.9, high=1, n=9), 0.95) == "≥ 0.950 MISSED"
    assert part.missed == ["hit@1: 0.940, wanted 0.950"]


def test_a_table_is_markdown_with_columns_of_equal_width() -> None:
    assert list(Table("T", ("a", "long"), [("x", "y")], notes=("why",)).lines()) == [
        "\n## T\n", "| a | long |", "|---|------|", "| x | y    |", "\nwhy",
    ]  # fmt: skip


def an_outcome(*ranked: tuple[str, float], answers: tuple[str, ...] = (), said: bool = False) -> Outcome:
    """What became of a question in English."""
    return Outcome(
        id="q001", language=Language.EN, documents=answers, crosses=False, ranked=ranked, said_answerable=said
    )


def test_a_hit_is_any_document_that_answers() -> None:
    found = an_outcome(("a", 0.9), ("b", 0.4), ("c", 0.1), answers=("b", "z"))
    assert (found.hit(1), found.hit(3)) == (False, True)
    assert (found.score, an_outcome().score) == (0.9, 0.0)


def test_hits_are_counted_over_answerable_questions_and_areas_over_both() -> None:
    right = [an_outcome(("a", 0.6 + each / 100), answers=("a",), said=True) for each in range(5)]
    wrong = [an_outcome(("a", 0.58), answers=("b",))]
    without = [an_outcome(("a", 0.59), said=True)] + [an_outcome(("a", each / 100)) for each in range(4)]
    found = figures_of([*right, *wrong, *without])
    assert found.hit_at_1.value == pytest.approx(5 / 6)
    assert found.hit_at_1.n == 6
    # All pairs are in the right order but one: .58, which has an answer, stands below .59, which has none.
    assert found.area is not None
    assert found.area.value == pytest.approx(1 - 1 / 30)
    assert found.said_answerable.value == pytest.approx(5 / 6)
    assert found.said_unanswerable.value == pytest.approx(4 / 5)
    assert figures_of([*right, *without[:4]]).area is None


def test_bins_of_a_calibration_are_about_equally_large() -> None:
    # Scores .1 to .8, right from .5 on, four bins of two: gaps .15, .35, .45, .25, equally weighed.
    scores = [each / 10 for each in range(1, 9)]
    bins = reliability(scores, [score >= 0.5 for score in scores], bins=4)
    assert [each.right.n for each in bins] == [2, 2, 2, 2]
    assert [each.score for each in bins] == pytest.approx([0.15, 0.35, 0.55, 0.75])
    assert [each.right.value for each in bins] == [0, 0, 1, 1]
    assert calibration_error(bins) == pytest.approx((0.15 + 0.35 + 0.45 + 0.25) / 4)


def test_a_calibration_of_few_questions_has_fewer_bins() -> None:
    assert [each.right.n for each in reliability([0.1, 0.2], [True, False])] == [1, 1]
    assert calibration_error(reliability([], [])) == 0.0
