"""Records of a foreign system as ours, field by field as its description says. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import ValidationError

from activities.lookups.descriptions import Endpoint, Part
from domain.customers import CustomerRecord, Return
from domain.orders import Order
from domain.values import Value

TIMES = frozenset({"placed_at", "delivered_at", "expected_at", "requested_at", "received_at", "refunded_at", "since"})
T = TypeVar("T", bound=Value)


class Unreadable(ValueError):
    """A record that does not fit its description. The text names the field, never its value."""


def records_in(answer: Any, endpoint: Endpoint) -> list[Any]:
    """The records of an answer; one alone counts as a list of one. Raises Unreadable."""
    found = _at(endpoint.list, answer)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def email_of(record: Any, endpoint: Endpoint) -> str:
    """Whose a record is, in small letters; empty where it does not say."""
    found = _at(endpoint.fields["email"], record)
    return found.strip().lower() if isinstance(found, str) else ""


def text_of(record: Any, endpoint: Endpoint, field: str) -> str:
    """One field as text, such as an order's number; empty where it is missing."""
    found = _at(endpoint.fields[field], record) if field in endpoint.fields else None
    return str(found).strip() if isinstance(found, str | int) else ""


def order_in(record: Any, endpoint: Endpoint) -> Order:
    """Raises Unreadable."""
    fields = _fields(record, endpoint)
    if endpoint.items is not None:
        fields["items"] = _parts(record, endpoint.items, endpoint)
    if endpoint.shipments is not None:
        fields["shipments"] = _parts(record, endpoint.shipments, endpoint)
    fields["currency"] = str(fields.get("currency", "")).upper()
    return _valid(Order, fields)


def customer_in(record: Any, endpoint: Endpoint) -> CustomerRecord:
    """Raises Unreadable."""
    fields = _fields(record, endpoint)
    if isinstance(fields.get("language"), str):
        fields["language"] = fields["language"].replace("_", "-").partition("-")[0].lower()
    try:
        return _valid(CustomerRecord, fields)
    except Unreadable:
        # A language that is none of ours is no fault: they may speak any.
        return _valid(CustomerRecord, {name: value for name, value in fields.items() if name != "language"})


def return_in(record: Any, endpoint: Endpoint) -> Return:
    """Raises Unreadable."""
    fields = _fields(record, endpoint)
    fields.pop("email", None)
    return _valid(Return, fields)


def _fields(record: Any, described: Endpoint) -> dict[str, Any]:
    found = {name: _at(path, record) for name, path in described.fields.items()}
    return _translated({name: value for name, value in found.items() if value is not None}, described)


def _parts(record: Any, part: Part, described: Endpoint) -> list[dict[str, Any]]:
    found = _at(part.list, record) or []
    if not isinstance(found, list):
        raise Unreadable("a list of items or shipments is none")
    each = ({name: _at(path, one) for name, path in part.fields.items()} for one in found)
    return [_translated({name: value for name, value in one.items() if value is not None}, described) for one in each]


def _translated(fields: dict[str, Any], described: Endpoint) -> dict[str, Any]:
    """States in our words, times with an offset, codes as text."""
    for name in TIMES & fields.keys():
        fields[name] = _time(fields[name], described.timezone)
    if "status" in fields:
        fields["status"] = described.statuses.get(str(fields["status"]), fields["status"])
    for name in {"order_id", "return_id", "sku", "postcode", "tracking"} & fields.keys():
        if isinstance(fields[name], int):
            fields[name] = str(fields[name])
    return fields


def _time(value: Any, zone: str) -> Any:
    """A time with an offset. Numbers are refused: nobody can say whether they count seconds or milliseconds."""
    if not isinstance(value, str):
        raise Unreadable("a time is no text in the form of ISO 8601")
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise Unreadable("a time is not in the form of ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone))


@lru_cache(maxsize=64)
def zone_of(name: str) -> Any:
    """A time zone by its name. Raises Unreadable for one that nobody knows."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unreadable(f"nobody knows the time zone {name[:40]!r}") from error


@lru_cache(maxsize=512)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def _at(expression: str, data: Any) -> Any:
    try:
        return _compiled(expression).search(data)
    except JMESPathError:
        raise Unreadable(f"`{expression[:60]}` cannot be applied to it") from None


def _valid(kind: type[T], fields: Mapping[str, Any]) -> T:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        wrong = sorted({".".join(str(step) for step in fault["loc"]) for fault in error.errors(include_input=False)})
        raise Unreadable(f"{', '.join(wrong[:4])} cannot be read") from None
