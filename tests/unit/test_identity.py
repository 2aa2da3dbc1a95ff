"""Who somebody says they are is read from their words, and may be tried three times."""

from collections.abc import Sequence

import pytest

from activities.classification.entities import OrderIdReader
from activities.lookups.identity import MAX_CLAIMS, Claim, claims_in, emails_in, judged
from activities.lookups.names import names_in, postcodes_in
from activities.lookups.order_ids import is_meant, order_ids_in
from domain.customers import Proof, name_key, postcode_key

READER = OrderIdReader()
BOTH = (Proof.EMAIL_ORDER, Proof.NAME_POSTCODE)


def claims(*messages: str, email: str | None = None, ways: Sequence[Proof] = BOTH) -> list[tuple[str, str]]:
    found = claims_in(messages, email=email, ways=ways, order_ids_in=lambda text: order_ids_in(text, READER))
    return [(claim.who, claim.what) for claim in found]


def pair(who: str, what: str) -> Claim:
    return Claim(Proof.EMAIL_ORDER, who, what)


def test_an_address_and_a_number_are_a_claim_in_whichever_message_they_are() -> None:
    assert claims("Order ORD-10017, ana@example.com") == [("ana@example.com", "ORD-10017")]
    assert claims("Where is ORD-10017?", "My e-mail is Ana@Example.com.") == [("ana@example.com", "ORD-10017")]
    assert claims("Where is ORD-10017?", email="ana@example.com") == [("ana@example.com", "ORD-10017")]
    assert claims("Where is ORD-10017?") == []
    assert claims("I am ana@example.com") == []


def test_a_claim_is_made_once_however_often_it_is_repeated() -> None:
    assert len(claims(*["ORD-10017 ana@example.com"] * 5)) == 1
    assert claims("ORD-1001 a@b.example", "no, ORD-1002") == [("a@b.example", "ORD-1001"), ("a@b.example", "ORD-1002")]


def test_only_what_the_store_allows_is_a_claim() -> None:
    said = "My name is Ana Sol, 28012 Madrid, ana@example.com, ORD-10017"
    assert claims(said, ways=()) == []
    assert claims(said, ways=[Proof.EMAIL_ORDER]) == [("ana@example.com", "ORD-10017")]
    assert claims(said, ways=[Proof.NAME_POSTCODE]) == [("ana sol", "28012")]


@pytest.mark.parametrize(
    ("text", "name", "postcode"),
    [
        ("My name is Yusuf Rossi and my zip code is 19122.", "Yusuf Rossi", "19122"),
        ("I am Ethan Garcia, and I live in Denver, 80280.", "Ethan Garcia", "80280"),
        ("hi, my name is ethan garcia, zip 80280", "Ethan Garcia", "80280"),
        ("Mi nombre es Inés de la Peña y mi código postal es 33003", "Ines de la Pena", "33003"),
        ("Ich heiße Meike Sandvoß, PLZ 24105", "Meike Sandvoß", "24105"),
        ("Mein Name ist Anna Huber, meine Postleitzahl ist 1010.", "Anna Huber", "1010"),
        ("Je m'appelle Solène Guivarch, code postal 35700.", "Solene Guivarch", "35700"),
        ("Chamo-me Marta Penedo e moro em 4700-224 Braga", "Marta Penedo", "4700-224"),
        ("Where is my parcel?\n\nRory Penhallow\nR95 FH62", "Rory Penhallow", "R95FH62"),
        ("Where is my parcel?\nRory Penhallow, R95 FH62", "Penhallow Rory", "r95 fh62"),
        ("Name: James O'Neil-Smith\nPostcode: sw1a 1aa", "James ONeil Smith", "SW1A 1AA"),
        ("This is Noah Patel calling, living in 10108", "Noah Patel", "10108"),
    ],
)
def test_a_name_and_a_postcode_are_a_claim_in_five_languages(text: str, name: str, postcode: str) -> None:
    made = claims_in([text], email=None, ways=BOTH, order_ids_in=lambda text: order_ids_in(text, READER))
    assert any(
        name_key(name) in {name_key(each) for each in claim.spellings} and claim.what == postcode_key(postcode)
        for claim in made
    ), made


@pytest.mark.parametrize(
    "text",
    [
        "I am very disappointed, order 10017 never came",
        "Wo ist meine Bestellung? Ich bin seit 2019 Kunde.",
        "I paid 12345 EUR for the table",
        "The Falk Oak Bookshelf costs €38900",
        "My name is Ana, I live in 28012",
        "",
    ],
)
def test_other_numbers_and_words_are_no_claim(text: str) -> None:
    assert claims(text, ways=[Proof.NAME_POSTCODE]) == []


@pytest.mark.parametrize(
    ("written", "order_id", "same"),
    [
        ("ord-10017", "ORD-10017", True),
        ("ORD 10017", "ORD-10017", True),
        ("10017", "ORD-10017", True),
        ("#W2378156", "W2378156", True),
        ("2378156", "#W2378156", True),
        ("ORD-10018", "ORD-10017", False),
        ("017", "ORD-017", False),
        ("1001", "ORD-10017", False),
        ("", "", True),
    ],
)
def test_an_order_number_is_known_however_it_is_written(written: str, order_id: str, same: bool) -> None:
    assert is_meant(written, order_id) is same


def test_what_looks_like_an_order_number_is_one_and_a_product_code_is_not() -> None:
    assert order_ids_in("My order is w2378156, about LO-4821.", READER) == ("W2378156",)
    assert order_ids_in("# W2378156", READER) == ("W2378156",)


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE orders; --@example.com",
        "{{ 7*7 }}@example.com ORD-10017",
        "a@" + "b" * 10_000,
        "a" * 10_000 + "@example.com",
        "@" * 10_000,
        "a.b@" * 3_000,
        "My name is " + "Ana " * 2_500 + "28012",
        "My name is " + "A" * 10_000 + " 28012",
        "\0 ORD-10017 \ud800 a@b.example",
    ],
)
def test_whatever_is_sent_is_read_without_harm(text: str) -> None:
    assert len(claims(text)) <= 40
    assert all(len(name) < 500 for names in names_in(text) for name in names)
    assert all(len(email) <= 320 for email in emails_in(text))
    assert len(postcodes_in(text)) <= 2


# --- how much may be tried ---


def test_the_third_wrong_claim_ends_it_and_what_comes_after_counts_no_more() -> None:
    tried = [pair("ana@example.com", f"ORD-1000{n}") for n in range(1, 6)]
    assert judged(tried[:2], lambda _: False) == ((), tuple(tried[:2]), False)
    assert judged(tried[:3], lambda _: False) == ((), tuple(tried[:3]), True)
    assert judged(tried, lambda claim: claim.what == "ORD-10004") == ((), tuple(tried[:3]), True)
    assert judged(tried, lambda claim: claim.what == "ORD-10003") == ((tried[2],), (), False)


def test_two_orders_under_one_of_two_addresses_are_no_guesses() -> None:
    numbers = [f"ORD-1000{n}" for n in range(1, 4)]
    tried = [pair(who, what) for who in ("old@example.com", "new@example.com") for what in numbers[:2]]
    verdict = judged(tried, lambda claim: claim.who == "new@example.com")
    assert (len(verdict.right), verdict.exhausted) == (2, False)


def test_an_address_of_ones_own_does_not_pay_for_guesses_at_another() -> None:
    own = pair("eve@example.com", "ORD-1")
    guesses = [pair("ana@example.com", f"ORD-2000{n}") for n in range(3)]
    verdict = judged([own, *guesses], lambda claim: claim is own)
    assert verdict == ((own,), tuple(guesses), True)


def test_more_claims_than_anybody_has_are_not_looked_at() -> None:
    many = [pair(f"{n}@example.com", "ORD-1") for n in range(50)]
    assert not judged(many[:2], lambda _: False).exhausted
    assert judged(many, lambda claim: claim is many[MAX_CLAIMS]).exhausted
