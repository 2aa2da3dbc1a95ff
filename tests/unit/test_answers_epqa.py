"""The figure on ePQA: answered in full, where only so many questions without an answer are answered too."""

import pytest

from evals.answers_epqa import answered_in_full, offer_of
from evals.epqa_data import EpqaCandidate, EpqaGroup


def a_group(name: str, *labels: int) -> EpqaGroup:
    candidates = tuple(EpqaCandidate(text=f"{place}", source="review", label=each) for place, each in enumerate(labels))
    return EpqaGroup(id=name, product=name, title="", question="?", candidates=candidates, known=())


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0.0, 1 / 4),  # above .8, which the best without an answer has: .9 right; .85 is a wrong candidate
        (0.5, 2 / 4),  # one of two may be answered: above .3 there is .7 too
        (1.0, 3 / 4),  # all may: .2 as well
    ],
)
def test_a_wrong_candidate_never_counts_and_a_right_one_only_above_the_threshold(at: float, value: float) -> None:
    groups = [
        a_group("a", 2, 0), a_group("b", 0, 2), a_group("c", 2, 1), a_group("d", 2, 0), a_group("e", 1, 0),
        a_group("f", 0, 0),
    ]  # fmt: skip
    scores = [(0.9, 0.1), (0.85, 0.1), (0.7, 0.1), (0.2, 0.1), (0.8, 0.1), (0.3, 0.1)]
    found = answered_in_full(groups, scores, at)
    assert (found.value, found.n) == (value, 4)
    assert found.low <= found.value <= found.high


def test_what_another_customer_asked_stands_above_the_answer_that_was_given() -> None:
    offer = offer_of("two keys come with it Question: how many keys?", "Mailbox")
    assert (offer.text, offer.context, offer.subject) == ("two keys come with it", "how many keys?", "Mailbox")
    assert offer_of("made of steel", "Mailbox").context == ""
