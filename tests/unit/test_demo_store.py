"""The demo store is complete and agrees with itself."""

import json
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DEMO = Path(__file__).parents[2] / "app" / "demo"
LANGUAGES = {"en", "es", "fr", "de", "pt"}
INTENTS = {
    "order_status", "return_request", "product_question", "shipping", "payment", "account", "cancel",
    "technical_issue", "refund", "complaint", "human_agent", "other",
}  # fmt: skip
STATUSES = {
    "placed", "processing", "partially_shipped", "shipped", "out_for_delivery", "delivered", "lost", "cancelled",
    "return_started", "returned", "refunded",
}  # fmt: skip
DEFAULT_TIERS = {
    "order_status": 1, "return_request": 1, "product_question": 1, "shipping": 1, "payment": 1, "account": 2,
    "cancel": 2, "technical_issue": 2, "refund": 2, "complaint": 3, "human_agent": 3, "other": 2,
}  # fmt: skip
EMAIL = re.compile(r"[a-z0-9.]+@example\.(com|org|net)")
CODE = re.compile(r"LO-\d{4}")
PRICE = re.compile(r"€(\d+\.\d\d)|(\d+,\d\d) €")
BULKY = {"LO-1024", "LO-1031", "LO-5122"}
FRONT = re.compile(r"(?:---\n(.*?)\n---\n)?(.*)", re.DOTALL)
MARKET = re.compile(
    r"(?P<ie>[A-Z]\d\d [A-Z0-9]{4})|(?P<pt>\d{4}-\d{3})|(?P<mainland>\d{5})",
)


def lines_of(name: str) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, with amounts as exact decimals."""
    text = (DEMO / name).read_text(encoding="utf-8")
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


@cache
def store() -> dict[str, Any]:
    """The settings of the demo store."""
    loaded: dict[str, Any] = json.loads((DEMO / "store.json").read_text(encoding="utf-8"))
    return loaded


@cache
def orders() -> tuple[dict[str, Any], ...]:
    """All orders."""
    return tuple(lines_of("orders.jsonl"))


@cache
def messages() -> tuple[dict[str, Any], ...]:
    """All messages with what is expected of them."""
    return tuple(lines_of("messages.jsonl"))


@cache
def topics() -> dict[str, dict[str, str]]:
    """Topic such as `policies/returns` → language → text without front matter, as it stands now."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted((DEMO / "knowledge").glob("*/*.md")):
        topic, *edition, language, _ = path.name.split(".")
        if not edition:
            found[f"{path.parent.name}/{topic}"][language] = front_and_text(path)[1]
    return found


def earlier_editions() -> dict[str, Path]:
    """Name such as `products/kettle-k17.2025.en` → the file of an edition that another one has followed."""
    paths = sorted((DEMO / "knowledge").glob("*/*.*.*.md"))
    return {f"{path.parent.name}/{path.name.removesuffix('.md')}": path for path in paths}


def front_and_text(path: Path) -> tuple[dict[str, str], str]:
    """The front matter of a document and what follows it."""
    front, text = FRONT.fullmatch(path.read_text(encoding="utf-8")).groups()  # type: ignore[union-attr]
    return dict(line.split(": ", 1) for line in (front or "").splitlines()), text


@cache
def catalogue() -> dict[str, Decimal]:
    """Product code → price, read from the product pages."""
    prices = {}
    for topic, texts in topics().items():
        if topic.startswith("products/"):
            code, price = code_and_price(next(iter(texts.values())))
            prices[code] = price
    return prices


def code_and_price(text: str) -> tuple[str, Decimal]:
    """The product code and price of a product page: the first of each in its facts."""
    facts = "\n".join(line for line in text.splitlines() if line.startswith(("- ", "| ")))
    code, price = CODE.search(facts), PRICE.search(facts)
    assert code and price, text
    return code[0], Decimal((price[1] or price[2]).replace(",", "."))


def placed_before_anchor(order: dict[str, Any]) -> timedelta:
    """How long before the anchor the order was placed."""
    return datetime.fromisoformat(store()["anchor"]) - datetime.fromisoformat(order["placed_at"])


def shipping_costs(order: dict[str, Any], goods: Decimal) -> set[Decimal]:
    """The shipping costs that the policy allows for this basket and postcode (Germany and France share a format
    with Spain)."""
    if BULKY & {item["sku"] for item in order["items"]}:
        return {Decimal("29.00")}
    zone_1 = Decimal("0") if goods >= 75 else Decimal("4.95")
    zone_2 = Decimal("0") if goods >= 100 else Decimal("7.95")
    market = MARKET.fullmatch(order["postcode"])
    assert market, order["postcode"]
    return {zone_1, zone_2} if market["mainland"] else {zone_2}


def test_the_settings_are_those_of_the_demo() -> None:
    assert store()["store"] == "demo"
    assert store()["settings"] == {
        "send_mode": "cold_start",
        "rollout_share": 100,
        "currency": "EUR",
        "refund_limit": 500,
        "holdout_share": 0,
        "formality.es": "informal",  # as the Spanish texts of its knowledge speak
    }
    assert set(store()["signature"]) == LANGUAGES


@pytest.mark.parametrize(("kind", "least"), [("products", 62), ("policies", 12), ("faqs", 27)])
def test_there_is_enough_of_each_kind_to_choose_from(kind: str, least: int) -> None:
    assert sum(topic.startswith(f"{kind}/") for topic in topics()) >= least


@pytest.mark.parametrize("name", sorted(earlier_editions()))
def test_an_earlier_edition_ends_when_the_next_one_of_its_language_begins(name: str) -> None:
    path = earlier_editions()[name]
    topic, _, language, _ = path.name.split(".")
    front, _ = front_and_text(path)
    later = [path.with_name(f"{topic}.{language}.md"), *path.parent.glob(f"{topic}.*.{language}.md")]
    assert front["id"] == f"{path.parent.name}/{topic}"
    assert [front_and_text(other)[0].get("effective_from") for other in later].count(front["effective_to"]) == 1


def test_there_are_at_least_60_products_21_policies_and_62_questions() -> None:
    counts = Counter(topic.split("/")[0] for topic in topics())
    assert counts["products"] >= 60 and counts["policies"] >= 21 and counts["faqs"] >= 62


def test_a_third_of_the_topics_or_a_little_less_are_in_one_or_two_languages_only() -> None:
    sizes = Counter(len(texts) for texts in topics().values())
    assert 0.25 <= (sizes[1] + sizes[2]) / sizes.total() <= 0.4
    assert {language for texts in topics().values() for language in texts} == LANGUAGES


@pytest.mark.parametrize("topic", sorted(topics()))
def test_a_document_begins_with_a_title_and_says_something(topic: str) -> None:
    for language, text in topics()[topic].items():
        title, blank, *body = text.splitlines()
        assert title.startswith("# ") and not blank, (topic, language)
        longest = 900 if "## " in text else 300
        assert 30 <= len(" ".join(body).split()) <= longest, (topic, language)


@pytest.mark.parametrize("topic", sorted(topics()))
def test_the_translations_of_a_document_name_the_same_codes_and_prices(topic: str) -> None:
    said = {
        (frozenset(CODE.findall(text)), frozenset((a or b).replace(",", ".") for a, b in PRICE.findall(text)))
        for text in topics()[topic].values()
    }
    assert len(said) == 1


def test_an_amount_is_written_as_its_language_writes_it() -> None:
    for topic, texts in topics().items():
        for language, text in texts.items():
            assert ("€" not in text) or (re.search(r"€\d", text) is not None) == (language == "en"), (topic, language)
            assert language != "en" or not re.search(r"\d €", text), topic


def test_product_codes_are_unique_and_every_code_that_is_mentioned_exists() -> None:
    assert len(catalogue()) == sum(topic.startswith("products/") for topic in topics())
    assert {code for texts in topics().values() for text in texts.values() for code in CODE.findall(text)} == set(
        catalogue()
    )


def test_there_are_120_orders_with_ids_in_a_row() -> None:
    assert [order["order_id"] for order in orders()] == [f"ORD-{number}" for number in range(10001, 10121)]


def test_every_status_appears_at_least_five_times() -> None:
    counts = Counter(order["status"] for order in orders())
    assert set(counts) == STATUSES
    assert min(counts.values()) >= 5


def test_seventy_customers_have_well_formed_addresses_and_one_has_four_orders() -> None:
    counts = Counter(order["email"] for order in orders())
    assert all(EMAIL.fullmatch(email) for email in counts)
    assert len(counts) == 70
    assert max(counts.values()) == 4


@pytest.mark.parametrize("order", orders(), ids=lambda order: order["order_id"])
def test_an_order_adds_up_with_the_prices_and_shipping_costs_of_the_store(order: dict[str, Any]) -> None:
    for item in order["items"]:
        assert item["price"] == catalogue()[item["sku"]]
        assert item["quantity"] >= 1
    goods = sum((item["price"] * item["quantity"] for item in order["items"]), Decimal(0))
    assert order["total"] - goods in shipping_costs(order, goods)
    assert order["currency"] == "EUR"


@pytest.mark.parametrize("order", orders(), ids=lambda order: order["order_id"])
def test_the_times_of_an_order_fit_its_status(order: dict[str, Any]) -> None:
    anchor = datetime.fromisoformat(store()["anchor"])
    times = {
        name: datetime.fromisoformat(order[name])
        for name in ("placed_at", "delivered_at", "expected_at")
        if name in order
    }
    assert all(time.tzinfo is not None for time in times.values())
    assert timedelta(0) < placed_before_anchor(order) <= timedelta(days=90)
    assert times.get("expected_at", anchor) <= anchor + timedelta(days=10)
    if "delivered_at" in times:
        assert times["placed_at"] < times["delivered_at"] < anchor
    assert ("delivered_at" in order) or order["status"] not in {"delivered", "return_started", "returned"}
    assert ("delivered_at" not in order) or order["status"] in {"delivered", "return_started", "returned", "refunded"}
    assert ("tracking" in order) == (order["status"] not in {"placed", "processing", "cancelled"})
    assert order["status"] != "partially_shipped" or len(order["items"]) > 1


def test_some_parcels_on_their_way_are_late() -> None:
    anchor = datetime.fromisoformat(store()["anchor"])
    late = [o for o in orders() if o["status"] == "shipped" and datetime.fromisoformat(o["expected_at"]) < anchor]
    assert len(late) == 6


# --- parcels, refunds, returns and customers ---


def test_parcels_hold_a_part_of_an_order_that_travels_in_parts() -> None:
    for order in orders():
        items = {item["sku"] for item in order["items"]}
        assert ("shipments" in order) == (order["status"] == "partially_shipped"), order["order_id"]
        for parcel in order.get("shipments", ()):
            assert set(parcel["skus"]) < items
            assert (parcel["carrier"], parcel["tracking"]) == (order["carrier"], order["tracking"])
            assert ("delivered_at" in parcel) == (parcel["status"] == "delivered")


def test_what_was_paid_back_is_known_of_the_refunded_orders_alone() -> None:
    assert all(("refunded" in order) == (order["status"] == "refunded") for order in orders())
    assert all(order["refunded"] == order["total"] for order in orders() if "refunded" in order)


def test_every_order_that_comes_back_has_one_return_that_fits_its_status() -> None:
    returns = {each["order_id"]: each for each in lines_of("returns.jsonl")}
    fitting = {"return_started": {"requested", "approved", "sent"}, "returned": {"received"}, "refunded": {"refunded"}}
    for order in orders():
        expected = fitting.get(order["status"], set()) if "delivered_at" in order else set()
        found = returns.pop(order["order_id"], None)
        assert (found is None) == (not expected), order["order_id"]
        if found:
            times = [
                order["delivered_at"],
                found["requested_at"],
                *(found.get(n) for n in ("received_at", "refunded_at")),
            ]
            known = [datetime.fromisoformat(time) for time in times if time]
            assert found["status"] in expected and known == sorted(known)
            assert found.get("amount") == order.get("refunded")
            assert set(found.get("skus", ())) <= {item["sku"] for item in order["items"]}
    assert returns == {}


def test_customer_records_agree_with_the_orders() -> None:
    named = {(order["email"], order["name"], order["postcode"]) for order in orders()}
    records = lines_of("customers.jsonl")
    assert len({record["email"] for record in records}) == len(records) >= 40
    assert {record["language"] for record in records} == LANGUAGES
    for record in records:
        assert (record["email"], record["name"], record["postcode"]) in named
        assert record["loyalty_tier"] in {"Acorn", "Branch", "Crown"}
        placed = [order["placed_at"] for order in orders() if order["email"] == record["email"]]
        assert datetime.fromisoformat(record["since"]) <= min(map(datetime.fromisoformat, placed))


def test_there_are_twelve_messages_in_each_language_with_different_ids() -> None:
    assert Counter(message["language"] for message in messages()) == dict.fromkeys(LANGUAGES, 12)
    assert len({message["id"] for message in messages()}) == 60


def test_the_messages_cover_every_intent_and_every_tier() -> None:
    assert {message["expected"]["intent"] for message in messages()} == INTENTS
    assert {message["expected"]["tier"] for message in messages()} == {0, 1, 2, 3}


@pytest.mark.parametrize("message", messages(), ids=lambda message: message["id"])
def test_the_expected_tier_is_never_looser_than_the_default_of_the_intent(message: dict[str, Any]) -> None:
    tier, default = message["expected"]["tier"], DEFAULT_TIERS[message["expected"]["intent"]]
    assert tier == 0 or tier >= default


@pytest.mark.parametrize("message", messages(), ids=lambda message: message["id"])
def test_the_expected_source_of_a_message_exists(message: dict[str, Any]) -> None:
    source, tier = message["expected"]["source"], message["expected"]["tier"]
    owners = {order["order_id"]: order["email"] for order in orders()}
    assert message["email"] is None or message["email"] in owners.values()
    if source is None:
        assert tier != 1
    elif source.startswith("order:"):
        assert owners[source.removeprefix("order:")] == message["email"]
    else:
        assert source in topics()
        assert tier != 1 or message["language"] in topics()[source]


def test_a_status_question_without_a_number_comes_from_a_customer_with_one_order() -> None:
    counts = Counter(order["email"] for order in orders())
    asked = [m for m in messages() if m["expected"]["intent"] == "order_status" and "ORD-" not in m["text"]]
    assert len(asked) == 4
    assert all(counts[message["email"]] == 1 for message in asked)


def test_two_messages_name_the_order_of_somebody_else_and_go_to_review() -> None:
    owners = {order["order_id"]: order["email"] for order in orders()}
    foreign = [
        message["expected"]
        for message in messages()
        for number in re.findall(r"ORD-\d+", message["text"])
        if owners[number] != message["email"]
    ]
    assert foreign == [{"intent": "order_status", "tier": 2, "source": None}] * 2
