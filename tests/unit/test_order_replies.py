"""What a reply makes of the states of an order that need more than a date: in parts, lost, to be cancelled."""

import pytest

from activities.fakes import FixedOrders
from activities.generation.order_texts import order_status, whether_gone
from activities.generation.phrases import phrases
from domain.orders import OrderStatus
from domain.vocabulary import Language, Tier
from tests.steps_world import NOW, Walk, a_case, an_order, some_steps


@pytest.mark.parametrize("language", list(Language))
def test_of_an_order_in_parts_the_date_is_of_the_whole_and_the_parcel_of_a_part(language: Language) -> None:
    whole = order_status(an_order(status=OrderStatus.SHIPPED), language, NOW).text
    parts = order_status(an_order(status=OrderStatus.PARTIALLY_SHIPPED), language, NOW).text
    expected, parcel = phrases(language).expected_whole, phrases(language).part_tracking
    assert expected.split("{")[0] in parts and expected.split("{")[0] not in whole
    assert parcel.split("{")[0] in parts and "VW722106369FR" in parts


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (OrderStatus.PLACED, "not_gone_yet"),
        (OrderStatus.PROCESSING, "not_gone_yet"),
        (OrderStatus.PARTIALLY_SHIPPED, "gone_already"),
        (OrderStatus.SHIPPED, "gone_already"),
        (OrderStatus.DELIVERED, None),
        (OrderStatus.CANCELLED, None),
    ],
)
def test_who_wants_to_cancel_is_told_whether_the_order_has_left(
    language: Language, status: OrderStatus, phrase: str | None
) -> None:
    told = whether_gone(an_order(status=status), language)
    assert told.text == (getattr(phrases(language), phrase) if phrase else "")


async def test_a_draft_for_a_cancellation_says_so() -> None:
    orders = FixedOrders(an_order(status=OrderStatus.PROCESSING))
    _, _, made = await Walk(some_steps(orders=orders), a_case("Please cancel my order ORD-10017.")).drafted()
    assert phrases(Language.EN).not_gone_yet in made.draft.text
    assert phrases(Language.EN).cancel_by_person in made.draft.text


async def test_an_order_that_was_lost_waits_for_somebody_who_follows_it_up() -> None:
    orders = FixedOrders(an_order(status=OrderStatus.LOST))
    walk = Walk(some_steps(orders=orders), a_case("Where is my order ORD-10017?"))
    classification, found = await walk.retrieved()
    assert (classification.tier, found.tier) == (Tier.AUTOMATIC, Tier.REVIEW)
    assert [reason.code for reason in found.reasons] == ["order_lost"]
    _, guarded = await walk.guarded()
    assert not guarded.send


async def test_who_is_told_to_wait_is_not_asked_for_further_questions() -> None:
    _, _, made = await Walk(some_steps(), a_case("Does the moon shine on your warehouse?")).drafted()
    assert made.draft.kind == "holding"
    assert phrases(Language.EN).closing not in made.draft.text
