"""What customers and agents did, as they know it themselves: the records of the product are held against it."""

from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["applied", "refused", "unknown"]


@dataclass
class Posted:
    """One customer message. `query_id` is set once the API has accepted it."""

    store: str
    message_id: str
    text: str
    customer: dict[str, object]
    conversation_id: str | None = None
    query_id: str | None = None
    tries: int = 0


@dataclass
class Decided:
    """One decision of an agent, however often it was sent."""

    store: str
    query_id: str
    action: str
    draft_hash: str | None
    via: Literal["api", "signal"]
    decision_id: str | None = None
    tries: int = 0
    outcome: Outcome = "unknown"
    code: str = ""
    """Why it was refused."""


@dataclass
class Ledger:
    """All of it, filled in as things happen."""

    posted: list[Posted] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    person_wanted: int = 0
    left: set[str] = field(default_factory=set)
    """Queries that the agents leave waiting on purpose."""
    complaints: list[str] = field(default_factory=list)
    """Answers of the product that no client should see."""
