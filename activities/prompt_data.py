"""The data that a model may rest a reply on, as documents: passages, and what was looked up for this customer.

Ids of passages are their own; those of look-ups begin with LOOKED_UP, so that a citation tells which it was.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from activities.generation.order_texts import facts_of
from domain.conversations import Digest
from domain.customers import CustomerRecord, Return
from domain.knowledge import Passage
from domain.orders import Order
from domain.policies import StorePolicy
from domain.ports import PromptDocument
from domain.steps import GenerateInput
from domain.vocabulary import Intent, Kind
from retrieval.invisible import visible

LOOKED_UP = "lookup/"
ORDER = f"{LOOKED_UP}order/"
RETURN = f"{LOOKED_UP}return/"
CUSTOMER = f"{LOOKED_UP}customer"
FORM = f"{LOOKED_UP}return_form"
EARLIER = f"{LOOKED_UP}conversation"
EARLIER = f"{LOOKED_UP}conversation"
MAX_DIGEST = 6_000
"""Characters of what was said earlier."""
MAX_PASSAGE = 6_000
"""Characters of a passage."""
MAX_ORDERS = 5
MAX_ITEMS = 20
MAX_VALUE = 200
"""Characters of one looked-up value: a name may be as long as its owner likes."""


def documents_of(request: GenerateInput, passages: Sequence[Passage]) -> tuple[PromptDocument, ...]:
    """The passages, then the customer's orders, returns and record, the form for returns where one is wanted, and what
    the older turns of a long conversation came to."""
    lookup, policy = request.retrieval.lookup, request.case.policy
    found = [PromptDocument(id=each.passage_id, title=_line(each.title), text=_passage(each)) for each in passages]
    window = _window_days(passages)
    found += [_order(order, request.case.query.received_at, window) for order in lookup.orders[:MAX_ORDERS]]
    found += [_return(each) for each in lookup.returns[:MAX_ORDERS]]
    if lookup.customer is not None:
        found.append(_customer(lookup.customer))
    if request.case.digest is not None:
        found.append(_digest(request.case.digest))
    if policy.return_form_url and Intent.RETURN_REQUEST in {each.intent for each in request.classification.intents}:
        found.append(_form(policy))
    if request.case.digest is not None:
        text = request.case.digest.text[:MAX_PASSAGE]
        found.append(PromptDocument(id=EARLIER, title="Earlier in this conversation", text=text))
    return tuple({each.id: each for each in reversed(found)}.values())[::-1]


def facts_told(request: GenerateInput, passages: Sequence[Passage]) -> dict[str, str]:
    """What the documents say of orders, as a draft keeps it: `order/{order_id}/{field}` to value."""
    window = _window_days(passages)
    facts: dict[str, str] = {}
    for order in request.retrieval.lookup.orders[:MAX_ORDERS]:
        facts |= facts_of(order) | _until(order, window)
    return facts


def _passage(passage: Passage) -> str:
    text = passage.text[:MAX_PASSAGE]
    return f"{text}\nPage: {passage.url}" if passage.url else text


def _order(order: Order, at: datetime, window: int | None) -> PromptDocument:
    facts = facts_of(order) | _until(order, window)
    lines = [f"{name.rpartition('/')[2]}: {_line(value)}" for name, value in facts.items()]
    if order.is_late(at):
        lines.append("late: yes")
    for item in order.items[:MAX_ITEMS]:
        lines.append(
            f"item: {item.quantity} x {_line(item.name)} ({_line(item.sku)}), {item.price} {order.currency} each"
        )
    for number, parcel in enumerate(order.shipments[:MAX_ITEMS], start=1):
        if parcel.skus:
            lines.append(f"parcel_{number}_items: {_line(', '.join(parcel.skus[:MAX_ITEMS]))}")
    order_id = _line(order.order_id)
    return PromptDocument(
        id=f"{ORDER}{order.order_id}", title=f"Order {order_id} of this customer", text="\n".join(lines)
    )


def _return(found: Return) -> PromptDocument:
    values = {
        "order": found.order_id,
        "status": found.status.value,
        "requested": _day(found.requested_at),
        "received": _day(found.received_at),
        "refunded": _day(found.refunded_at),
        "amount": str(found.amount) if found.amount is not None else None,
        "items": ", ".join(found.skus[:MAX_ITEMS]),
    }
    return PromptDocument(
        id=f"{RETURN}{found.return_id}",
        title=f"Return {_line(found.return_id)} of this customer",
        text="\n".join(_lines(values.items())),
    )


def _customer(record: CustomerRecord) -> PromptDocument:
    values = [
        ("name", record.name),
        ("loyalty tier", record.loyalty_tier),
        ("customer since", _day(record.since)),
        *(("open issue", issue) for issue in record.open_issues[:MAX_ORDERS]),
    ]
    return PromptDocument(id=CUSTOMER, title="The store's record of this customer", text="\n".join(_lines(values)))


def _digest(digest: Digest) -> PromptDocument:
    """What was said before the turns that go along: it tells nothing of how things stand now."""
    text = visible(digest.text[:MAX_DIGEST])
    return PromptDocument(id=EARLIER, title="Earlier in this conversation, told in short", text=text)


def _form(policy: StorePolicy) -> PromptDocument:
    return PromptDocument(id=FORM, title="Form for returns", text=f"Returns begin here: {policy.return_form_url}")


def _window_days(passages: Sequence[Passage]) -> int | None:
    """The days of the return window that the best policy fixes."""
    fixed = (each.attributes.get("return_window_days", "") for each in passages if each.kind is Kind.POLICY)
    return next((int(days) for days in fixed if days.isascii() and days.isdigit() and len(days) <= 3), None)


def _until(order: Order, window: int | None) -> dict[str, str]:
    """The last day for a return, with the rule that it follows from: models are not to reckon."""
    if window is None or order.delivered_at is None:
        return {}
    until = (order.delivered_at + timedelta(days=window)).date().isoformat()
    rule = f"delivered_at + {window} days"
    return {f"order/{order.order_id}/return_until": until, f"order/{order.order_id}/return_rule": rule}


def _lines(values: Iterable[tuple[str, str | None]]) -> list[str]:
    return [f"{name}: {_line(value)}" for name, value in values if value]


def _day(at: datetime | None) -> str | None:
    return at.date().isoformat() if at else None


def _line(text: str) -> str:
    """One line of what is visible, of bounded length."""
    return " ".join(visible(text[: 4 * MAX_VALUE]).split())[:MAX_VALUE]
