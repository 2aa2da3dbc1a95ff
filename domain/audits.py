"""Audits: drafts and replies that a person judges without knowing what the score said. Pure.

Which are drawn depends on the query's id and a secret of the store, never on the confidence: labels of any other choice
could not certify.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import field_serializer

from domain.decisions import Name
from domain.drafts import Draft
from domain.messages import Turn
from domain.values import Value
from domain.vocabulary import Harm, Intent, Language

RAISED = 2
"""By how much both rates grow while knowledge has changed since a certificate."""

Stream = Literal["draft", "sent"]
Verdict = Literal["right", "wrong"]


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

    @field_serializer("draft")
    def _words_alone(self, draft: Draft) -> dict[str, Any]:
        """Without what tells how the draft was made, or why somebody should look."""
        return draft.model_dump(mode="json", exclude={"reasons", "stand_in"})


class AuditEntry(Value):
    """One audit in a list."""

    query_id: str
    intent: Intent
    language: Language
    streams: tuple[Stream, ...]
    drawn_at: datetime
    label: Label | None = None
