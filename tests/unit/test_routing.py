"""Who answers: consequences and their bars, refund limits in several currencies."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.consequences import DEFAULT_BARS, NEVER, Consequence, consequence_of
from domain.messages import Customer, QueryFacts
from domain.money import Money
from domain.policies import StorePolicy
from domain.routing import above_limit, held_back, refund_tier
from domain.vocabulary import Intent, Language, Outcome, SendMode, Tier

QUERY = QueryFacts(
    query_id="q", store="shoes", conversation_id="c", channel="web", customer=Customer(email="a@example.com"),
    received_at=datetime(2026, 6, 1, tzinfo=UTC),
)  # fmt: skip


def codes(policy: StorePolicy, confidence: float, consequence: Consequence) -> set[str]:
    reasons = held_back(
        policy, QUERY, intent=Intent.SHIPPING, language=Language.EN, tier=Tier.AUTOMATIC, confidence=confidence,
        outcome=Outcome.PASS, draft_kind="answer", attempt=1, agent_holds=False, consequence=consequence,
    )  # fmt: skip
    return {reason.code for reason in reasons}


def a_policy(**changes: object) -> StorePolicy:
    fields = {"store": "shoes", "name": "Shoes", "send_mode": SendMode.COLD_START, "rollout_share": 100}
    return StorePolicy.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("intents", "facts", "expected"),
    [
        ((Intent.SHIPPING,), (), Consequence.INFORM),
        ((Intent.SHIPPING, Intent.CANCEL), (), Consequence.CHANGE),
        ((Intent.CANCEL, Intent.REFUND), (), Consequence.MOVE_MONEY),
        ((Intent.ORDER_STATUS,), ("order/ORD-1/status",), Consequence.INFORM),
        ((Intent.ORDER_STATUS,), ("refund/ORD-1/amount",), Consequence.MOVE_MONEY),
        ((), (), Consequence.INFORM),
    ],
)
def test_the_gravest_thing_that_an_answer_would_do_counts(
    intents: tuple[Intent, ...], facts: tuple[str, ...], expected: Consequence
) -> None:
    assert consequence_of(intents, facts) is expected


def test_what_changes_something_needs_more_confidence_than_what_informs() -> None:
    between = (0.85 + DEFAULT_BARS[Consequence.CHANGE]) / 2
    assert codes(a_policy(), between, Consequence.INFORM) == set()
    assert codes(a_policy(), between, Consequence.CHANGE) == {"consequence"}
    assert codes(a_policy(), 0.99, Consequence.CHANGE) == set()


def test_money_never_moves_without_a_person_however_sure_the_draft() -> None:
    assert codes(a_policy(), 1.0, Consequence.MOVE_MONEY) == {"consequence"}


def test_a_store_may_raise_a_bar_to_never() -> None:
    policy = a_policy(bars={"inform": NEVER})
    assert codes(policy, 1.0, Consequence.INFORM) == {"consequence"}
    assert policy.bars[Consequence.CHANGE] == DEFAULT_BARS[Consequence.CHANGE]


@pytest.mark.parametrize(
    ("number", "currency", "tier"),
    [
        ("500", "EUR", Tier.REVIEW),  # at the limit
        ("500.01", "EUR", Tier.PERSON),
        ("540", "USD", Tier.REVIEW),  # its own limit is 550
        ("551", "USD", Tier.PERSON),
        ("501", "GBP", Tier.PERSON),  # none of its own: the store's number counts
    ],
)
def test_each_amount_meets_the_limit_of_its_currency(number: str, currency: str, tier: Tier) -> None:
    policy = a_policy(refund_limits={"USD": "550"})
    amount = Money(number=Decimal(number), currency=currency)
    assert refund_tier(policy, [amount]) is tier
    assert (above_limit(policy, [amount]) is not None) is (tier is Tier.PERSON)
