"""Decisions of reviewers: read from whatever a person typed, and refused with a reason when they do not fit.

Both functions are total: nothing that arrives from outside makes them raise, so a malformed signal can neither fail nor
stick a workflow.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints, ValidationError

from domain.findings import Finding
from domain.values import STORABLE, Value
from domain.vocabulary import Action, Status

MAX_REPLY_CHARACTERS = 20_000
MAX_REASON_CHARACTERS = 2_000

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), STORABLE]
ReplyText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REPLY_CHARACTERS), STORABLE
]
ReasonText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON_CHARACTERS), STORABLE
]
# The pattern is looked at before the text is put in small letters.
HexHash = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")]


class Decision(Value):
    """What a reviewer did with a query. Which fields it needs depends on the action."""

    action: Action
    agent: Name
    draft_hash: HexHash | None = None
    """The draft the decision was made on: needed by approve, edit and reject."""
    text: ReplyText | None = None
    """The agent's words: needed by edit and reply."""
    reason: ReasonText | None = None
    """Needed by reject and close."""
    confirm_findings: bool = False
    """Send an edit although the guard objects; the agent has read the findings."""
    decision_id: Annotated[str, StringConstraints(max_length=200), STORABLE] = ""
    via: Literal["signal", "api", "cli", "console"] = "signal"
    proven: bool = False
    """True when the agent's name comes from a session or key, false when it is only claimed."""


class Refusal(Value):
    """Why a decision changed nothing."""

    code: str
    message: str
    findings: tuple[Finding, ...] = ()


class Standing(Value):
    """What a decision is checked against: where the query stands now."""

    status: Status
    draft_hash: str | None = None
    """Hash of the draft that waits, if one does."""
    deciding: bool = False
    """Another decision is being applied."""
    decided: tuple[str, ...] = ()
    """Ids of the decisions already applied."""
    held_by: str | None = None
    """The agent whose claim is valid now."""


NEEDS: dict[Action, tuple[str, ...]] = {
    Action.APPROVE: ("draft_hash",),
    Action.EDIT: ("draft_hash", "text"),
    Action.REJECT: ("draft_hash", "reason"),
    Action.TAKE_OVER: (),
    Action.REPLY: ("text",),
    Action.CLOSE: ("reason",),
}
ON_A_DRAFT = frozenset({Action.APPROVE, Action.EDIT, Action.REJECT})
ENDED = frozenset({Status.SENT, Status.CLOSED})


def read_decision(payload: object, action: str | None = None) -> Decision | Refusal:
    """A decision from JSON of any shape. `action` overrides the payload's own (a signal is named for its action)."""
    if not isinstance(payload, Mapping):
        return Refusal(
            code="malformed", message='A decision is one JSON object, such as {"agent": "Ana", "draft_hash": "…"}.'
        )
    fields = {str(key): value for key, value in payload.items()}
    if action is not None:
        fields["action"] = action
    try:
        decision = Decision.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "decision"
        said = first["msg"].removeprefix("Value error, ")[:200]
        return Refusal(code="malformed", message=f"The decision's field `{where[:100]}` is not usable: {said}.")
    missing = [name for name in NEEDS[decision.action] if getattr(decision, name) is None]
    if missing:
        return Refusal(
            code="incomplete",
            message=f"`{decision.action.value}` needs {' and '.join(f'`{name}`' for name in missing)}.",
        )
    return decision


def refusal_of(decision: Decision, standing: Standing) -> Refusal | None:
    """Why this decision may not be applied now, or None when it may."""
    if standing.status in ENDED:
        return Refusal(code="closed", message="The query has ended; nothing more can be decided on it.")
    if decision.decision_id and decision.decision_id in standing.decided:
        return Refusal(code="repeated", message="This decision was applied already.")
    if standing.deciding:
        return Refusal(
            code="deciding", message="Another decision on this query is being applied; look again in a moment."
        )
    if standing.held_by not in (None, decision.agent) and decision.action is not Action.TAKE_OVER:
        return Refusal(code="held", message=f"{standing.held_by} holds this query; ask them, or take it over.")
    return _draft_refusal(decision, standing) if decision.action in ON_A_DRAFT else _held_refusal(decision, standing)


def _held_refusal(decision: Decision, standing: Standing) -> Refusal | None:
    waits_for_agent = standing.status is Status.WAITING_AGENT
    if decision.action is Action.TAKE_OVER and waits_for_agent and standing.held_by in (None, decision.agent):
        return Refusal(code="taken", message="The query waits for an agent's reply already; use `reply` or `close`.")
    if decision.action in (Action.REPLY, Action.CLOSE) and not waits_for_agent:
        return Refusal(
            code="not_held", message="Take the query over before you reply to it yourself or close it without a reply."
        )
    return None


def _draft_refusal(decision: Decision, standing: Standing) -> Refusal | None:
    if standing.status is not Status.WAITING_REVIEW or standing.draft_hash is None:
        return Refusal(
            code="no_draft", message="No draft of this query waits for a decision; look at its current state."
        )
    if decision.draft_hash != standing.draft_hash:
        return Refusal(
            code="stale",
            message="The decision names another draft than the one that waits; read that one and decide again.",
        )
    return None
