"""Every sentence of the templates in both forms: of one form alone, without leftovers, with the right plural."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from activities.generation.formats import plural, written_date
from activities.generation.order_texts import facts_of, order_list, order_status
from activities.generation.phrases import fixed_phrases, notice_of, phrases
from activities.generation.returns_texts import return_of_order, return_state
from domain.customers import Return, ReturnStatus
from domain.orders import ON_ITS_WAY, Order, OrderStatus
from domain.styles import Formality
from domain.vocabulary import Language
from tests.steps_world import NOW, an_order

FORMS: tuple[Formality, ...] = get_args(Formality)
STRANGERS: dict[tuple[Language, Formality], str] = {
    (Language.DE, "formal"): r"\b(?:du|dir|dich|dein\w*)\b",
    (Language.DE, "informal"): r"\b(?:Ihnen|Ihr(?:e|er|em|en|es)?)\b|(?<=[a-zäöüß,] )Sie\b",
    (Language.FR, "formal"): r"\b(?:tu|te|toi|ton|ta|tes)\b|\bt'",
    (Language.FR, "informal"): r"\b(?:vous|votre|vos)\b",
    (Language.ES, "formal"): r"\b(?:tú|tus?|te|ti|tienes|puedes|podrías|hiciste|responde|dime|indícame)\b"
    r"|\b(?:decir|escribir|explicar|llegar|haber)te\b",
    (Language.ES, "informal"): r"\b(?:usted|les?|Puede|Podría|podría|indíqueme|responda|Si tiene)\b"
    r"|\b(?:decir|escribir|explicar|llegar|haber)le\b|\bsus? (?:pedido|direcc|mensaje|cuenta|consulta|solicitud)",
    (Language.PT, "formal"): r"\b(?:tu|te|ti|teus?|tuas?|podes|podias|tiveres|indica-me|diz-me)\b|-te\b",
    (Language.PT, "informal"): r"\b(?:seus?|suas?|lhe|[Pp]oderia|Pode|Se tiver|indique-me|diga-me)\b|-lhe\b",
}
"""Words of the other form."""
ITEMS = (
    {"sku": "A", "name": "Costa", "quantity": 2, "price": "24.50"},
    {"sku": "B", "name": "Falk", "quantity": 1, "price": "80"},
)
ARRIVED = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)
PARCELS: tuple[dict[str, Any], ...] = (
    {"status": "delivered", "delivered_at": ARRIVED, "skus": ("A",)},
    {"status": "shipped", "carrier": "Veloway", "tracking": "VW2", "expected_at": NOW, "skus": ("B",)},
)
BOTH = [(language, form) for language in Language for form in FORMS]


def every_sentence(language: Language, formality: Formality) -> Iterator[str]:
    for field in phrases(language, formality):
        yield from field.values() if isinstance(field, dict) else [field]


def orders() -> Iterator[Order]:
    for status in OrderStatus:
        delivered = ARRIVED if status is OrderStatus.DELIVERED else None
        for changes in (
            {},
            {"expected_at": NOW - timedelta(days=4)},
            {"carrier": None, "tracking": None},
            {"items": ITEMS},
        ):
            yield an_order(status=status, delivered_at=delivered, **changes)
    yield an_order(status=OrderStatus.DELIVERED, delivered_at=None, refunded="29")
    yield an_order(status=OrderStatus.REFUNDED, refunded="129")
    yield an_order(status=OrderStatus.REFUNDED, refunded="29")
    yield an_order(status=OrderStatus.PARTIALLY_SHIPPED, items=ITEMS, shipments=PARCELS[:1])
    yield an_order(status=OrderStatus.SHIPPED, items=ITEMS, shipments=PARCELS)
    for status in OrderStatus:
        yield an_order(status=OrderStatus.SHIPPED, items=ITEMS, shipments=({"status": status}, PARCELS[1]))


def told(language: Language, formality: Formality) -> Iterator[str]:
    for order in orders():
        yield order_status(order, language, NOW, formality).text
        for days in (1, 30):
            yield return_of_order(order, (), days, language, NOW, formality=formality).told.text
    for one in returns():
        yield return_state(one, an_order(items=ITEMS), language, formality).text
    yield order_list(tuple(orders()), language, NOW, formality).text


def returns() -> Iterator[Return]:
    for status in ReturnStatus:
        yield Return(return_id="R", order_id="ORD-10017", status=status, requested_at=NOW, skus=("A",))
        yield Return(
            return_id="R", order_id="ORD-10017", status=status, requested_at=NOW, received_at=NOW, refunded_at=NOW,
            amount=Decimal(49),
        )  # fmt: skip


@pytest.mark.parametrize(("language", "formality"), BOTH)
def test_no_sentence_addresses_a_customer_in_the_other_form(language: Language, formality: Formality) -> None:
    strangers = STRANGERS.get((language, formality))
    if strangers is None:
        assert phrases(language, "formal") == phrases(language, "informal")
        return
    assert [text for text in every_sentence(language, formality) if re.search(strangers, text)] == []


@pytest.mark.parametrize("language", [language for language in Language if language is not Language.EN])
def test_the_two_forms_differ_wherever_a_customer_is_addressed(language: Language) -> None:
    formal, informal = (list(every_sentence(language, form)) for form in FORMS)
    addressed = [text for text in formal if re.search(STRANGERS[language, "informal"], text)]
    assert len(addressed) > 25
    assert not set(addressed) & set(informal)


@pytest.mark.parametrize("language", list(Language))
def test_notices_are_formal(language: Language) -> None:
    texts = [notice_of(name, language) for name in ("person", "self_harm", "safety", "threat", "legal_threat")]
    assert not [text for text in texts if re.search(STRANGERS.get((language, "formal"), r"(?!)"), text)]


@pytest.mark.parametrize(("language", "formality"), BOTH)
def test_whatever_is_told_is_whole(language: Language, formality: Formality) -> None:
    for text in told(language, formality):
        assert not re.search(r"[{}]|\bNone\b|  |\(\)|: ?\.|, ?\.|\.\.|datetime|Decimal", text), text
        for line in text.splitlines():
            assert line[-1] in ".:?", text
            assert line.lstrip("- ")[0].isupper() or line.lstrip("- ")[0].isdigit(), text


@pytest.mark.parametrize(("language", "formality"), BOTH)
def test_both_forms_have_the_same_slots(language: Language, formality: Formality) -> None:
    slots = [re.findall(r"\{\w+\}", text) for text in every_sentence(language, "formal")]
    assert [sorted(each) for each in slots] == [
        sorted(re.findall(r"\{\w+\}", text)) for text in every_sentence(language, formality)
    ]


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        (Language.EN, "1 day", "30 days"),
        (Language.ES, "1 día", "30 días"),
        (Language.FR, "1 jour", "30 jours"),
        (Language.DE, "1 Tag", "30 Tage"),
        (Language.PT, "1 dia", "30 dias"),
    ],
)
def test_days_are_counted_as_each_language_counts(language: Language, one: str, many: str) -> None:
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=ARRIVED)
    for days, written in ((1, one), (30, many)):
        assert plural(phrases(language).days, days, language) == written
        text = return_of_order(order, (), days, language, NOW).told.text
        assert re.search(rf"\b{written}\b", text), text
    assert plural(phrases(language).days, 1_000_000, language).endswith(many.split()[1])


@pytest.mark.parametrize(("language", "formality"), BOTH)
def test_each_parcel_is_told_and_what_is_still_to_come(language: Language, formality: Formality) -> None:
    words = phrases(language, formality)
    part = order_status(
        an_order(status=OrderStatus.PARTIALLY_SHIPPED, items=ITEMS, shipments=PARCELS[:1]), language, NOW, formality
    )
    assert "2 × Costa" in part.text and written_date(ARRIVED.date(), language) in part.text
    assert words.parcel["rest"].format(items="Falk") in part.text
    whole = order_status(an_order(status=OrderStatus.SHIPPED, items=ITEMS, shipments=PARCELS), language, NOW, formality)
    assert "VW2" in whole.text and words.parcel["rest"].split("{")[0] not in whole.text
    assert whole.facts["order/ORD-10017/parcel_2_tracking"] == "VW2"
    assert whole.text.count("\n- ") == 2


@pytest.mark.parametrize("language", list(Language))
def test_a_parcel_due_today_is_not_called_late_before_the_day_is_over(language: Language) -> None:
    order = an_order(status=OrderStatus.OUT_FOR_DELIVERY, expected_at=NOW - timedelta(hours=1))
    usual = phrases(language).expected.split("{")[0]
    assert usual in order_status(order, language, NOW).text
    assert usual not in order_status(order, language, NOW + timedelta(days=1)).text


@pytest.mark.parametrize("language", list(Language))
def test_what_was_paid_back_is_told_as_money_of_the_order(language: Language) -> None:
    order = an_order(status=OrderStatus.REFUNDED, refunded="29")
    text = order_status(order, language, NOW).text
    assert re.search(r"29[.,]00", text) and re.search(r"129[.,]00", text)
    assert facts_of(order)["order/ORD-10017/refunded"] == "29 EUR"


@pytest.mark.parametrize(("language", "formality"), BOTH)
def test_sentences_about_an_order_are_no_fixed_phrases(language: Language, formality: Formality) -> None:
    """What is fixed supports a reply whatever the order: it must not say in what state one is."""
    fixed, words = set(fixed_phrases(language, formality)), phrases(language, formality)
    assert not fixed & {*words.status.values(), *words.returns.values(), *words.parcel.values()}


@pytest.mark.parametrize("language", list(Language))
def test_states_on_the_way_promise_nothing_beyond_the_expected_day(language: Language) -> None:
    promises = r"\b(?:guarantee\w*|promise|garanti\w*|versprech\w*|promet\w*|prometemos|garantizamos)\b"
    for status in ON_ITS_WAY:
        late = an_order(status=status, expected_at=NOW - timedelta(days=4))
        assert not re.search(promises, order_status(late, language, NOW).text, re.I)
