"""The hand-written replies and what one change makes of them. Only the half that may be looked at is asked here."""

from collections import Counter

from domain.vocabulary import Language
from evals.metamorphic import KINDS, changes_of
from evals.replies import half_of, read_replies, seen_by_guard
from tests.guard_world import GUARD

REPLIES = read_replies()
DEV = [reply for reply in REPLIES if half_of(reply.id) == "dev"]


def test_there_are_forty_replies_a_language_and_about_half_are_sealed() -> None:
    assert Counter(reply.language for reply in REPLIES) == dict.fromkeys(Language, 40)
    assert len({reply.id for reply in REPLIES}) == 200
    assert 80 <= len(DEV) <= 120


def test_each_change_makes_another_reply() -> None:
    kinds = set()
    for reply in REPLIES:
        for change in changes_of(reply.reply, reply.language, "7 days, 12 months, €1.00, 3 %"):
            assert change.text != reply.reply
            kinds.add(change.kind)
    assert kinds == set(KINDS)


def test_good_replies_are_left_alone_and_changed_ones_are_not() -> None:
    good = [not GUARD.inspect(seen_by_guard(reply)) for reply in DEV]
    assert sum(good) >= 0.97 * len(good)
    changed = [
        bool(GUARD.inspect(seen_by_guard(reply)._replace(reply=change.text)))
        for reply in DEV[::3]
        for change in changes_of(reply.reply, reply.language)
    ]
    assert sum(changed) >= 0.95 * len(changed)
