"""What is understood of a message: intents, tiers, categories, order numbers, amounts, language."""

from decimal import Decimal

import pytest

from activities.classification.danger import signs_in
from activities.classification.entities import Amount, OrderIdReader, amounts_in, read_number
from activities.classification.signs import CATEGORIES
from activities.language import LanguageReader
from activities.wording import clean, core_of, is_automatic, sentences_of
from domain.messages import Turn
from domain.policies import DEFAULT_TABLE
from domain.vocabulary import Intent, Language, Tier
from tests.steps_world import READER, Walk, a_case, a_policy, some_steps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my order ORD-10017?", ("ORD-10017",)),
        ("lo-482113 arrived broken", ("LO-482113",)),
        ("Is the lamp LO-4821 dimmable?", ()),
        ("order #48213 pls", ("48213",)),
        ("mein Auftrag 99213 fehlt", ("99213",)),
        ("commande n° 482130", ("482130",)),
        ("tracking number 123456789", ()),
        ("call me on +44 7700 900123", ()),
        ("I ordered it in 2024 for 1299 €", ()),
        ("two: ORD-10017 and ORD-10018, ORD-10017 first", ("ORD-10017", "ORD-10018")),
    ],
)
def test_order_numbers_are_told_from_other_digits(text: str, expected: tuple[str, ...]) -> None:
    assert OrderIdReader().read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.299,00 €", Amount(Decimal("1299.00"), "EUR")),
        ("€1,299.50", Amount(Decimal("1299.50"), "EUR")),
        ("£12.99", Amount(Decimal("12.99"), "GBP")),
        ("1 299,90 euros", Amount(Decimal("1299.90"), "EUR")),
        ("R$ 1.500", Amount(Decimal("1500"), "BRL")),
        ("12,- €", Amount(Decimal("12"), "EUR")),
        ("600 dólares", Amount(Decimal("600"), "USD")),
    ],
)
def test_amounts_are_read_as_each_language_writes_them(text: str, expected: Amount) -> None:
    assert amounts_in(text) == (expected,)


def test_a_number_before_three_digits_groups_and_before_two_divides() -> None:
    assert read_number("1.234") == 1234
    assert read_number("1,23") == Decimal("1.23")
    assert read_number("1'234,5") == Decimal("1234.5")
    assert read_number(".,") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where is my order", Language.EN),
        ("tracking?", Language.EN),
        ("mi pedido", Language.ES),
        ("Hola", Language.ES),
        ("¿Venden billetes de avión a Lima?", Language.ES),
        ("colis ?", Language.FR),
        ("wo ist mein paket", Language.DE),
        ("onde está a encomenda", Language.PT),
        ("Olá", Language.PT),
    ],
)
def test_short_texts_have_a_language(text: str, expected: Language) -> None:
    assert READER.read(text).language is expected


def test_a_text_without_words_has_the_language_of_the_hint_or_of_earlier_turns() -> None:
    reader = LanguageReader()
    assert reader.read("ORD-10017", hint=Language.DE).language is Language.DE
    assert reader.read("ORD-10017", earlier=["Bonjour, où est mon colis ?"]).language is Language.FR
    assert reader.read("ORD-10017").language is Language.EN


def test_greeting_signature_subject_and_quoted_mail_are_not_the_matter() -> None:
    text = "Subject: Lamp\nDear team, the lamp flickers. Kind regards, Paul\n\nOn Monday 3 May, support wrote:\n> hi"
    assert core_of(clean(text)) == "Lamp\nthe lamp flickers."
    assert core_of("Thanks!") == "Thanks!"


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert sentences_of("Fits all, e.g. the Bruna pan. It is heavy.") == [
        "Fits all, e.g. the Bruna pan.",
        "It is heavy.",
    ]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("My lawyer will contact you", "legal_threat"),
        ("Pondré una denuncia en la policía", "legal_threat"),
        ("Le chargeur a pris feu", "safety"),
        ("ich will nicht mehr leben", "self_harm"),
        ("sei onde vocês moram", "threat"),
        ("my husband died last week", "vulnerable_customer"),
        ("I will do a charge-back", "chargeback"),
        ("quiero hablar con una persona", "person_requested"),
        ("M\u200by l\u00adawyer will contact you", "legal_threat"),
    ],
)
async def test_what_always_goes_to_a_person_is_recognised(text: str, category: str) -> None:
    found = await Walk(some_steps(), a_case(text)).classified()
    assert category in found.must_escalate
    assert found.tier is Tier.PERSON
    assert category in {reason.code for reason in found.reasons}


@pytest.mark.parametrize(
    "text",
    [
        "I'm not going to sue you, I just want my lamp.",
        "no quiero demandarles",
        "Is the lawyer costume available in size M?",
        "Do you sell fire extinguishers?",
        "My kids are dying to get this game.",
    ],
)
def test_harmless_look_alikes_are_not_taken_for_danger(text: str) -> None:
    assert signs_in(clean(text)) == ()


@pytest.mark.parametrize("category", CATEGORIES)
async def test_no_store_can_switch_the_list_off(category: str) -> None:
    texts = {
        "legal_threat": "I will take you to court.",
        "safety": "The lamp caught fire.",
        "self_harm": "I want to die.",
        "threat": "I know where you live.",
        "vulnerable_customer": "I have dementia.",
        "chargeback": "I opened a PayPal dispute.",
        "person_requested": "I want to talk to a real person.",
    }
    policy = a_policy(table=dict.fromkeys(DEFAULT_TABLE, Tier.AUTOMATIC))
    found = await Walk(some_steps(), a_case(texts[category], policy=policy)).classified()
    assert found.tier is Tier.PERSON


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Where is my order ORD-10017?", Intent.ORDER_STATUS),
        ("¿Cómo puedo devolver estos zapatos?", Intent.RETURN_REQUEST),
        ("Was kostet der Versand nach Österreich?", Intent.SHIPPING),
        ("Quels moyens de paiement acceptez-vous ?", Intent.PAYMENT),
        ("Esqueci a senha da minha conta", Intent.ACCOUNT),
        ("Please cancel my order", Intent.CANCEL),
        ("Ich möchte mein Geld zurück", Intent.REFUND),
        ("What's the weather tomorrow?", Intent.OTHER),
    ],
)
async def test_plain_messages_have_their_intent(text: str, intent: Intent) -> None:
    found = await Walk(some_steps(), a_case(text)).classified()
    assert found.intent is intent
    assert found.intents[0].intent is intent


async def test_an_order_number_alone_asks_where_the_order_is() -> None:
    found = await Walk(some_steps(), a_case("ORD-10017")).classified()
    assert (found.intent, found.order_ids) == (Intent.ORDER_STATUS, ("ORD-10017",))


@pytest.mark.parametrize("text", ["", "   ", "???", "🙂🙂", "\x00\x01", "1", "\ud83d"])
async def test_messages_without_words_are_still_classified(text: str) -> None:
    found = await Walk(some_steps(), a_case(text)).classified()
    assert found.intents
    assert not found.nothing_to_answer


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Muchas gracias, todo resuelto",
        "Out of office: I am on annual leave until 14 August.",
        "Réponse automatique : je suis absent du bureau jusqu'au 3 mai.",
        "Delivery Status Notification (Failure): The address couldn't be found.",
    ],
)
async def test_thanks_and_automatic_mail_need_no_answer(text: str) -> None:
    assert (await Walk(some_steps(), a_case(text)).classified()).nothing_to_answer


@pytest.mark.parametrize("text", ["Thanks! But where is my order ORD-10017?", "Thanks, and how do I return it?"])
async def test_thanks_with_a_question_need_one(text: str) -> None:
    assert not (await Walk(some_steps(), a_case(text)).classified()).nothing_to_answer


async def test_of_several_intents_the_strictest_tier_wins() -> None:
    text = "Where is my order ORD-10017? Also, I want my money back for the broken lamp."
    found = await Walk(some_steps(), a_case(text)).classified()
    assert {Intent.ORDER_STATUS, Intent.REFUND} <= {score.intent for score in found.intents}
    assert found.tier is Tier.REVIEW


async def test_a_request_for_a_person_through_the_api_is_tier_3() -> None:
    found = await Walk(some_steps(), a_case("Where is my order?", wants_person=True)).classified()
    assert found.tier is Tier.PERSON
    assert "person_requested" in found.must_escalate


async def test_the_strictest_tier_of_superseded_queries_is_inherited() -> None:
    found = await Walk(some_steps(), a_case("Do you ship to Spain?", tier_floor=Tier.REVIEW)).classified()
    assert found.tier is Tier.REVIEW


async def test_the_whole_unanswered_burst_is_understood() -> None:
    thread = (
        Turn(role="customer", text="How do I pay?"),
        Turn(role="assistant", text="By card."),
        Turn(role="customer", text="Another thing."),
        Turn(role="customer", text="I want to talk to a real person about ORD-10017"),
    )
    found = await Walk(some_steps(), a_case("", thread=thread)).classified()
    assert found.order_ids == ("ORD-10017",)
    assert found.tier is Tier.PERSON


def test_automatic_mail_is_known_by_its_set_phrases() -> None:
    assert is_automatic("Abwesenheitsnotiz: Ich bin bis 3. Mai im Urlaub")
    assert not is_automatic("I was out of town when the parcel came")
