"""A proposed reply and the hash that a decision must name."""

from typing import Literal

from pydantic import Field

from domain.canonical import content_hash
from domain.findings import Reason
from domain.proposals import RefundProposal
from domain.values import Value
from domain.vocabulary import Language


class Citation(Value):
    """A passage that a draft rests on."""

    passage_id: str
    document_id: str
    content_hash: str
    title: str = ""
    url: str | None = None
    spans: tuple[tuple[int, int], ...] = ()
    """Which parts of the draft's text rest on it: start and end, in characters."""


class Draft(Value):
    """A proposed reply. Build it with `make_draft`, which computes the hash."""

    text: str
    language: Language
    kind: Literal["answer", "clarification", "holding"]
    """`answer` answers; `clarification` asks one question; `holding` says that a person will look."""
    citations: tuple[Citation, ...] = ()
    facts: dict[str, str] = {}
    """Looked-up facts that the text uses (order id, status, dates, amounts), name to value."""
    used: tuple[str, ...] = ()
    """What of the customer's record and history shaped the text, for the agent to see, each a short English text."""
    proposal: RefundProposal | None = None
    """What an agent may grant together with this text; its figures are among `facts`."""
    reasons: tuple[Reason, ...] = ()
    """Why a person has to see it before it leaves, as what composed it says; none: nothing of the kind."""
    answers: float | None = Field(default=None, ge=0, le=1)
    """Chance that what is quoted answers: of several questions, of the one that it answers least. None: unknown."""
    stand_in: bool = False
    """Made by other means than usual, such as the second model while the first is down: it says nothing about what
    certificates are about."""
    attempt: int = 1
    """1 for the first draft, 2 for the redraft after a rejection."""
    hash: str = ""


def draft_hash(query_id: str, message_hash: str, draft: Draft) -> str:
    """SHA-256 over the query, the customer's last words, the text, what it cites and the looked-up facts."""
    return content_hash(
        {
            "query_id": query_id,
            "message": message_hash,
            "text": draft.text,
            "citations": [citation.content_hash for citation in draft.citations],
            "facts": draft.facts,
        }
    )


def with_hash(draft: Draft, query_id: str, message_hash: str) -> Draft:
    """The same draft carrying its hash."""
    return draft.model_copy(update={"hash": draft_hash(query_id, message_hash, draft)})
