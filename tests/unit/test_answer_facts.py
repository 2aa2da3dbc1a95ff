"""The checker of facts: right and wrong replies in five languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.orders import Order, OrderStatus
from domain.vocabulary import Intent, Language, Tier
from evals.answer_dates import written_forms
from evals.answer_facts import Shop, about, false_facts, is_right, missing_facts, says, tells_status
from evals.answer_questions import AnswerQuestion, Fact
from evals.answer_text import occurs, plain

EN, ES, FR, DE, PT = Language
TODAY = date(2026, 11, 27)


def an_order(order_id: str = "ORD-10082", status: str = "shipped") -> Order:
    return Order(
        order_id=order_id,
        email="ann@example.com",
        status=OrderStatus(status),
        placed_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        expected_at=datetime(2026, 12, 1, 19, 0, tzinfo=UTC),
        delivered_at=datetime(2026, 11, 25, 11, 0, tzinfo=UTC) if status == "delivered" else None,
        carrier="Veloway",
        tracking="VW722106369FR",
        currency="EUR",
        total=Decimal("1299.00"),
    )


def a_shop(*orders: Order) -> Shop:
    known = orders or (an_order(),)
    return Shop({each.order_id: each for each in known}, "https://shop.example/returns", TODAY)


def a_fact(**fields: object) -> Fact:
    return Fact.model_validate(fields)


# --- wordings ---


@pytest.mark.parametrize(
    ("wanted", "reply", "language"),
    [
        ("30 days", "You have thirty days.", EN),
        ("thirty days", "You have 30 days from delivery.", EN),
        ("€7.95", "Shipping is EUR 7.95.", EN),
        ("7,95", "O envio custa 7,95 €.", PT),
        ("7,95 €", "Der Versand kostet 7,95 Euro.", DE),
        ("100", "Ab 100,00 € ist er kostenlos.", DE),
        ("1.299", "Insgesamt 1.299,00 €.", DE),
        ("2-4", "It takes 2 to 4 working days.", EN),
        ("2-4 jours", "Comptez entre deux et quatre jours.", FR),
        ("1-2 dias úteis", "Demora de 1 a 2 dias uteis.", PT),
        ("60 °C", "Lavar a 60°C.", ES),
        ("60 × 40", "höchstens 60 x 40 x 35 cm", DE),
        ("erstatt", "Die Rückerstattung ist unterwegs.", DE),
        ("No", "¿Plazos? No, lo siento.", ES),
        ("cinq jours ouvrés", "sous 5 jours ouvrés", FR),
    ],
)
def test_a_wording_is_found_however_its_numbers_are_written(wanted: str, reply: str, language: Language) -> None:
    assert says(a_fact(any=[wanted]), reply, language, a_shop())


@pytest.mark.parametrize(
    ("wanted", "reply", "language"),
    [
        ("30 days", "You have 130 days.", EN),
        ("5 working days", "It takes another 3–5 working days.", EN),
        ("14", "It costs €14.90.", EN),
        ("7,95", "Es kostet 17,95 €.", DE),
        ("non", "Bonjour, notre atelier est à Brême.", FR),
        ("27 °C", "bis 270 °C", DE),
        ("75", "ab 75,50 €", DE),
        ("7 kg", "Es trägt 17 kg.", DE),
    ],
)
def test_another_value_is_not_taken_for_it(wanted: str, reply: str, language: Language) -> None:
    assert not says(a_fact(any=[wanted]), reply, language, a_shop())


def test_figures_are_the_whole_number_and_short_words_are_whole_words() -> None:
    assert occurs("20", "at 20:00 or 20") and not occurs("20", "at 20:00") and not occurs("20", "120")
    assert occurs(plain("oui", FR), plain("Oui, volontiers.", FR)) and not occurs("oui", "jouir")


# --- dates ---


@pytest.mark.parametrize(
    ("reply", "language"),
    [
        ("It should arrive on 1 December 2026.", EN),
        ("It should be there on December 1st.", EN),
        ("Expected: Dec 1, 2026", EN),
        ("Expected by 01/12/2026.", EN),
        ("Llegará el 1 de diciembre.", ES),
        ("Livraison prévue le 1er décembre 2026.", FR),
        ("Sie kommt am 1. Dezember.", DE),
        ("Zustellung: 01.12.2026", DE),
        ("Prevista para 1 de dezembro de 2026", PT),
        ("2026-12-01", PT),
    ],
)
def test_a_day_is_read_in_the_forms_of_each_language(reply: str, language: Language) -> None:
    assert says(a_fact(order="ORD-10082", field="expected_at"), reply, language, a_shop())


@pytest.mark.parametrize(
    ("reply", "language"),
    [
        ("It should arrive on 11 December 2026.", EN),
        ("It should arrive on 1 November.", EN),
        ("It should arrive on 2 December.", EN),
        ("Sie kommt am 21. Dezember.", DE),
        ("Expected by 01/12/2025.", EN),
        ("It should arrive soon.", EN),
    ],
)
def test_another_day_is_not(reply: str, language: Language) -> None:
    assert not says(a_fact(order="ORD-10082", field="expected_at"), reply, language, a_shop())


def test_today_and_tomorrow_are_days_too() -> None:
    assert "heute" in written_forms(TODAY, DE, TODAY)
    assert "tomorrow" in written_forms(date(2026, 11, 28), EN, TODAY)
    assert "today" not in written_forms(date(2026, 11, 28), EN, TODAY)


def test_the_end_of_a_return_period_is_counted_from_delivery() -> None:
    fact, shop = a_fact(order="ORD-10082", field="return_until", days=30), a_shop(an_order(status="delivered"))
    assert says(fact, "You can send it back until 25 December 2026.", EN, shop)
    assert not says(fact, "You can send it back until 24 December 2026.", EN, shop)
    assert not says(fact, "You can send it back until 25 December 2026.", EN, a_shop())


# --- orders ---


@pytest.mark.parametrize(
    ("status", "reply", "language"),
    [
        ("shipped", "It left our warehouse yesterday and is on its way.", EN),
        ("shipped", "Ihr Paket ist unterwegs.", DE),
        ("shipped", "Votre colis est en route.", FR),
        ("out_for_delivery", "A encomenda está em distribuição.", PT),
        ("processing", "Estamos preparando su pedido.", ES),
        ("placed", "It has not left our warehouse yet.", EN),
        ("delivered", "Ihre Bestellung wurde am 3. Mai zugestellt.", DE),
        ("lost", "Sadly your parcel has gone missing.", EN),
        ("cancelled", "La commande a été annulée.", FR),
        ("refunded", "Já fizemos o reembolso.", PT),
        ("partially_shipped", "Une partie de la commande est partie, le reste suit.", FR),
        ("returned", "We have received your return.", EN),
    ],
)
def test_a_status_is_heard_in_natural_wordings(status: str, reply: str, language: Language) -> None:
    assert tells_status(status, reply, language)


@pytest.mark.parametrize(
    ("status", "reply", "language"),
    [
        ("shipped", "It has not been dispatched yet.", EN),
        ("shipped", "You will get an e-mail once it has been shipped.", EN),
        ("shipped", "Sie ist noch nicht versandt.", DE),
        ("delivered", "Votre commande n'a pas été livrée.", FR),
        ("cancelled", "A encomenda não foi cancelada.", PT),
        ("refunded", "Todavía no se ha hecho el reembolso.", ES),
        ("lost", "It is on its way.", EN),
    ],
)
def test_a_status_that_is_denied_or_still_to_come_is_not_told(status: str, reply: str, language: Language) -> None:
    assert not tells_status(status, reply, language)


def test_of_several_orders_each_has_its_own_part_of_the_reply() -> None:
    shop = a_shop(an_order("ORD-10001", "shipped"), an_order("ORD-10002", "cancelled"))
    reply = "Your order ORD-10001 is on its way. It arrives on 1 December.\n\nOrder ORD-10002 was cancelled."
    assert says(a_fact(order="ORD-10001", field="status"), reply, EN, shop)
    assert says(a_fact(order="ORD-10001", field="expected_at"), reply, EN, shop)
    assert not says(a_fact(order="ORD-10002", field="expected_at"), reply, EN, shop)
    assert says(a_fact(order="ORD-10002", field="status"), reply, EN, shop)
    assert about("It is on its way.", "ORD-10001") == "It is on its way."


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ("carrier", "It travels with Veloway.", "It travels with Norddrop."),
        ("tracking", "Nummer VW 722106369 FR", "Nummer VW722106360FR"),
        ("total", "Es waren 1.299,00 €.", "Es waren 129,00 €."),
    ],
)
def test_what_an_order_says_is_compared_as_it_is_written(field: str, right: str, wrong: str) -> None:
    fact = a_fact(order="ORD-10082", field=field)
    assert says(fact, right, DE, a_shop()) and not says(fact, wrong, DE, a_shop())


def test_links_are_compared_by_their_address() -> None:
    assert says(a_fact(link=True), "Start here: https://shop.example/returns?order=1.", EN, a_shop())
    assert not says(a_fact(link=True), "Start here: https://other.example/returns", EN, a_shop())
    assert says(a_fact(url="https://shop.example/help"), "See http://www.shop.example/help.", EN, a_shop())


# --- whole questions ---


def test_a_reply_is_right_when_every_fact_is_there_and_nothing_wrong() -> None:
    question = AnswerQuestion(
        id="d-en-001",
        language=EN,
        intent=Intent.RETURN_REQUEST,
        text="How long may I keep it?",
        email=None,
        tier=Tier.AUTOMATIC,
        facts=(a_fact(any=["30 days"]), a_fact(any=["€3.95", "free"])),
        wrong=(a_fact(any=["14 days"]),),
    )
    assert is_right(question, "You have 30 days; the label costs €3.95.", a_shop())
    assert [each.told() for each in missing_facts(question, "You have 30 days.", a_shop())] == ["€3.95"]
    reply = "You have 30 days, or 14 days for the refund of shipping. It is free."
    assert not is_right(question, reply, a_shop())
    assert [each.told() for each in false_facts(question, reply, a_shop())] == ["14 days"]
