"""What the customer's record and history may shape, and that the agent is shown what was used."""

import pytest

from activities.conversation.shaping import open_issues_about
from activities.fakes import FixedCustomers
from domain.customers import CustomerRecord
from domain.messages import Turn
from domain.vocabulary import Language, Tier
from tests.dialogue_world import the_orders
from tests.steps_world import EMAIL, Walk, a_case, an_order, some_steps


def a_record(**changes: object) -> CustomerRecord:
    return CustomerRecord.model_validate({"email": EMAIL, "name": "Ana Sol"} | changes)


def a_walk(text: str, record: CustomerRecord, **changes: object) -> Walk:
    steps = some_steps(orders=the_orders(), customers=FixedCustomers(record))
    return Walk(steps, a_case(text, **changes))  # type: ignore[arg-type]


async def test_the_recorded_language_counts_where_the_message_is_too_short_to_tell() -> None:
    record = a_record(language=Language.PT)
    found = await a_walk("ORD-10017", record).classified()
    assert found.language is Language.PT
    assert found.continues is not None
    assert "customer record" in found.continues.used[-1]
    _, _, made = await a_walk("ORD-10017", record).drafted()
    assert made.draft.language is Language.PT
    assert any(line.startswith("Language pt") for line in made.draft.used)


@pytest.mark.parametrize("changes", [{"hint": Language.ES}, {"email": None}, {"verified": False}])
async def test_what_the_channel_says_wins_and_no_record_is_read_of_who_is_not_proven(
    changes: dict[str, object],
) -> None:
    found = await a_walk("ORD-10017", a_record(language=Language.PT), **changes).classified()
    assert found.language is changes.get("hint", Language.EN)


async def test_the_messages_own_language_wins_over_the_record() -> None:
    found = await a_walk("¿Dónde está mi pedido ORD-10017?", a_record(language=Language.DE)).classified()
    assert found.language is Language.ES


async def test_records_that_do_not_answer_keep_nobody_waiting() -> None:
    steps = some_steps(orders=the_orders(), customers=FixedCustomers(away=True))
    assert (await Walk(steps, a_case("ORD-10017")).classified()).language is Language.EN


async def test_the_agent_sees_the_loyalty_tier_and_the_customer_does_not() -> None:
    _, _, made = await a_walk("Where is my order ORD-10017?", a_record(loyalty_tier="Platinum")).drafted()
    assert any("Platinum" in line for line in made.draft.used)
    assert "Platinum" not in made.draft.text
    assert any(line.startswith("Name Ana Sol: from the customer record") for line in made.draft.used)


async def test_a_loyalty_tier_changes_no_tier() -> None:
    plain = await a_walk("Where is my order ORD-10017?", a_record()).retrieved()
    loyal = await a_walk("Where is my order ORD-10017?", a_record(loyalty_tier="Platinum")).retrieved()
    assert plain[1].tier is loyal[1].tier is Tier.AUTOMATIC


async def test_an_open_issue_about_the_same_order_is_spoken_of_and_goes_to_review() -> None:
    record = a_record(open_issues=("Missing screws of ORD-10017 to be sent", "Voucher"))
    walk = a_walk("Where is my order ORD-10017?", record)
    _, _, made = await walk.drafted()
    assert "My colleagues are already working on the open matter with your order ORD-10017" in made.draft.text
    assert "screws" not in made.draft.text
    assert [reason.code for reason in made.draft.reasons].count("open_issue") == 1
    _, verdict = await walk.guarded()
    assert not verdict.send
    assert "open_issue" in {reason.code for reason in verdict.reasons}


async def test_an_open_issue_about_another_order_changes_nothing_but_is_shown() -> None:
    _, _, made = await a_walk("Where is my order ORD-10017?", a_record(open_issues=("ORD-10082: screws",))).drafted()
    assert "colleagues" not in made.draft.text
    assert any("ORD-10082: screws" in line for line in made.draft.used)


def test_issues_name_orders_with_and_without_letters() -> None:
    orders = (an_order("ORD-10017"),)
    for issue in ("Refund of #10017", "ord-10017: late", "(ORD-10017)"):
        assert open_issues_about(orders, a_record(open_issues=(issue,)))
    assert not open_issues_about(orders, a_record(open_issues=("Refund of 110017",)))


@pytest.mark.parametrize(
    "text", ["Where is my last order?", "¿Dónde está mi último pedido?", "Où est ma dernière commande ?",
             "Wo ist meine letzte Bestellung?", "Onde está a minha última encomenda?"],
)  # fmt: skip
async def test_a_returning_customers_last_order_is_the_newest(text: str) -> None:
    _, retrieval, made = await a_walk(text, a_record()).drafted()
    assert [order.order_id for order in retrieval.lookup.orders] == ["ORD-10090"]
    assert any("ORD-10090" in line for line in made.draft.used)


async def test_an_order_is_found_by_what_is_in_it() -> None:
    _, retrieval = await a_walk("Where is the rug that I ordered?", a_record()).retrieved()
    assert [order.order_id for order in retrieval.lookup.orders] == ["ORD-10082"]


async def test_a_greeting_is_given_once() -> None:
    thread = (
        Turn(role="customer", text="Where is ORD-10017?"),
        Turn(role="assistant", text="Hello Ana Sol,\n\nYour order ORD-10017 has been dispatched."),
        Turn(role="customer", text="And my last order?"),
    )
    _, _, made = await a_walk("", a_record(), thread=thread).drafted()
    assert not made.draft.text.startswith("Hello")
    assert "ORD-10090" in made.draft.text
