"""Replies that were written by hand, each with its sources, as the guard sees them in the graph.

Half of them may be looked at while the guard is built (`dev`); the other half (`sealed`) is only counted.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict

from activities.guarding.context import Context
from activities.guarding.guard import context_of
from domain.drafts import Citation, Draft
from domain.knowledge import Passage
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.orders import Order
from domain.policies import StorePolicy
from domain.steps import Case, ClassifyResult, GuardInput, IntentScore, OrderLookup, RetrieveResult
from domain.values import Value
from domain.vocabulary import Intent, Kind, Language, Tier

REPLIES = Path(__file__).parent / "resources" / "replies.jsonl"
DEMO = Path(__file__).parents[1] / "app" / "demo"
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""The day that the demo store's orders are of."""
Half = Literal["dev", "sealed"]


class CitedText(Value):
    """A source of a reply."""

    document: str
    """Its path below the knowledge folder, such as `policies/returns`."""
    text: str


class WrittenReply(Value):
    """One reply with what it answers and what it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: Language
    message: str
    reply: str
    passages: tuple[CitedText, ...] = ()
    facts: Mapping[str, str] = {}
    orders: tuple[str, ...] = ()
    """Orders of the demo store that were looked up."""


def half_of(id: str) -> Half:
    """Which half a reply belongs to; the same for ever, whatever is added."""
    return "dev" if hashlib.sha256(f"reply/{id}".encode()).digest()[0] < 128 else "sealed"


def read_replies(path: Path = REPLIES) -> list[WrittenReply]:
    """The replies in the order of the file. Raises pydantic's ValidationError for a line that is wrong."""
    return [WrittenReply.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def seen_by_guard(written: WrittenReply) -> Context:
    """What the guard may look at when this reply is its draft."""
    cited = [_passage(each, written.language) for each in written.passages]
    return context_of(request_of(written, cited), cited)


def _passage(cited: CitedText, language: Language) -> Passage:
    kind = {"policies": Kind.POLICY, "products": Kind.PRODUCT, "faqs": Kind.FAQ}[cited.document.split("/")[0]]
    first, _, rest = cited.text.partition("\n")
    return Passage(
        passage_id=cited.document,
        document_id=cited.document,
        kind=kind,
        language=language,
        title=first.lstrip("# "),
        text=rest.strip(),
        content_hash=cited.document,
    )


def request_of(written: WrittenReply, cited: Sequence[Passage] = ()) -> GuardInput:
    """The guard's input with this reply as the draft."""
    orders = tuple(_orders()[order_id] for order_id in written.orders)
    email = orders[0].email if orders else None
    thread = (Turn(role="customer", text=written.message),)
    query = QueryFacts(
        query_id=written.id,
        store="demo",
        conversation_id=written.id,
        channel="evals",
        customer=Customer(email=email, verified=email is not None),
        received_at=AT,
    )
    case = Case(query=query, thread=thread, message_hash=message_hash(thread), policy=_policy())
    found = ClassifyResult(
        intent=Intent.OTHER,
        probability=1.0,
        intents=(IntentScore(intent=Intent.OTHER, probability=1.0),),
        language=written.language,
        language_confidence=1.0,
        tier=Tier.AUTOMATIC,
    )
    citations = tuple(
        Citation(passage_id=each.passage_id, document_id=each.document_id, content_hash=each.content_hash)
        for each in cited
    )
    draft = Draft(
        text=written.reply,
        language=written.language,
        kind="answer",
        citations=citations,
        facts=dict(written.facts),
    )
    retrieval = RetrieveResult(answerable=True, lookup=OrderLookup(orders=orders), tier=Tier.AUTOMATIC)
    return GuardInput(case=case, classification=found, retrieval=retrieval, draft=draft, coverage=1.0)


@cache
def _orders() -> dict[str, Order]:
    lines = (DEMO / "orders.jsonl").read_text(encoding="utf-8").splitlines()
    orders = (Order.model_validate(json.loads(line, parse_float=Decimal)) for line in lines if line)
    return {order.order_id: order for order in orders}


@cache
def _policy() -> StorePolicy:
    facts: dict[str, Any] = json.loads((DEMO / "store.json").read_text(encoding="utf-8"))
    return StorePolicy(
        store="demo",
        name=facts["name"],
        signature=facts["signature"],
        return_form_url=facts["return_form_url"],
        **facts["settings"],
    )
