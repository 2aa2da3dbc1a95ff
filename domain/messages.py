"""Who writes, and what was said so far."""

from datetime import datetime
from typing import Literal

from domain.attachments import Attachment
from domain.canonical import content_hash
from domain.values import Value
from domain.vocabulary import Language


class Customer(Value):
    """Who the channel says the customer is."""

    id: str | None = None
    email: str | None = None
    verified: bool = False
    """True only when a key of scope `verify` vouched for it, or in `ask` and `batch`."""


class Turn(Value):
    """One message of a conversation."""

    role: Literal["customer", "agent", "assistant", "notice"]
    text: str
    at: datetime | None = None


class QueryFacts(Value):
    """What is known of a query before any step has run."""

    query_id: str
    store: str
    conversation_id: str
    channel: str
    customer: Customer
    received_at: datetime
    """With an offset. `late` and all deadlines are computed from it."""
    language: Language | None = None
    """The language the channel claims, if any: a hint, not a fact."""
    attachments: tuple[Attachment, ...] = ()
    """Files that came with the unanswered messages, oldest first."""
    wants_person: bool = False
    """The customer asked for a person by other means than words (the API's `human`)."""


def message_hash(thread: tuple[Turn, ...]) -> str:
    """Hash of the customer's words that are still unanswered: the last uninterrupted run of customer turns."""
    return content_hash(["message", unanswered_text(thread)])


def unanswered_text(thread: tuple[Turn, ...]) -> str:
    """The customer turns since the last reply, oldest first, one paragraph each. Notices answer nothing: they are
    skipped."""
    texts: list[str] = []
    for turn in reversed(thread):
        if turn.role == "notice":
            continue
        if turn.role != "customer":
            break
        texts.append(turn.text)
    return "\n\n".join(reversed(texts))
