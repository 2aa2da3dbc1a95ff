"""The generated questions: enough of them, kept apart by split, and a program that knows a right answer."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import evals.generated.loading as generated
from domain.errors import BadInput
from domain.orders import OrderStatus
from domain.vocabulary import Language
from evals.generated.asking import case_of
from evals.generated.cases import GeneratedCase, Need, Reply, chance_of, split_of
from evals.generated.checking import is_judged, is_right, strangers_in
from evals.generated.knowledge import Attribute
from evals.generated.loading import cases_of, generated_cases, hash_of_cases, shoppers
from evals.generated.order_needs import general_return_needs, return_needs, status_needs
from evals.generated.orders import NOW, STATES
from evals.generated.wear import Manners, worn
from tests.steps_world import a_policy, an_order

EN, DE, FR, PT = Language.EN, Language.DE, Language.FR, Language.PT
SAYS = {
    (EN, "shipped"): ("dispatched",),
    (EN, "late"): ("late",),
    (EN, "lost"): ("lost in transit",),
    (EN, "choice"): ("refund",),
    (EN, "over"): ("ended on",),
    (EN, "not_delivered"): ("not been delivered",),
}


def a_question(**changes: Any) -> GeneratedCase:
    usual = {"id": "x", "split": "fit", "kind": "knowledge/fact", "cluster": "c", "language": EN, "text": "How long?"}
    return GeneratedCase.model_validate(usual | changes)


def says(text: str, language: Language = EN, **changes: Any) -> Reply:
    return Reply.model_validate({"kind": "answer", "text": text, "language": language} | changes)


# --- the questions ---


def test_there_are_enough_questions_in_every_language() -> None:
    cases = generated_cases()
    assert len(cases) >= 4_500 and len(cases_of("test")) >= 2_500
    assert len({case.id for case in cases}) == len(cases)
    languages = Counter(case.language for case in cases)
    assert min(languages.values()) >= 0.8 * max(languages.values())
    kinds = Counter(case.kind.split("/")[0] for case in cases)
    assert min(kinds["orders"], kinds["knowledge"]) > 2_000 and kinds["none"] > 500


def test_no_wording_no_fact_and_no_customer_is_in_two_splits() -> None:
    parts: dict[str, Callable[[GeneratedCase], str | None]] = {
        "fact": lambda case: case.cluster,
        "customer": lambda case: case.email,
        "wording": lambda case: case.id.rsplit("/attribute/", 1)[-1],
    }
    for part in parts.values():
        where: dict[str, set[str]] = {}
        for case in generated_cases():
            if key := part(case):
                where.setdefault(key, set()).add(case.split)
        assert {key: splits for key, splits in where.items() if len(splits) > 1} == {}


def test_the_questions_are_the_same_every_time() -> None:
    before = hash_of_cases(generated_cases())
    generated_cases.cache_clear()
    assert hash_of_cases(generated_cases()) == before
    assert [case.id for case in cases_of("fit")] == [case.id for case in cases_of("fit")]


def test_orders_are_of_every_state_and_belong_to_customers_of_their_own() -> None:
    orders = [order for shopper in shoppers() for order in shopper.orders]
    assert {order.status for order in orders} == set(OrderStatus) == set(STATES)
    assert len({order.order_id for order in orders}) == len(orders)
    assert len({shopper.email for shopper in shoppers()}) == len(shoppers())
    late = [order for order in orders if order.is_late(NOW)]
    assert len(late) > 20 and any(order.tracking is None for order in late)


def test_somebody_elses_order_is_never_answered_rightly() -> None:
    asked = [case for case in generated_cases() if case.kind == "orders/status" and not case.answerable]
    assert len(asked) > 50
    assert all(not case.needs and not case.documents for case in asked)


def test_a_line_that_is_wrong_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "attributes.jsonl").write_text('{"id": "price"}\n', encoding="utf-8")
    monkeypatch.setattr(generated, "FOLDER", tmp_path)
    with pytest.raises(BadInput, match=r"attributes.jsonl, line 1: questions"):
        generated._read("attributes", Attribute)


def test_a_question_becomes_a_case_of_a_verified_customer_or_of_nobody() -> None:
    known = case_of(a_question(email="a@example.com"), a_policy())
    assert (known.query.customer.verified, known.query.received_at) == (True, NOW)
    assert not case_of(a_question(), a_policy()).query.customer.verified


def test_wear_leaves_numbers_of_orders_alone() -> None:
    manners = {EN: Manners(language=EN, greetings=("Hi,",), closings=("Thanks!",), stories=("We moved.",))}
    texts = {
        worn("Where is my parcel from order ORD-20042?", EN, manners, chance_of(str(place))) for place in range(60)
    }
    assert len(texts) > 8 and all("ORD-20042" in text for text in texts)


def test_splits_are_dealt_in_their_shares() -> None:
    dealt = Counter(split_of(f"key {place}") for place in range(4_000))
    assert 1_200 < dealt["fit"] < 1_520 and 1_560 < dealt["test"] < 1_900


# --- what is right ---


@pytest.mark.parametrize(
    ("language", "text", "right"),
    [
        (EN, "You have 30 days from delivery.", True),
        (EN, "You have thirty days from delivery.", True),
        (DE, "Sie haben 30 Tage Zeit.", True),
        (FR, "Vous disposez de trente jours.", True),
        (EN, "You have 14 days from delivery.", False),
        (EN, "You have 30 working days.", False),
        (EN, "You have about a month.", False),
    ],
)
def test_a_period_is_right_in_any_writing(language: Language, text: str, right: bool) -> None:
    case = a_question(language=language, needs=(Need(values=("30 days",)),))
    assert is_right(case, says(text, language), language) is right


@pytest.mark.parametrize(
    ("need", "language", "text", "right"),
    [
        ("€1,299.00", DE, "Der Preis beträgt 1.299,00 €.", True),
        ("€4.95", FR, "Cela coûte 4,95 € par colis.", True),
        ("€4.95", FR, "Cela coûte 4,59 € par colis.", False),
        ("1,800 W", DE, "Leistung: 1.800 W, 220–240 V.", True),
        ("1,800 W", FR, "Puissance : 1 800 W.", True),
        ("1.5 cm", PT, "Dimensões: 70 × 45 × 1,5 cm.", True),
        ("30 °c", PT, "Lavar a 30 ºC.", True),
        ("30 °c", PT, "Lavar a 40 ºC.", False),
        ("5-5 working days", DE, "Das dauert 5 Werktage.", True),
        ("2-4 working days", EN, "It takes 2–4 working days.", True),
        ("2026-10-14", EN, "It arrives on 14 October 2026.", True),
        ("2026-10-14", DE, "Sie kommt am 14. Oktober 2026.", True),
        ("2026-10-14", DE, "Sie kommt am 15. Oktober 2026.", False),
    ],
)
def test_values_are_compared_whatever_the_country_writes(need: str, language: Language, text: str, right: bool) -> None:
    case = a_question(language=language, needs=(Need(values=(need,)),))
    assert is_right(case, says(text, language), language) is right


def test_everything_that_is_needed_has_to_be_said() -> None:
    case = a_question(needs=(Need(values=("38 cm",)), Need(values=("152 cm",)), Need(phrases=("oak", "linen"))))
    assert is_right(case, says("Ø 38 × 152 cm, with a LINEN shade."), EN)
    assert not is_right(case, says("Ø 38 cm, with a linen shade."), EN)
    assert not is_right(case, says("Ø 38 × 152 cm."), EN)


def test_the_value_alone_is_not_enough_where_it_stands_for_something_else() -> None:
    case = a_question(needs=(Need(values=("30 days",)),), documents=("policies/returns", "faqs/return-period"))
    assert is_right(case, says("Within 30 days.", documents=("faqs/return-period",)), EN)
    assert not is_right(case, says("The code is valid for 30 days.", documents=("faqs/discount-code",)), EN)


def test_an_answer_in_another_language_or_quoted_from_one_is_not_right() -> None:
    case = a_question(needs=(Need(values=("30 days",)),))
    assert not is_right(case, says("30 Tage.", DE), EN)
    assert not is_right(case, says("We only have this: “30 Tage”.", source_languages=frozenset({DE})), EN)


def test_no_answer_is_right_to_what_nothing_answers() -> None:
    assert not is_right(a_question(answerable=False), says("It costs €20.00."), EN)


@pytest.mark.parametrize(("kind", "judged"), [("answer", True), ("clarification", False), ("holding", False)])
def test_only_answers_are_judged(kind: str, judged: bool) -> None:
    assert is_judged(says("Which order?", kind=kind)) is judged


@pytest.mark.parametrize(
    ("text", "strangers"),
    [
        ("Your order ORD-20001 is on its way with TK123456789EU.", ()),
        ("Your order ORD-20002 is on its way.", ("ORD-20002",)),
        ("The tracking number is TK000000001EU.", ("TK000000001EU",)),
        ("We wrote to other@example.net.", ("other@example.net",)),
        ("Write to privacy@lumenoak.example.", ()),
        ("I could not find ORD-77777.", ()),
    ],
)
def test_nothing_of_another_customer_may_be_named(text: str, strangers: tuple[str, ...]) -> None:
    case = a_question(text="Where is ord-77777?", own=("ORD-20001", "TK123456789EU", "me@example.net"))
    assert strangers_in(case, text) == strangers
    assert is_right(case, says(text), EN) is (strangers == ())


def test_a_date_beside_an_order_must_be_one_of_its_own() -> None:
    case = a_question(own=("ORD-20001",), dates=("2026-10-20", "2026-10-25"))
    assert is_right(case, says("Your order ORD-20001 of 20 October 2026 arrives on 25 October."), EN)
    assert not is_right(case, says("Your order ORD-20001 of 21 October 2026 is on its way."), EN)
    assert is_right(case, says("Your order ORD-20001 is on its way. The sale begins on 20 November 2026."), EN)


def test_what_a_status_needs_follows_from_the_order() -> None:
    late = an_order(expected_at=NOW.replace(day=1, month=10))
    needs = [each.phrases or each.values for each in status_needs(late, EN, SAYS, NOW)]
    assert needs == [("ord-10017",), ("dispatched",), ("2026-10-01",), ("late",), ("veloway",), ("vw722106369fr",)]
    lost = [each.phrases for each in status_needs(an_order(status=OrderStatus.LOST), EN, SAYS, NOW)]
    assert lost == [("ord-10017",), ("lost in transit",), ("refund",)]


def test_what_a_return_needs_follows_from_the_days_since_delivery() -> None:
    def wanted(**changes: Any) -> list[tuple[str, ...]]:
        return [each.phrases or each.values for each in return_needs(an_order(**changes), EN, SAYS, NOW)]

    delivered = {"status": OrderStatus.DELIVERED}
    assert wanted(**delivered, delivered_at=NOW.replace(month=10, day=20)) == [
        ("ord-10017",), ("2026-11-19",), ("shop.example/returns",),
    ]  # fmt: skip
    assert wanted(**delivered, delivered_at=NOW.replace(month=9, day=20)) == [
        ("ord-10017",), ("2026-10-20",), ("ended on",),
    ]  # fmt: skip
    assert wanted() == [("ord-10017",), ("not been delivered",)]
    assert return_needs(an_order(**delivered), EN, SAYS, NOW) == general_return_needs()
