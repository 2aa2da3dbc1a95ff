"""Drafts: what is looked up, quoted and asked, in the customer's language and nothing beyond."""

from datetime import UTC, datetime

import pytest

from activities.briefing import NOTICED
from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.formats import written_date, written_money
from activities.generation.order_texts import order_status
from activities.generation.phrases import notice_of, phrases
from activities.generation.quotes import answer_sentences
from domain.messages import Turn
from domain.orders import OrderStatus
from domain.vocabulary import Kind, Language
from tests.steps_world import NOW, Walk, a_case, a_passage, a_policy, an_order, some_steps

POLICY = a_passage(
    "You may return almost everything within 30 days of delivery. The item must be unused. Labels are free in the EU."
)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("status", list(OrderStatus))
def test_every_state_of_an_order_can_be_told_in_every_language(language: Language, status: OrderStatus) -> None:
    told = order_status(an_order(status=status), language, NOW)
    assert "ORD-10017" in told.text
    assert "{" not in told.text
    assert told.facts["order/ORD-10017/status"] == status.value


@pytest.mark.parametrize("language", list(Language))
def test_a_parcel_is_late_by_the_time_of_the_question(language: Language) -> None:
    order = an_order(expected_at=datetime(2026, 6, 10, tzinfo=UTC))
    late = order_status(order, language, NOW).text
    on_time = order_status(order, language, datetime(2026, 6, 9, tzinfo=UTC)).text
    assert late != on_time
    assert written_date(datetime(2026, 6, 10, tzinfo=UTC).date(), language) in late


@pytest.mark.parametrize("language", list(Language))
def test_phrases_without_slots_hold_no_digits_and_notices_exist(language: Language) -> None:
    assert not [text for text in phrases(language) if isinstance(text, str) and any(c.isdigit() for c in text)]
    assert len({notice_of(name, language) for name in ("person", *NOTICED, "chargeback")}) == 6


def test_dates_and_money_are_written_as_each_language_writes_them() -> None:
    day = datetime(2026, 6, 12, tzinfo=UTC).date()
    assert [written_date(day, language) for language in Language] == [
        "12 June 2026",
        "12 de junio de 2026",
        "12 juin 2026",
        "12. Juni 2026",
        "12 de junho de 2026",
    ]
    assert written_money(an_order().total, "EUR", Language.DE) == "129,00\xa0€"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where is my order ORD-10017?", "on its way"),
        ("¿Dónde está mi pedido ORD-10017?", "en camino"),
        ("Où est ma commande ORD-10017 ?", "en route"),
        ("Wo ist meine Bestellung ORD-10017?", "auf dem Weg"),
        ("Onde está o meu pedido ORD-10017?", "a caminho"),
    ],
)
async def test_an_order_is_told_with_carrier_and_facts_in_five_languages(text: str, words: str) -> None:
    _, _, made = await Walk(some_steps(orders=FixedOrders(an_order())), a_case(text)).drafted()
    assert words in made.draft.text
    assert "VW722106369FR" in made.draft.text
    assert made.draft.facts["order/ORD-10017/expected_at"] == "2026-06-20"
    assert made.draft.kind == "answer"
    assert made.coverage == 1.0
    assert len(made.draft.hash) == 64


async def test_of_several_orders_the_latest_three_are_listed() -> None:
    orders = [an_order(f"ORD-1000{n}", placed_at=datetime(2026, 5, n, tzinfo=UTC)) for n in range(1, 6)]
    _, _, made = await Walk(some_steps(orders=FixedOrders(*orders)), a_case("Where are my orders?")).drafted()
    told = [n for n in range(1, 6) if f"ORD-1000{n}" in made.draft.text]
    assert told == [3, 4, 5]


async def test_an_order_of_somebody_else_is_answered_like_one_that_is_not_there() -> None:
    case = a_case("Where is my order ORD-10099?")
    foreign = FixedOrders(an_order("ORD-10099", email="bob@example.com"))
    _, lookup, made = await Walk(some_steps(orders=foreign), case).drafted()
    _, _, nowhere = await Walk(some_steps(orders=FixedOrders()), case).drafted()
    assert lookup.lookup.missing == ("ORD-10099",)
    assert made.draft.kind == "clarification"
    assert made.draft.text == nowhere.draft.text


@pytest.mark.parametrize("changes", [{"email": None}, {"verified": False, "policy": a_policy(identify_by=())}])
async def test_nothing_is_looked_up_for_a_customer_who_is_not_verified(changes: dict[str, object]) -> None:
    orders = FixedOrders(an_order())
    case = a_case("Where is my order ORD-10017?", **changes)  # type: ignore[arg-type]
    _, retrieval, made = await Walk(some_steps(orders=orders), case).drafted()
    assert retrieval.lookup.needs_identity
    assert orders.asked == []
    assert made.draft.kind == "clarification"
    assert "VW722106369FR" not in made.draft.text
    assert phrases(Language.EN).closing not in made.draft.text


async def test_a_number_written_without_its_prefix_is_found() -> None:
    _, retrieval, _ = await Walk(
        some_steps(orders=FixedOrders(an_order())), a_case("where is my order 10017?")
    ).drafted()
    assert [order.order_id for order in retrieval.lookup.orders] == ["ORD-10017"]
    assert retrieval.lookup.missing == ()


async def test_a_policy_is_quoted_and_cited() -> None:
    knowledge = FixedKnowledge((POLICY, 0.95))
    _, _, made = await Walk(some_steps(knowledge), a_case("How many days do I have to return an item?")).drafted()
    assert "within 30 days of delivery" in made.draft.text
    assert [citation.content_hash for citation in made.draft.citations] == [POLICY.content_hash]


async def test_the_return_window_is_counted_from_the_number_in_the_policy() -> None:
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=datetime(2026, 6, 5, tzinfo=UTC))
    case = a_case("I want to return ORD-10017", policy=a_policy(return_form_url="https://lumen.example/returns"))
    steps = some_steps(FixedKnowledge((POLICY, 0.95)), FixedOrders(order))
    _, _, made = await Walk(steps, case).drafted()
    assert made.draft.facts["order/ORD-10017/return_until"] == "2026-07-05"
    assert made.draft.facts["order/ORD-10017/return_rule"] == "delivered_at + 30 days"
    assert "5 July 2026" in made.draft.text
    assert "https://lumen.example/returns" in made.draft.text


async def test_without_a_number_in_the_policy_no_window_is_stated() -> None:
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=datetime(2026, 6, 5, tzinfo=UTC))
    vague = a_passage("You may return unused items. Please use the form.")
    _, _, made = await Walk(
        some_steps(FixedKnowledge((vague, 0.95)), FixedOrders(order)), a_case("I want to return ORD-10017")
    ).drafted()
    assert "July" not in made.draft.text


async def test_a_source_in_another_language_is_quoted_and_said_to_be_one() -> None:
    knowledge = FixedKnowledge((POLICY, 0.95))
    _, _, made = await Walk(some_steps(knowledge), a_case("¿Cuántos días tengo para devolver un artículo?")).drafted()
    assert made.draft.language is Language.ES
    assert "inglés" in made.draft.text
    assert "«You may return" in made.draft.text
    assert [reason.code for reason in made.reasons] == ["other_language"]


async def test_what_nothing_answers_is_held_without_a_promise() -> None:
    _, _, made = await Walk(some_steps(), a_case("Do you sell washing machines?")).drafted()
    assert made.draft.kind == "holding"
    assert made.draft.citations == ()


async def test_a_redraft_never_repeats_the_rejected_text() -> None:
    long = a_passage(
        "Parcels leave within one day. Standard delivery takes 3 to 5 days. Express delivery takes 1 day. "
        "Islands take longer. Bulky goods come with a forwarder.",
        title="Delivery",
    )
    walk = Walk(some_steps(FixedKnowledge((long, 0.9))), a_case("How long does delivery take?"))
    _, _, first = await walk.drafted()
    _, _, second = await walk.drafted(attempt=2, rejection="too vague", rejected_text=first.draft.text)
    assert second.draft.text != first.draft.text
    assert second.draft.hash != first.draft.hash
    assert second.draft.attempt == 2


async def test_a_redraft_about_an_order_does_not_repeat_itself_either() -> None:
    walk = Walk(some_steps(orders=FixedOrders(an_order())), a_case("Where is my order ORD-10017?"))
    _, _, first = await walk.drafted()
    _, _, second = await walk.drafted(attempt=2, rejection="wrong order", rejected_text=first.draft.text)
    assert second.draft.text != first.draft.text


async def test_a_short_follow_up_is_searched_with_what_it_follows() -> None:
    knowledge = FixedKnowledge()
    thread = (
        Turn(role="customer", text="How much is shipping to Germany?"),
        Turn(role="assistant", text="4.95 euros."),
        Turn(role="customer", text="and to Spain?"),
    )
    await Walk(some_steps(knowledge), a_case("", thread=thread)).retrieved()
    assert knowledge.asked == ["How much is shipping to Germany?\nand to Spain?"]


def test_words_that_only_lead_up_to_something_are_not_quoted_without_it() -> None:
    assert answer_sentences(a_passage("Labels are free. What else it costs:")) == ["Labels are free."]


def test_tables_markup_and_the_question_itself_are_not_quoted() -> None:
    text = "# How?\n\n**Open** the form.\n\n| Zone | Price |\n|---|---|\n| 1 | €4.95 |"
    passage = a_passage(text, title="Fees", kind=Kind.FAQ)
    assert answer_sentences(passage) == ["Open the form.", "Zone: Price.", "1: €4.95."]
