"""The agents' side: the queue of what waits for a person, and their decisions."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from activities.access import KeyHolder
from activities.reading import ReviewFilter, find_query, list_reviews
from api.callers import AgentCaller, Parts
from api.cursors import read_cursor, write_cursor
from api.deciding import decide, decision_id_of
from api.idempotency import IdempotentRoute, read_key
from api.parts import ApiParts
from api.queries import PROBLEMS, NoFields
from api.texts import QueryId
from api.views import AgentLinks, ReviewPage, View, agent_links_of, review_line, where_of
from domain.decisions import MAX_REASON_CHARACTERS, MAX_REPLY_CHARACTERS
from domain.errors import BadInput, DecisionRefused, NotFound
from domain.vocabulary import Action, Disposition, Intent, Language, Status, Tier

router = APIRouter(prefix="/v1/reviews", route_class=IdempotentRoute, tags=["reviews"], responses={"default": PROBLEMS})
Waiting = Literal[Status.WAITING_REVIEW, Status.WAITING_AGENT, Status.FAILED]


class DecisionFields(BaseModel):
    """A decision on a query. Who decides comes from the key, never from here."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "approve", "draft_hash": "9f86d081884c7d65…"}]}
    )

    action: Action
    draft_hash: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="The draft it is made on: needed by approve, edit and reject."
    )
    text: Annotated[str, StringConstraints(max_length=MAX_REPLY_CHARACTERS)] | None = Field(
        default=None, description="The agent's words: needed by edit and reply."
    )
    reason: Annotated[str, StringConstraints(max_length=MAX_REASON_CHARACTERS)] | None = Field(
        default=None, description="Needed by reject and close."
    )
    confirm_findings: bool = Field(default=False, description="Send an edit although the guard objects to it.")


class Decided(View):
    """What became of the query by the decision."""

    query_id: str
    status: Status
    disposition: Disposition | None = None
    draft_hash: str | None = None
    links: AgentLinks


class Held(View):
    """Who holds the query now."""

    query_id: str
    held_by: str | None
    links: AgentLinks


@router.get("")
async def list_queue(
    caller: AgentCaller,
    parts: Parts,
    *,
    status: Waiting | None = None,
    tier: Tier | None = None,
    intent: Intent | None = None,
    language: Language | None = None,
    held_by: Annotated[str | None, Query(max_length=200)] = None,
    overdue: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> ReviewPage:
    """What waits for a person: overdue first, then by deadline."""
    if held_by is not None and "\x00" in held_by:
        raise BadInput("`held_by` holds the character NUL; take it out.")
    wanted = ReviewFilter(status=status, tier=tier, intent=intent, language=language, held_by=held_by, overdue=overdue)
    found = await list_reviews(parts.database, [caller.store], wanted, after=read_cursor(cursor), limit=limit + 1)
    now = datetime.now(UTC)
    items = tuple(review_line(item, parts.options, now) for item in found[:limit])
    return ReviewPage(items=items, next=write_cursor(found[limit - 1].place) if len(found) > limit else None)


@router.post("/{query_id}/decision")
async def decide_query(
    query_id: QueryId, fields: DecisionFields, caller: AgentCaller, parts: Parts, request: Request
) -> Decided:
    """Approve, edit, reject, take over, reply or close. Refused with 409 and a `code` when it changes nothing."""
    record = await find_query(parts.database, caller.store, query_id)
    answer = await decide(
        parts,
        record,
        fields.model_dump(exclude_none=True),
        agent=caller.name,
        via="cli" if caller.label.startswith("cli:") else "api",
        decision_id=decision_id_of(caller.key_id, read_key(request)),
    )
    return Decided(query_id=query_id, links=agent_links_of(parts.options, where_of(record)), **answer.model_dump())


@router.post("/{query_id}/claim")
async def claim_query(
    query_id: QueryId, caller: AgentCaller, parts: Parts, fields: Annotated[NoFields | None, Body()] = None
) -> Held:
    """Holds the query, and its conversation, for this agent; claiming again renews it."""
    del fields
    return await hold(parts, caller, query_id, held_by=caller.name)


@router.post("/{query_id}/release")
async def release_query(
    query_id: QueryId, caller: AgentCaller, parts: Parts, fields: Annotated[NoFields | None, Body()] = None
) -> Held:
    """Lets the query go. Releasing what one does not hold changes nothing."""
    del fields
    return await hold(parts, caller, query_id, held_by=None)


async def hold(parts: ApiParts, caller: KeyHolder, query_id: str, *, held_by: str | None) -> Held:
    """Claims with a name, releases with None. Raises DecisionRefused when somebody else holds the query."""
    record = await find_query(parts.database, caller.store, query_id)
    where = where_of(record)
    change: Any = parts.door.release if held_by is None else parts.door.claim
    try:
        await change(where, caller.name)
    except NotFound:
        raise DecisionRefused(
            "The query does not run, so nobody can hold it; look at it again.", "not_running"
        ) from None
    return Held(query_id=query_id, held_by=held_by, links=agent_links_of(parts.options, where))
