"""What a workflow takes, and what it tells about itself."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.decisions import Decision, Name, Refusal
from domain.drafts import Draft
from domain.findings import Finding, Reason
from domain.steps import Brief, IntentScore
from domain.values import Value
from domain.vocabulary import Disposition, Intent, Language, Status, Tier

StepMode = Literal["local", "activity"]


class StepModes(Value):
    """Which steps run as local activities (own database, own CPU) and which as activities (anything outside).

    Fixed when a query starts, so that a changed setting never breaks an open history.
    """

    classify: StepMode = "local"
    retrieve: StepMode = "local"
    generate: StepMode = "local"
    guard: StepMode = "local"
    escalate: StepMode = "local"


class SupportQueryInput(Value):
    """Input of the workflow `SupportQuery`. Holds no customer text: the first step reads it from the database."""

    store: str
    query_id: str
    conversation_id: str
    remind_at: datetime
    deadline_at: datetime
    """Absolute, from receipt: a reset does not move them."""
    gather_seconds: float = 0.0
    """How long to wait for the rest of a burst before working; 0 for a conversation without an open query."""
    step_modes: StepModes = StepModes()
    claim_seconds: float = Field(default=900.0, gt=0)
    """How long a claim lasts unless renewed."""


class TakeOverInput(Value):
    """Input of the workflow `TakeOver`: an agent answers a query whose own run has failed."""

    store: str
    query_id: str
    conversation_id: str
    agent: str
    deadline_at: datetime
    claim_seconds: float = Field(default=900.0, gt=0)


class DecisionRecord(Value):
    """A decision with what became of it. `refusal` None: it was applied."""

    decision: Decision
    at: datetime
    refusal: Refusal | None = None


class Snapshot(Value):
    """All that the console shows of a query, as its workflow knows it. The answer of the workflow query `state`."""

    store: str
    query_id: str
    conversation_id: str
    status: Status
    disposition: Disposition | None = None
    tier: Tier | None = None
    intent: Intent | None = None
    intents: tuple[IntentScore, ...] = ()
    language: Language | None = None
    confidence: float | None = None
    draft: Draft | None = None
    """The last draft, whether it waits or was sent."""
    waiting_hash: str | None = None
    """Hash of the draft that waits for a decision, else None."""
    findings: tuple[Finding, ...] = ()
    reasons: tuple[Reason, ...] = ()
    brief: Brief | None = None
    reply: str | None = None
    """The text that was sent."""
    replied_by: str | None = None
    held_by: str | None = None
    held_until: datetime | None = None
    overdue: bool = False
    reminded: bool = False
    remind_at: datetime
    deadline_at: datetime
    superseded_by: str | None = None
    decisions: tuple[DecisionRecord, ...] = ()
    """Applied and refused, oldest first; the last 50."""
    ignored_signals: tuple[str, ...] = ()
    """What arrived and could not be read, one sentence each; the last 20."""
    failure: str | None = None
    version: int = 0
    """Grows with every change; an older record never overwrites a newer one."""


class DecisionAnswer(Value):
    """What the update `decide` answers when a decision was applied."""

    status: Status
    disposition: Disposition | None = None
    draft_hash: str | None = None


class ClaimRequest(Value):
    """Input of the updates `claim` and `release`."""

    agent: Name
