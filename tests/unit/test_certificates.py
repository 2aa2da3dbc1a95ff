"""What a recalibration tests, what a certificate says, and what makes it void."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.certificates import Certificate, data_hash, models_hash, plan, policy_hashes, why_void, words_of
from domain.certification import share_of_delta, starting_count
from domain.policies import StorePolicy
from domain.vocabulary import Intent, Language

KEYS = [f"{intent}/{language}" for intent in ("order_status", "shipping", "payment") for language in Language]
VERSIONS = {"generator": "g-1", "guard": "u-1"}
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def a_policy(**changes: Any) -> StorePolicy:
    return StorePolicy.model_validate({"store": "shoes", "name": "Shoes"} | changes)


def a_certificate(*members: str, **changes: Any) -> Certificate:
    fields: dict[str, Any] = {
        "certificate_id": "c1",
        "recalibration": 1,
        "group_key": members[0] if len(members) == 1 else "*/*",
        "level": "group" if len(members) == 1 else "store",
        "members": members,
        "alpha": 0.1,
        "delta": 0.03,
        "threshold": 0.83,
        "labels": 120,
        "n": 88,
        "errors": 3,
        "bound": 0.09,
        "data_hash": "d",
        "versions": VERSIONS,
        "policies": policy_hashes(a_policy()),
        "documents": {},
        "knowledge_hash": "k",
        "knowledge_at": NOW,
        "issued_at": NOW,
        "issued_by": "Lea",
    }
    return Certificate.model_validate(fields | changes)


@given(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 500)), st.integers(1, 6))
@settings(max_examples=60)
def test_pools_never_spend_more_than_their_look_may(counts: dict[str, int], recalibration: int) -> None:
    found = plan(counts, recalibration)
    assert len(found.pooling.pools) * found.delta <= share_of_delta(0.05, recalibration) + 1e-15
    assert found.start == starting_count(0.10, found.delta)
    assert all(pool.labels >= found.start for pool in found.pooling.pools)


def test_two_pools_share_the_delta_of_their_look() -> None:
    found = plan({"order_status/en": 400, "shipping/de": 300}, 1)
    assert found.delta == pytest.approx(share_of_delta(0.05, 1) / 2)
    assert found.spent == share_of_delta(0.05, 1)
    # the fewest with two wrong at .0152, against 68 at .0304 for one pool alone
    assert found.start == starting_count(0.10, 0.015198) > 68


def test_a_certificate_says_what_it_promises_and_what_not() -> None:
    assert a_certificate("order_status/en").promise == (
        "Of the answers to order status (en) with a confidence of 0.83 or more at least 90% are right: "
        "of 88 audited ones 3 were wrong."
    )
    pooled = a_certificate("shipping/fr", "shipping/es", "order_status/en")
    assert pooled.pooled
    assert pooled.promise.startswith("Of the answers to order status (en), shipping (es, fr) with")
    assert pooled.promise.endswith("of each by itself nothing is promised.")
    assert words_of(["payment/pt"]) == "payment (pt)"


@pytest.mark.parametrize(
    ("versions", "policy", "why"),
    [
        (VERSIONS, a_policy(), None),
        (VERSIONS, a_policy(send_mode="certified", rollout_share=50, threshold=0.9, name="Boots"), None),
        (VERSIONS, a_policy(refund_limit=10), None),
        (VERSIONS | {"guard": "u-2"}, a_policy(), "What answers has changed since: guard (u-1 → u-2)."),
        ({"generator": "g-1"}, a_policy(), "What answers has changed since: guard (u-1 → none)."),
        (VERSIONS, a_policy(table={"shipping": 2}), "The store's rules for shipping have changed since."),
        (VERSIONS, a_policy(return_form_url="https://a.example"), None),
        (VERSIONS, a_policy(bars={"inform": 0.5}), "The store's rules for order status, shipping have changed since."),
    ],
)
def test_what_it_rests_on_voids_it_and_nothing_else(
    versions: dict[str, str], policy: StorePolicy, why: str | None
) -> None:
    assert why_void(a_certificate("shipping/en", "order_status/en"), versions, policy) == why


def test_the_return_form_is_a_rule_of_returns() -> None:
    changed = a_policy(return_form_url="https://a.example")
    assert why_void(a_certificate("return_request/en"), VERSIONS, changed) is not None


def test_hashes_name_content_and_not_order() -> None:
    rows = [("q1", "h1", 0.5, True), ("q2", "h2", 0.7, False)]
    assert data_hash(rows) == data_hash(rows[::-1]) != data_hash([rows[0]])
    assert models_hash({"a": "1", "b": "2"}) == models_hash({"b": "2", "a": "1"}) != models_hash({"a": "1"})
    assert set(policy_hashes(a_policy())) == {
        i.value
        for i in Intent
        if i.value in {"order_status", "return_request", "product_question", "shipping", "payment"}
    }
