"""What a message that names no order says of its writer's own: goods that are awaited, and goods of another order."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activities.classification.classifier import Understood
from activities.fakes import FixedOrders
from activities.lookups import looking_up
from activities.own_orders import (
    MISTAKEN,
    another_is_meant,
    asking_after,
    may_ask_after,
    read_with,
    worth_reading,
)
from domain.conversations import Continued, Pointer
from domain.messages import Turn
from domain.orders import AWAITED, Order, OrderItem, OrderStatus
from domain.ports import OrderDesk
from domain.steps import ClassifyResult, IntentScore
from domain.vocabulary import Intent, Language
from tests.steps_world import EMAIL, Walk, a_case, an_order, some_steps

EN = Language.EN
FIRST = "ORD-10017"
TABLE = "Falk side table"
FIRE_PIT = {
    Language.EN: "Ember fire pit",
    Language.ES: "Brasero Ember",
    Language.FR: "Brasero Ember",
    Language.DE: "Feuerschale Ember",
    Language.PT: "Braseiro Ember",
}
WHEREABOUTS = [
    (Language.EN, "Will the fire pit make it by Friday?"),
    (Language.EN, "Where is the fire pit?"),
    (Language.ES, "¿Llegará el brasero antes del viernes?"),
    (Language.ES, "¿Dónde está el brasero?"),
    (Language.FR, "Le brasero arrivera-t-il avant vendredi ?"),
    (Language.FR, "Mon brasero est-il déjà parti ?"),
    (Language.DE, "Kommt die Feuerschale bis Freitag an?"),
    (Language.DE, "Wo ist die Feuerschale?"),
    (Language.PT, "Onde está o braseiro?"),
    (Language.PT, "O braseiro já vem a caminho?"),
]
SAYS_ABSENT = {
    Language.EN: "The fire pit never arrived.",
    Language.ES: "El brasero nunca llegó.",
    Language.FR: "Je n'ai jamais reçu le brasero.",
    Language.DE: "Ich habe die Feuerschale nicht erhalten.",
    Language.PT: "Não recebi o braseiro.",
}


def of_goods(*names: str, order_id: str = FIRST, status: OrderStatus = OrderStatus.SHIPPED) -> Order:
    items = tuple(OrderItem(sku=f"LO-{len(name)}", name=name, quantity=1, price=Decimal(129)) for name in names)
    arrived = datetime(2026, 6, 10, tzinfo=UTC) if status is OrderStatus.DELIVERED else None
    return an_order(order_id, status, items=items, delivered_at=arrived)


def understood(text: str, *intents: Intent, order_ids: tuple[str, ...] = (), settled: bool = False) -> Understood:
    scores = tuple(IntentScore(intent=intent, probability=0.8) for intent in intents)
    return Understood(scores, (), order_ids, (), text, settled=settled)


def intents_of(read: Understood | ClassifyResult) -> list[Intent]:
    return [score.intent for score in read.intents]


async def classified(text: str, orders: OrderDesk, *earlier: Turn, verified: bool = True) -> ClassifyResult:
    thread = (*earlier, Turn(role="customer", text=text))
    return await Walk(some_steps(orders=orders), a_case(text, thread=thread, verified=verified)).classified()


@pytest.mark.parametrize(("language", "text"), WHEREABOUTS)
async def test_whoever_asks_where_awaited_goods_are_asks_after_the_order(language: Language, text: str) -> None:
    steps = some_steps(orders=FixedOrders(of_goods(FIRE_PIT[language])))
    found = await Walk(steps, a_case(text, hint=language)).classified()
    assert intents_of(found) == [Intent.ORDER_STATUS]
    assert found.language is language and found.order_ids == ()


@pytest.mark.parametrize(("language", "text"), WHEREABOUTS)
def test_whoever_awaits_no_such_goods_is_read_as_before(language: Language, text: str) -> None:
    asked = understood(text, Intent.PRODUCT_QUESTION)
    assert may_ask_after(asked)
    assert asking_after(asked, (), language) == asked
    assert asking_after(asked, (of_goods(TABLE), of_goods()), language) == asked


async def test_a_product_question_stays_one_beside_other_orders_and_without_words_of_whereabouts() -> None:
    mine, others = of_goods(FIRE_PIT[EN]), of_goods(TABLE)
    assert intents_of(await classified("Where is the fire pit?", FixedOrders(others))) == [Intent.PRODUCT_QUESTION]
    desk = FixedOrders(mine)
    assert intents_of(await classified("How heavy is the fire pit?", desk)) == [Intent.PRODUCT_QUESTION]
    assert desk.asked == []


@pytest.mark.parametrize("language", list(Language))
def test_what_has_arrived_is_asked_after_only_by_who_misses_it(language: Language) -> None:
    arrived = (of_goods(FIRE_PIT[language], status=OrderStatus.DELIVERED),)
    missing = understood(SAYS_ABSENT[language], Intent.SHIPPING)
    assert may_ask_after(missing)
    assert intents_of(asking_after(missing, arrived, language)) == [Intent.ORDER_STATUS]
    asked = understood(next(text for each, text in WHEREABOUTS if each is language), Intent.SHIPPING)
    assert asking_after(asked, arrived, language) == asked


@pytest.mark.parametrize("status", list(OrderStatus))
def test_only_of_what_is_awaited_it_is_asked_where_it_is(status: OrderStatus) -> None:
    asked = understood("Where is the fire pit?", Intent.OTHER)
    found = intents_of(asking_after(asked, (of_goods(FIRE_PIT[EN], status=status),), EN))
    assert found == [Intent.ORDER_STATUS if status in AWAITED else Intent.OTHER]


@pytest.mark.parametrize("intent", list(MISTAKEN))
def test_a_reading_that_is_sure_is_believed(intent: Intent) -> None:
    asked = understood("Where is the fire pit?", intent)
    sure = asked._replace(intents=(IntentScore(intent=intent, probability=1.0),))
    assert may_ask_after(asked)
    assert may_ask_after(sure) is (intent is Intent.OTHER)


@pytest.mark.parametrize("intent", [Intent.ACCOUNT, Intent.TECHNICAL_ISSUE])
def test_what_does_not_work_is_no_question_where_it_is(intent: Intent) -> None:
    assert not may_ask_after(understood("I cannot find the switch on the fire pit, it never arrived warm.", intent))
    behind = understood("Where is the fire pit? And I can't log in.", Intent.SHIPPING, intent)
    assert intents_of(asking_after(behind, (of_goods(FIRE_PIT[EN]),), EN)) == [Intent.ORDER_STATUS, intent]


@pytest.mark.parametrize(
    "intent", [Intent.RETURN_REQUEST, Intent.CANCEL, Intent.REFUND, Intent.COMPLAINT, Intent.HUMAN_AGENT]
)
def test_whoever_wants_more_than_to_know_is_left_alone(intent: Intent) -> None:
    asked = understood("The fire pit has not arrived, where is it?", intent, Intent.SHIPPING)
    orders = (of_goods(FIRE_PIT[EN]),)
    assert not may_ask_after(asked)
    assert read_with(asked, None, orders, EN) == (asked, None)
    behind = understood(asked.core, Intent.SHIPPING, intent)
    assert intents_of(asking_after(behind, orders, EN)) == [Intent.ORDER_STATUS, intent]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I want to return the fire pit, where do I send it?", Intent.RETURN_REQUEST),
        ("Please cancel the fire pit, when will it arrive?", Intent.CANCEL),
        ("The fire pit still has not arrived, I want my money back.", Intent.REFUND),
    ],
)
async def test_the_step_keeps_what_is_wanted_of_awaited_goods(text: str, intent: Intent) -> None:
    assert intents_of(await classified(text, FixedOrders(of_goods(FIRE_PIT[EN])))) == [intent]


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("Where is the fire pit? And how heavy is it?", Intent.PRODUCT_QUESTION),
        ("Where is the fire pit? And how long does shipping to Spain take?", Intent.SHIPPING),
        ("Where is the fire pit, and can I still pay by card?", Intent.PAYMENT),
        ("Where is the fire pit? And how can I change my password?", Intent.ACCOUNT),
    ],
)
def test_of_several_questions_those_to_the_documents_stay(text: str, stays: Intent) -> None:
    found = asking_after(understood(text, stays), (of_goods(FIRE_PIT[EN]),), EN)
    assert intents_of(found) == [Intent.ORDER_STATUS, stays]


def test_of_several_questions_what_was_a_mistake_goes() -> None:
    text = "Where is the fire pit? And what does it burn?"
    orders = (of_goods(FIRE_PIT[EN]),)
    asked = understood(text, Intent.OTHER, Intent.ORDER_STATUS)
    assert intents_of(asking_after(asked, orders, EN)) == [Intent.ORDER_STATUS]
    alone = understood("Where is the fire pit?", Intent.SHIPPING, Intent.PAYMENT)
    assert intents_of(asking_after(alone, orders, EN)) == [Intent.ORDER_STATUS]


async def test_a_message_with_an_order_number_is_left_alone() -> None:
    desk = FixedOrders(of_goods(FIRE_PIT[EN]))
    found = await classified("ORD-10018: how heavy is the fire pit, when will it arrive?", desk)
    assert intents_of(found) == [Intent.PRODUCT_QUESTION] and found.order_ids == ("ORD-10018",)
    assert desk.asked == []
    assert not may_ask_after(understood("Where is the fire pit?", Intent.OTHER, settled=True))


async def test_orders_of_who_is_not_verified_are_never_read() -> None:
    desk = FixedOrders(of_goods(FIRE_PIT[EN]))
    found = await classified("Where is the fire pit?", desk, verified=False)
    assert intents_of(found) == [Intent.PRODUCT_QUESTION]
    assert desk.asked == []
    assert intents_of(await classified("Where is the fire pit?", desk)) == [Intent.ORDER_STATUS]
    assert desk.asked == [EMAIL]


class SlowOrders(FixedOrders):
    """Answers when nobody waits any more."""

    async def orders_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Order, ...]:
        await asyncio.sleep(30)
        return await super().orders_of(store, email, order_ids=order_ids, limit=limit)


async def test_a_message_is_read_without_orders_that_do_not_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_up, "AT_ONCE", 0.02)
    for desk in (SlowOrders(of_goods(FIRE_PIT[EN])), FixedOrders(of_goods(FIRE_PIT[EN]), away=True)):
        async with asyncio.timeout(10):
            found = await classified("Where is the fire pit?", desk)
        assert intents_of(found) == [Intent.PRODUCT_QUESTION]


def test_goods_of_another_order_let_the_first_one_go() -> None:
    orders = (of_goods(FIRE_PIT[EN]), of_goods(TABLE, order_id="ORD-10018"))
    taken = Continued(order_ids=(FIRST,), used=("Order ORD-10017 is taken from earlier in the conversation.",))
    asked = understood("And the side table, then?", Intent.ORDER_STATUS, order_ids=(FIRST,))
    assert worth_reading(asked, taken) and not worth_reading(asked, None)
    read, kept = read_with(asked, taken, orders, EN)
    assert read == asked._replace(order_ids=())
    assert kept is None
    both = taken.model_copy(update={"used": (*taken.used, "A reply to our question.")})
    _, kept = read_with(asked, both, orders, EN)
    assert kept is not None and kept.order_ids == () and kept.used == ("A reply to our question.",)


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("And the side table, then?", True),
        ("And the fire pit, then?", False),
        ("The fire pit and the side table?", False),
        ("And the umbrella, then?", False),
        ("When does it come?", False),
        ("When does it come? I need it by the side table.", False),
    ],
)
def test_another_order_is_meant_by_its_goods_alone(text: str, another: bool) -> None:
    orders = (of_goods(FIRE_PIT[EN]), of_goods(TABLE, order_id="ORD-10018"))
    assert another_is_meant(text, Continued(order_ids=(FIRST,)), orders, EN) is another
    assert not another_is_meant(text, Continued(pointer=Pointer(kind="newest")), orders, EN)
    assert not another_is_meant(text, Continued(order_ids=(FIRST,)), (), EN)


@pytest.mark.parametrize(
    ("text", "kept"), [("And when will it arrive?", (FIRST,)), ("Has my side table been dispatched yet?", ())]
)
async def test_the_step_goes_on_with_an_order_until_other_goods_are_named(text: str, kept: tuple[str, ...]) -> None:
    desk = FixedOrders(of_goods(FIRE_PIT[EN]), of_goods(TABLE, order_id="ORD-10018"))
    earlier = (
        Turn(role="customer", text="Where is ORD-10017?"),
        Turn(role="assistant", text="Your order ORD-10017 is on its way."),
    )
    found = await classified(text, desk, *earlier)
    assert intents_of(found) == [Intent.ORDER_STATUS] and found.order_ids == kept
    assert (found.continues.order_ids if found.continues else ()) == kept


@pytest.mark.parametrize("text", ["10018 (lamp)", "It is 10018, Ember", "10018"])
def test_a_number_that_was_just_given_stays(text: str) -> None:
    lamp, table = an_order(order_id="ORD-10018"), an_order(order_id="ORD-10020")
    taken = Continued(order_ids=("10018",))
    assert not another_is_meant(text, taken, (lamp, table), Language.EN)


@pytest.mark.parametrize(
    "text", ["When will the fire pit be back in stock?", "Where is it made?", "Does the fire pit arrive assembled?"]
)
def test_questions_about_the_goods_as_such_are_left(text: str) -> None:
    assert not may_ask_after(understood(text, Intent.PRODUCT_QUESTION))
