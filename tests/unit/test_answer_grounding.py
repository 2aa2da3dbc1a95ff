"""Values of a reply that are in no source, and the language it is in."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.orders import Order, OrderItem, OrderStatus
from domain.vocabulary import Language
from evals.answer_grounding import Sources, ungrounded
from evals.answer_languages import is_in, own_words

EN, ES, FR, DE, PT = Language
ORDER = Order(
    order_id="ORD-10042",
    email="rory.penhallow@example.org",
    name="Rory Penhallow",
    status=OrderStatus.DELIVERED,
    placed_at=datetime(2026, 10, 27, 9, 0, tzinfo=UTC),
    delivered_at=datetime(2026, 11, 2, 11, 0, tzinfo=UTC),
    expected_at=datetime(2026, 11, 7, 19, 0, tzinfo=UTC),
    carrier="Shamrock Parcels",
    tracking="SP265893577IE",
    currency="EUR",
    total=Decimal("188.80"),
    items=(OrderItem(sku="LO-2105", name="Ember floor lamp", quantity=1, price=Decimal(129)),),
)
SOURCES = Sources(
    texts=(
        "Returns\nYou can return almost everything within 30 days of delivery. The label costs €3.95. Contact Bremen.",
        "Kind regards,\nYour Lumen & Oak team",
        "https://shop.example/returns",
        "Can I return the Ember?",
    ),
    orders=(ORDER,),
    today=date(2026, 11, 27),
)


@pytest.mark.parametrize(
    ("reply", "language"),
    [
        (
            "Hello Rory Penhallow,\nYour order ORD-10042 of 27 October 2026 came by Shamrock Parcels on 2 November.",
            EN,
        ),
        ("You have 30 days, until 2 December 2026. The label costs €3.95.\n\nYour Lumen & Oak team", EN),
        ("Within thirty days: https://shop.example/returns. Tracking number: SP265893577IE. It was €188.80.", EN),
        ("Ihre Bestellung wurde am 02.11.2026 von Shamrock Parcels zugestellt; Sie haben 30 Tage Zeit.", DE),
        ("Vous avez jusqu'au 2 décembre, l'étiquette coûte 3,95 €.", FR),
        ("Tiene hasta el 2 de diciembre de 2026 y la etiqueta cuesta 3,95 €.", ES),
        ("Tem até 2 de dezembro e a etiqueta custa 3,95 €.", PT),
        ("It is one of ours, and today is 27 November.", EN),
    ],
)
def test_what_the_sources_say_is_grounded(reply: str, language: Language) -> None:
    assert ungrounded(reply, language, SOURCES) == ()


@pytest.mark.parametrize(
    ("reply", "language", "strange"),
    [
        ("You have 60 days.", EN, "60"),
        ("You have sixty days.", EN, "sixty"),
        ("The label costs €4.95.", EN, "4.95"),
        ("Until 3 December 2026.", EN, "3 december 2026"),
        ("Am 05.11.2026 zugestellt.", DE, "05.11.2026"),
        ("Livrée le 12 novembre.", FR, "12 novembre"),
        ("Order ORD-10043 is on its way.", EN, "ORD-10043"),
        ("The number is SP265893570IE.", EN, "SP265893570IE"),
        ("Start at https://other.example/returns.", EN, "https://other.example/returns."),
        ("Write to help@lumenoak.example, please.", EN, "help@lumenoak.example"),
        ("It came with the Veloway van.", EN, "Veloway"),
        ("Das Paket kam mit dem Norddrop an.", DE, "Norddrop"),
    ],
)
def test_what_no_source_says_is_named(reply: str, language: Language, strange: str) -> None:
    assert ungrounded(reply, language, SOURCES) == (strange,)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Your order is on its way and should arrive tomorrow.", EN),
        ("Su pedido está en camino y debería llegar mañana.", ES),
        ("Votre commande est en route et devrait arriver demain.", FR),
        ("Ihre Bestellung ist unterwegs und sollte morgen ankommen.", DE),
        ("A sua encomenda está a caminho e deve chegar amanhã.", PT),
    ],
)
def test_a_language_is_told_from_the_others(text: str, language: Language) -> None:
    assert [each for each in Language if is_in(text, each)] == [language]


def test_quotations_and_addresses_are_not_the_replys_own_words() -> None:
    text = "Hier steht es: “You can return almost everything within thirty days.” Siehe https://shop.example/returns."
    assert own_words(text) == "Hier steht es: Siehe"
    assert is_in(text + " Bitte lesen Sie es in Ruhe durch.", DE)
    assert is_in("OK.", DE)
