"""What speaks for a must-escalate category, and how it is weighed."""

import numpy as np

from activities.classification.evidence import FEATURES, evidence_of, judged, margins_of
from activities.classification.signs import CATEGORIES

CALM = np.full((2, len(CATEGORIES)), -1.0)


def test_a_margin_says_how_far_a_category_is_ahead_of_none() -> None:
    scores = np.array([[0.5, 0.1, 0.4], [0.2, 0.9, 0.3]])
    assert np.allclose(margins_of(scores), [[0.1, -0.3], [-0.1, 0.6]])


def test_the_strongest_sentence_counts_beside_the_whole() -> None:
    by_meaning = CALM.copy()
    by_meaning[1, 2] = 0.7
    evidence = evidence_of(by_meaning, CALM, set(), set())
    assert evidence.shape == (len(CATEGORIES), FEATURES)
    assert evidence[2, 0] == 0.7
    assert evidence[2, 2] == -1.0
    assert evidence[0, 0] == -1.0


def test_a_rule_speaks_for_its_own_category_and_is_told_to_the_others() -> None:
    evidence = evidence_of(CALM, CALM, {"threat"}, {"safety"})
    threat, safety = CATEGORIES.index("threat"), CATEGORIES.index("safety")
    assert evidence[threat, 5:].tolist() == [1.0, 0.0, 0.0]
    assert evidence[safety, 5:].tolist() == [0.0, 1.0, 1.0]


def test_each_category_has_weights_of_its_own_and_no_number_overflows() -> None:
    judges = np.zeros((len(CATEGORIES), FEATURES + 1))
    judges[0, 5], judges[0, -1] = 4.0, -2.0
    judges[1, -1] = -1e9
    probabilities = judged(evidence_of(CALM, CALM, {CATEGORIES[0]}, set()), judges)
    assert np.isclose(probabilities[0], 1 / (1 + np.exp(-2.0)))
    assert 0.0 <= probabilities[1] < 1e-9
    assert np.allclose(probabilities[2:], 0.5)
