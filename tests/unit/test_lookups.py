"""What is looked up for whom: an order is shown to its owner alone, and nobody else hears that it is there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from activities.classification.entities import OrderIdReader
from activities.fakes import FixedCustomers, FixedOrders, FixedReturns
from activities.lookups.identity import MAX_CLAIMS
from activities.lookups.looking_up import MAX_ORDERS, LookUps
from activities.lookups.tries import MAX_WRONG_A_DAY, TriesInMemory
from domain.customers import CustomerRecord, Proof, Return, ReturnStatus
from domain.errors import Unavailable
from domain.messages import Turn
from domain.orders import Order, OrderItem
from domain.steps import ClassifyResult, IntentScore, OrderLookup
from domain.vocabulary import Intent, Language, Tier
from tests.steps_world import EMAIL, NOW, Walk, a_case, a_policy, an_order, some_steps

READER = OrderIdReader()
ANA = CustomerRecord(email=EMAIL, name="Ana Sol", postcode="28012", loyalty_tier="gold")
BOB = "bob@example.com"
BY_NAME = a_policy(identify_by=("email_order", "name_postcode"))


def a_return(order_id: str = "ORD-10017", **changes: Any) -> Return:
    fields = {"return_id": "R-1", "order_id": order_id, "status": ReturnStatus.APPROVED, "requested_at": NOW}
    return Return.model_validate(fields | changes)


def world(*orders: Order, **desks: Any) -> LookUps:
    given: dict[str, Any] = {
        "orders": FixedOrders(*orders), "customers": FixedCustomers(ANA), "returns": FixedReturns((EMAIL, a_return())),
    }  # fmt: skip
    return LookUps(**(given | desks), order_ids=READER)


async def look_up(lookups: LookUps, *said: str, intent: Intent = Intent.ORDER_STATUS, **changes: Any) -> OrderLookup:
    """The look-up after the last of these messages, each of them answered but the last."""
    turns = [Turn(role=role, text=text) for text in said for role in ("customer", "assistant")][:-1]
    case = a_case(said[-1], thread=tuple(turns), **({"verified": False, "email": None} | changes))
    read = ClassifyResult(
        intent=intent,
        probability=1.0,
        intents=(IntentScore(intent=intent, probability=1.0),),
        language=Language.EN,
        language_confidence=1.0,
        tier=Tier.AUTOMATIC,
        order_ids=READER.read(said[-1]),
    )
    return await lookups.look_up(case, read)


def ids(found: OrderLookup) -> list[str]:
    return [order.order_id for order in found.orders]


async def test_a_verified_customer_gets_orders_returns_and_their_record() -> None:
    found = await look_up(world(an_order()), "Where is ORD-10017?", email=EMAIL, verified=True)
    assert (ids(found), found.proof, found.customer) == (["ORD-10017"], Proof.CHANNEL, ANA)
    assert [each.return_id for each in found.returns] == ["R-1"]


async def test_the_record_of_a_verified_customer_comes_with_every_question() -> None:
    orders = FixedOrders(an_order())
    found = await look_up(
        world(orders=orders), "Is the lamp dimmable?", intent=Intent.PRODUCT_QUESTION, email=EMAIL, verified=True
    )
    assert (found.customer, found.orders, orders.asked) == (ANA, (), [])


async def test_a_record_that_cannot_be_read_keeps_no_order_back() -> None:
    lookups = world(an_order(), customers=FixedCustomers(away=True))
    found = await look_up(lookups, "Where is ORD-10017?", email=EMAIL, verified=True)
    assert (ids(found), found.customer) == (["ORD-10017"], None)
    with pytest.raises(Unavailable):
        await look_up(world(orders=FixedOrders(away=True)), "Where is ORD-10017?", email=EMAIL, verified=True)


@pytest.mark.parametrize(
    "said",
    [
        ("Where is ORD-10017? ana@example.com",),
        ("Where is my order?", "It is 10017, ordered as ANA@example.com"),
        ("Where is ord-10017?", "ana@example.com"),
        ("Where is #10017?", "my mail: ana@example.com.", "And when will it come?"),
    ],
)
async def test_address_and_number_show_that_order_alone(said: tuple[str, ...]) -> None:
    found = await look_up(world(an_order(), an_order("ORD-10018")), *said)
    assert (ids(found), found.missing, found.proof) == (["ORD-10017"], (), Proof.EMAIL_ORDER)
    assert found.customer is None
    assert [each.order_id for each in found.returns] == ["ORD-10017"]


async def test_the_address_of_a_channel_that_vouches_for_nothing_is_half_of_a_claim() -> None:
    found = await look_up(world(an_order(), an_order("ORD-10018")), "Where is ORD-10017?", email=EMAIL)
    assert ids(found) == ["ORD-10017"]
    assert (await look_up(world(an_order()), "Where is my order?", email=EMAIL)).needs_identity


async def test_not_there_and_not_yours_look_the_same_and_ask_the_same() -> None:
    theirs, nobodys = FixedOrders(an_order(email=BOB)), FixedOrders()
    said = "Where is ORD-10017? My e-mail is ana@example.com"
    for changes in ({}, {"email": EMAIL}, {"email": EMAIL, "verified": True}):
        foreign = await look_up(world(orders=theirs), said, **changes)
        assert foreign == await look_up(world(orders=nobodys), said, **changes)
        assert (foreign.orders, foreign.missing, foreign.returns) == ((), ("ORD-10017",), ())
    assert theirs.asked == nobodys.asked != []


async def test_not_yours_is_answered_in_the_words_of_not_there() -> None:
    case = a_case("Where is ORD-10017? My e-mail is eve@example.com", email=None, verified=False)
    _, _, foreign = await Walk(some_steps(orders=FixedOrders(an_order())), case).drafted()
    _, _, nowhere = await Walk(some_steps(orders=FixedOrders()), case).drafted()
    assert foreign == nowhere


async def test_three_wrong_pairs_lead_to_a_person_and_the_right_one_comes_too_late() -> None:
    lookups = world(an_order())
    said = [f"ana@example.com, order ORD-2000{n}" for n in range(3)]
    assert not (await look_up(lookups, *said[:2])).too_many_tries
    found = await look_up(lookups, *said, "ORD-10017 then")
    assert (found.too_many_tries, found.orders, found.missing) == (True, (), ("ORD-10017",))
    turns = tuple(Turn(role="customer", text=text) for text in said)
    case = a_case(said[-1], thread=turns, email=None, verified=False)
    _, retrieval = await Walk(some_steps(orders=FixedOrders(an_order())), case).retrieved()
    assert retrieval.tier is Tier.PERSON
    assert [reason.code for reason in retrieval.reasons] == ["too_many_tries"]


async def test_a_new_conversation_for_each_guess_gets_no_further() -> None:
    lookups = world(an_order(), an_order("ORD-10018", email=BOB), tries=TriesInMemory())
    for n in range(MAX_WRONG_A_DAY - 1):
        assert not (await look_up(lookups, f"ana@example.com, ORD-2000{n}")).too_many_tries
    assert ids(await look_up(lookups, "ana@example.com, ORD-10017")) == ["ORD-10017"]
    for _ in range(3):  # the same mistake again is no guess
        assert not (await look_up(lookups, "ana@example.com, ORD-20000")).too_many_tries
    assert (await look_up(lookups, "ana@example.com, ORD-20099")).too_many_tries
    found = await look_up(lookups, "ana@example.com, ORD-10017")
    assert (found.too_many_tries, found.orders) == (True, ())
    assert ids(await look_up(lookups, "bob@example.com, ORD-10018")) == ["ORD-10018"]
    assert ids(await look_up(lookups, "Where is ORD-10017?", email=EMAIL, verified=True)) == ["ORD-10017"]


async def test_a_verified_customer_may_name_an_order_of_another_address_of_theirs() -> None:
    lookups = world(an_order(), an_order("ORD-10018", email=BOB))
    said = "Where are ORD-10017 and ORD-10018? The second was ordered as bob@example.com"
    found = await look_up(lookups, said, email=EMAIL, verified=True)
    assert (ids(found), found.missing) == (["ORD-10017", "ORD-10018"], ())
    said = "Where are ORD-10017 and ORD-10019? The second was ordered as bob@example.com"
    found = await look_up(lookups, said, email=EMAIL, verified=True)
    assert (ids(found), found.missing) == (["ORD-10017"], ("ORD-10019",))


async def test_a_flood_of_addresses_and_numbers_asks_little_of_the_order_system() -> None:
    orders = FixedOrders(an_order())
    flood = " ".join(f"a{n}@example.com ORD-3{n:04}" for n in range(400))
    found = await look_up(world(orders=orders), *[flood] * 5)
    assert (found.too_many_tries, found.orders) == (True, ())
    assert len(orders.asked) <= 2 * MAX_CLAIMS
    customers = FixedCustomers(ANA)
    flood = "\n".join(f"My name is {chr(65 + n)}nn Poe, {10_000 + n}" for n in range(20))
    assert (await look_up(world(customers=customers), *[flood] * 5, policy=BY_NAME)).too_many_tries
    assert len(customers.asked) <= MAX_CLAIMS


# --- name and postcode ---


async def test_name_and_postcode_show_every_order_where_the_store_allows_it() -> None:
    lookups = world(an_order(), an_order("ORD-10018"), an_order("ORD-10019", email=BOB))
    said = "I am Ana Sol from 28012 Madrid. Where are my orders?"
    found = await look_up(lookups, said, policy=BY_NAME)
    assert (sorted(ids(found)), found.proof, found.customer) == (["ORD-10017", "ORD-10018"], Proof.NAME_POSTCODE, ANA)
    assert (await look_up(lookups, said)).needs_identity


@pytest.mark.parametrize(
    "said", ["I am Ana Luz, 28012 Madrid.", "I am Ana Sol, 28013 Madrid.", "I am Ana, 28012 Madrid."]
)
async def test_a_wrong_name_or_postcode_shows_nothing(said: str) -> None:
    found = await look_up(world(an_order()), said, policy=BY_NAME)
    assert found == OrderLookup(needs_identity=True)


async def test_two_customers_of_one_name_at_one_postcode_are_told_apart_by_address_and_number() -> None:
    twins = FixedCustomers(ANA, ANA.model_copy(update={"email": BOB}))
    lookups = world(an_order(), customers=twins)
    assert (await look_up(lookups, "I am Ana Sol, 28012 Madrid.", policy=BY_NAME)).needs_identity
    said = "I am Ana Sol, 28012 Madrid. ana@example.com, ORD-10017"
    assert ids(await look_up(lookups, said, policy=BY_NAME)) == ["ORD-10017"]


async def test_somebody_elses_order_is_missing_for_who_gave_name_and_postcode() -> None:
    lookups = world(an_order(), an_order("ORD-10019", email=BOB))
    found = await look_up(lookups, "I am Ana Sol, 28012 Madrid. Where is ORD-10019?", policy=BY_NAME)
    assert (found.orders, found.missing) == ((), ("ORD-10019",))


async def test_a_signature_asks_for_nothing_where_the_message_is_about_something_else() -> None:
    said = "Is the lamp dimmable?\nAna Luz\n28012 Madrid"
    found = await look_up(world(an_order()), said, intent=Intent.PRODUCT_QUESTION, policy=BY_NAME)
    assert found == OrderLookup()


# --- which of many ---


async def test_of_very_many_orders_those_with_the_things_that_are_named_are_offered() -> None:
    lamp = OrderItem(sku="LO-2105", name="Ember floor lamp", quantity=1, price=Decimal(129))
    days = [NOW - timedelta(days=n) for n in range(40)]
    orders = [
        an_order(f"ORD-2{n:04}", placed_at=day, items=(lamp,) if n in {25, 33} else ()) for n, day in enumerate(days)
    ]
    found = await look_up(world(*orders), "Where is the floor lamp?", email=EMAIL, verified=True)
    assert len(found.orders) == MAX_ORDERS
    assert {"ORD-20025", "ORD-20033", "ORD-20000"} <= set(ids(found))
    assert ids(found) == sorted(ids(found))


async def test_an_order_number_of_another_shops_kind_is_known_where_it_is_the_customers() -> None:
    lookups = world(an_order("#W2378156"), an_order("#W1111111"), an_order("#W2222222", email=BOB))
    for text in ("exchange W2378156 please", "exchange #w2378156 please", "order 2378156 please"):
        assert ids(await look_up(lookups, text, email=EMAIL, verified=True)) == ["#W2378156"], text
    assert ids(await look_up(lookups, "W2378156, ana@example.com")) == ["#W2378156"]
    assert ids(await look_up(lookups, "W2222222, ana@example.com")) == []


async def test_a_long_number_that_is_no_order_number_of_theirs_is_an_items() -> None:
    lookups = world(an_order("#W2378156"), an_order("#W1111111"))
    found = await look_up(lookups, "I want item ID 4107812777 instead", email=EMAIL, verified=True)
    assert (sorted(ids(found)), found.missing) == (["#W1111111", "#W2378156"], ())
    found = await look_up(lookups, "In order 2378156 I want item 4107812777", email=EMAIL, verified=True)
    assert (ids(found), found.missing) == (["#W2378156"], ())
    found = await look_up(lookups, "Where is order 9999999?", email=EMAIL, verified=True)
    assert (ids(found), found.missing) == ([], ("9999999",))
    assert (await look_up(world(), "Where is order 9999999?", email=EMAIL, verified=True)).missing == ("9999999",)


# --- strange orders and strange words ---


@pytest.mark.parametrize(
    "changes",
    [
        {"items": ()},
        {"placed_at": datetime(1970, 1, 1, tzinfo=UTC), "expected_at": None},
        {"name": "'; DROP TABLE orders; --"},
        {"name": "{{ 7 * 7 }} {% raise %} ${jndi:ldap://x}"},
        {"name": "A" * 10_000},
        {"currency": "JPY", "total": Decimal("1234567890.12")},
    ],
)
async def test_a_strange_order_is_told_without_a_crash(changes: dict[str, Any]) -> None:
    walk = Walk(some_steps(orders=FixedOrders(an_order(**changes))), a_case("Where is my order ORD-10017?"))
    _, retrieval, made = await walk.drafted()
    assert ids(retrieval.lookup) == ["ORD-10017"]
    assert len(made.draft.text) < 3_000
    assert "49" not in made.draft.text.replace("ORD-10017", "")


async def test_orders_in_three_currencies_keep_each_their_own() -> None:
    orders = [an_order(f"ORD-1000{n}", currency=code) for n, code in enumerate(("EUR", "USD", "GBP"))]
    found = await look_up(world(*orders), "Where are my orders?", email=EMAIL, verified=True)
    assert {order.order_id: order.currency for order in found.orders} == {
        "ORD-10000": "EUR", "ORD-10001": "USD", "ORD-10002": "GBP",
    }  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "ORD-10017' OR '1'='1, eve@example.com",
        "ORD-10017; DELETE FROM orders; eve@example.com",
        "{{ orders[0] }} ORD-10017 eve@example.com",
        "ORD-%, eve@example.com",
        "ORD-10017 \0 eve@example.com",
        "I am Ana Sol' OR 1=1 --, 28012%",
        f"My name is {'A' * 10_000} {'b' * 10_000}, 28012",
    ],
)
async def test_no_writing_gets_at_somebody_elses_order(said: str) -> None:
    for policy in (a_policy(), BY_NAME):
        found = await look_up(world(an_order(), an_order("ORD-10018", email=BOB)), said, policy=policy)
        assert (found.orders, found.returns, found.customer) == ((), (), None)
