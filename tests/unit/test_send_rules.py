"""What decides whether a reply of one group leaves: mode, certificate, threshold, share and hold-out."""

from typing import Any

import pytest

from domain.messages import Customer, QueryFacts
from domain.policies import COLD_START_KEY, GroupRule, StorePolicy
from domain.rollout import place_of
from domain.routing import held_back, held_out
from domain.vocabulary import Intent, Language, Outcome, SendMode, Tier
from tests.steps_world import NOW, a_policy

CERTIFIED = GroupRule(
    key="order_status/*",
    members=("order_status/en", "order_status/es"),
    threshold=0.7,
    share=100,
    certificate="c1",
)


def a_query(who: str = "c1") -> QueryFacts:
    return QueryFacts(
        query_id="q1",
        store="demo",
        conversation_id="c",
        channel="test",
        customer=Customer(id=who),
        received_at=NOW,
    )


def codes(policy: StorePolicy, confidence: float = 0.8, who: str = "c1", **changes: Any) -> set[str]:
    fields: dict[str, Any] = {
        "intent": Intent.ORDER_STATUS,
        "language": Language.EN,
        "tier": Tier.AUTOMATIC,
        "outcome": Outcome.PASS,
        "draft_kind": "answer",
        "attempt": 1,
        "agent_holds": False,
    } | changes
    return {reason.code for reason in held_back(policy, a_query(who), confidence=confidence, **fields)}


def certified(**changes: Any) -> StorePolicy:
    return a_policy(**({"send_mode": "certified", "holdout_share": 0, "groups": (CERTIFIED,)} | changes))


def test_the_threshold_of_the_certificate_decides() -> None:
    assert codes(certified(), 0.7) == set()
    assert codes(certified(), 0.69) == {"below_threshold"}


def test_a_group_without_a_certificate_sends_nothing_however_sure() -> None:
    assert codes(certified(), 1.0, language=Language.FR) == {"no_certificate"}
    assert codes(certified(), 1.0, intent=Intent.SHIPPING) == {"no_certificate"}


def test_a_rule_without_a_certificate_lets_nothing_out_in_a_certified_store() -> None:
    rule = CERTIFIED.model_copy(update={"certificate": None})
    assert codes(certified(groups=(rule,)), 1.0) == {"no_certificate"}


def test_a_certificate_changes_nothing_in_the_other_modes() -> None:
    assert codes(certified(send_mode="shadow"), 0.9) == {"shadow"}
    assert codes(certified(send_mode="cold_start"), 0.8) == {"below_threshold"}
    assert codes(certified(send_mode="cold_start"), 0.85) == set()


@pytest.mark.parametrize(
    ("modes", "mode"),
    [
        ({}, SendMode.SHADOW),
        ({"*/en": "cold_start"}, SendMode.COLD_START),
        ({"*/en": "cold_start", "order_status/*": "certified"}, SendMode.CERTIFIED),
        ({"order_status/*": "certified", "order_status/en": "cold_start"}, SendMode.COLD_START),
        ({"order_status/es": "certified", "shipping/*": "certified"}, SendMode.SHADOW),
    ],
)
def test_the_narrowest_mode_counts(modes: dict[str, str], mode: SendMode) -> None:
    policy = a_policy(send_mode="shadow", modes=modes)
    assert policy.mode_of(Intent.ORDER_STATUS, Language.EN) is mode


def test_held_out_customers_are_reviewed_even_at_all_customers() -> None:
    policy = certified(holdout_share=3)
    people = [f"customer {number}" for number in range(2_000)]
    held = [who for who in people if codes(policy, 0.9, who) == {"holdout"}]
    assert 30 <= len(held) <= 95
    assert all(held_out(a_query(who), 3) and place_of("holdout", "demo", who) < 3 for who in held)
    assert all(codes(policy, 0.9, who) == set() for who in people if who not in held)


def test_a_cold_start_holds_nobody_out() -> None:
    policy = a_policy(holdout_share=20)
    assert all(codes(policy, 0.9, f"customer {number}") == set() for number in range(200))


def test_the_rollout_of_a_cold_start_may_be_smaller_than_the_setting() -> None:
    stopped = a_policy(groups=(GroupRule(key=COLD_START_KEY, share=0),))
    assert codes(stopped, 0.9) == {"rollout"}


def test_settings_of_before_are_read_as_they_were() -> None:
    # A policy that an open query has pinned knows nothing of groups.
    pinned = {"store": "demo", "name": "Demo", "send_mode": "certified", "rollout_share": 100}
    policy = StorePolicy.model_validate(pinned)
    assert codes(policy, 1.0) == {"no_certificate"}
    assert codes(policy.model_copy(update={"send_mode": SendMode.COLD_START}), 0.85) == set()
