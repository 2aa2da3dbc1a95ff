"""Audits: drafts and replies that a person judges without knowing what the score said. Pure.

Which are drawn depends on the query's id and a secret of the store, never on the confidence: labels of any other choice
could not certify.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.decisions import Name
from domain.drafts import Draft
from domain.messages import Turn
from domain.rollout import place_of
from domain.values import Value
from domain.vocabulary import Harm, Intent, Language

DRAFT_RATE = 20.0
"""Percentage of all drafts that is drawn for certification."""
SENT_RATE = 5.0
"""Percentage of the replies that left by themselves that is drawn for ever."""
RAISED = 2.0
"""By how much both grow while knowledge has changed since the certificate."""

Stream = Literal["draft", "sent"]
Verdict = Literal["right", "wrong"]


class AuditRates(Value):
    """How much is drawn, in percent."""

    draft: float = Field(default=DRAFT_RATE, ge=0, le=100)
    sent: float = Field(default=SENT_RATE, ge=0, le=100)

    def raised(self) -> "AuditRates":
        """While knowledge has changed since the certificate."""
        return AuditRates(draft=min(100.0, self.draft * RAISED), sent=min(100.0, self.sent * RAISED))


def drawn(stream: Stream, *, secret: str, query_id: str, rate: float) -> bool:
    """Whether a query is drawn at `rate` percent. Repeating it changes nothing; a larger rate draws those and more."""
    return place_of(f"audit/{stream}", secret, query_id) < rate


def inclusion_probability(rate: float, earlier: int) -> float:
    """The chance that this draft stands for its conversation, of which one item is drawn at most: that it is drawn and
    none of the `earlier` ones was."""
    share = rate / 100
    return float(share * (1 - share) ** earlier)


class Label(Value):
    """What a person says of an audited draft."""

    verdict: Verdict
    harm: Harm | None = None
    """What was wrong; None for a right one."""
    note: str = ""
    agent: Name
    at: datetime


class AuditItem(Value):
    """What an auditor sees, and nothing that could sway them: no confidence, no threshold, no finding, not even whether
    it was sent."""

    query_id: str
    intent: Intent
    language: Language
    thread: tuple[Turn, ...]
    """The conversation up to the customer's words that the draft answers."""
    draft: Draft
    waiting: int
    """Items that wait for a label, this one included."""


class AuditEntry(Value):
    """One audit in a list."""

    query_id: str
    intent: Intent
    language: Language
    streams: tuple[Stream, ...]
    drawn_at: datetime
    label: Label | None = None
