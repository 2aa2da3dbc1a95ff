"""What the workflows ask of the records and the outbox, and what they hear back."""

from datetime import datetime
from typing import Literal

from domain.drafts import Draft
from domain.snapshots import Snapshot
from domain.steps import Case
from domain.values import Value
from domain.vocabulary import Disposition, Language


class BeginInput(Value):
    """Input of the activity `begin`."""

    store: str
    query_id: str


class BeginResult(Value):
    """What the records know when a query starts to be worked on."""

    case: Case
    through_seq: int
    """Number of the last customer message that `case.thread` holds: a reply answers up to here."""
    newer: str | None = None
    """A newer query of the conversation answers for all of it; this one ends as superseded."""
    ended: Disposition | None = None
    """The query has been answered already, by another run or a takeover."""
    last: Snapshot | None = None
    """What a failed run had found out, for the agent who takes over."""
    supersedes: tuple[str, ...] = ()
    """Open older queries of the conversation, which this one answers for."""
    remind_at: datetime
    deadline_at: datetime
    """The oldest unanswered deadline of the conversation."""


class SendInput(Value):
    """Input of the activity `write_outbox`."""

    store: str
    query_id: str
    conversation_id: str
    purpose: Literal["reply", "notice"]
    ordinal: int
    text: str
    language: Language
    author: str
    """`holdpoint` or the agent's name."""
    approved: bool
    """An agent decided that this text leaves. Without it only the first run of a query may send."""
    through_seq: int
    final: Snapshot | None = None
    """How the query stands once this has left; recorded in the same transaction where the helpdesk is our own."""
    draft: Draft | None = None


SendOutcome = Literal["sent", "pending", "review", "superseded", "answered"]


class SendResult(Value):
    """What became of it.

    `sent`: it has left. `pending`: it is in the outbox, `deliver` comes next. `review`: a reset run may not send by
    itself. `superseded`: a newer customer message came first. `answered`: the key holds other content already.
    """

    outcome: SendOutcome
    newer: str | None = None
    disposition: Disposition | None = None


class DeliverInput(Value):
    """Input of the activity `deliver`: one row of the outbox."""

    store: str
    query_id: str
    purpose: Literal["reply", "notice"]
    ordinal: int


class DeliverResult(Value):
    """The helpdesk has it."""

    external_id: str | None = None


class DeliveryFailure(Value):
    """Input of the activity `give_up_delivery`."""

    delivery: DeliverInput
    reason: str


class RecordInput(Value):
    """Input of the activity `record`."""

    snapshot: Snapshot


class SupersedeInput(Value):
    """Input of the activity `mark_superseded`."""

    store: str
    query_id: str
    newer: str


class Recorded(Value):
    """Whether the record was newer than what was there."""

    written: bool
