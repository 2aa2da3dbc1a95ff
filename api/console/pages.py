"""The queue and one query, as agents see them at the console."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from activities.access import StoreName, list_stores
from activities.attachments.sent import in_conversation
from activities.reading import (
    QueryRecord,
    ReviewFilter,
    cited_passages,
    find_query_anywhere,
    list_reviews,
    read_conversation,
)
from api.callers import Parts
from api.console.rendering import page
from api.console.sessions import HOME, AtConsole, OwnForm, Seat
from api.cursors import read_cursor, write_cursor
from api.deciding import Incomplete, decide, decision_id_of
from api.parts import ApiParts
from api.texts import QueryId
from api.views import where_of
from domain.errors import DecisionRefused, NotFound, Unavailable
from domain.vocabulary import Action, Intent, Language, Status, Tier

router = APIRouter(prefix=HOME, include_in_schema=False)
PAGE_SIZE = 50
WAITING = (Status.WAITING_REVIEW, Status.WAITING_AGENT, Status.FAILED)
DONE = {
    "approve": "Approved: the reply is on its way.",
    "edit": "Your edited reply is on its way.",
    "reject": "Rejected: a new draft is being written, or the query goes to an agent.",
    "take_over": "The query is yours: write the reply below, or close it.",
    "reply": "Your reply is on its way.",
    "close": "Closed without a reply.",
    "claim": "You hold this query now.",
    "release": "Nobody holds this query now.",
    "password": "Your new password is set.",
}
TO_QUEUE = frozenset({Action.APPROVE, Action.EDIT, Action.REPLY, Action.CLOSE})
"""After these nothing is left to do on the query, so the queue comes next."""


class QueueFilter:
    """The filters of the queue's form; anything unusable counts as not set."""

    def __init__(
        self,
        *,
        store: str = "",
        status: str = "",
        tier: str = "",
        intent: str = "",
        language: str = "",
        held: str = "",
        cursor: Annotated[str | None, Query(max_length=500)] = None,
    ) -> None:
        self.store = store
        self.status = next((one for one in WAITING if one.value == status), None)
        self.tier = next((one for one in Tier if str(one.value) == tier), None)
        self.intent = next((one for one in Intent if one.value == intent), None)
        self.language = next((one for one in Language if one.value == language), None)
        self.mine = held == "me"
        self.cursor = cursor or None

    def fields(self) -> dict[str, str]:
        """As fields of the form, without the page."""
        chosen = {"store": self.store, "status": self.status, "intent": self.intent, "language": self.language}
        tier, held = str(self.tier.value) if self.tier else "", "me" if self.mine else ""
        return {name: str(value or "") for name, value in {**chosen, "tier": tier, "held": held}.items()}


@router.get("")
async def show_queue(
    request: Request, seat: AtConsole, parts: Parts, wanted: Annotated[QueueFilter, Depends()], done: str = ""
) -> Response:
    """The review queue."""
    values = await queue_values(parts, seat, wanted)
    live = f"{HOME}/live"
    options: dict[str, Any] = {
        "intents": list(Intent),
        "languages": list(Language),
        "statuses": WAITING,
        "tiers": list(Tier),
    }
    return page("queue.html", said=DONE.get(done), live=live, **options, **values)


@router.get("/rows")
async def show_rows(seat: AtConsole, parts: Parts, wanted: Annotated[QueueFilter, Depends()]) -> Response:
    """The queue's rows alone, for the script that keeps them fresh."""
    return page("rows.html", **await queue_values(parts, seat, wanted))


async def queue_values(parts: ApiParts, seat: Seat, wanted: QueueFilter) -> dict[str, Any]:
    """What the queue's templates show."""
    stores = await stores_of(parts, seat)
    chosen = [store.store for store in stores if wanted.store in ("", store.store)]
    narrowed = ReviewFilter(
        status=wanted.status,
        tier=wanted.tier,
        intent=wanted.intent,
        language=wanted.language,
        held_by=seat.agent.name if wanted.mine else None,
    )
    found = await list_reviews(parts.database, chosen, narrowed, after=read_cursor(wanted.cursor), limit=PAGE_SIZE + 1)
    more = write_cursor(found[PAGE_SIZE - 1].place) if len(found) > PAGE_SIZE else None
    shown = {"items": found[:PAGE_SIZE], "more": more, "wanted": wanted.fields(), "first_page": wanted.cursor is None}
    return {"agent": seat.agent, "csrf": seat.csrf, "stores": stores, "now": datetime.now(UTC), **shown}


async def stores_of(parts: ApiParts, seat: Seat) -> list[StoreName]:
    """The stores this agent works for."""
    return [store for store in await list_stores(parts.database) if seat.agent.may_see(store.store)]


@router.get("/queries/{query_id}")
async def show_query(query_id: QueryId, seat: AtConsole, parts: Parts, done: str = "") -> Response:
    """One query: the conversation, the draft with its sources, and what can be decided."""
    record = await find_visible(parts, seat, query_id)
    return await query_page(parts, seat, record, said=DONE.get(done))


@router.post("/queries/{query_id}/decision")
async def decide_query(query_id: QueryId, seat: AtConsole, fields: OwnForm, parts: Parts) -> Response:
    """Applies a decision, or shows why not, with everything that was typed still there."""
    record = await find_visible(parts, seat, query_id)
    wanted = {"action", "draft_hash", "text", "reason", "confirm_findings"}
    given = {name: value for name, value in fields.items() if name in wanted and value}
    decision_id = decision_id_of(
        seat.agent.agent_id, f"{query_id}/{fields.get('once', '')}" if fields.get("once") else None
    )
    try:
        await decide(parts, record, given, agent=seat.agent.name, via="console", decision_id=decision_id)
    except (DecisionRefused, Incomplete, Unavailable) as error:
        record = await find_visible(parts, seat, query_id)
        return await query_page(parts, seat, record, status=error.status, refusal=error, given=given)
    action = Action(given["action"])
    place = HOME if action in TO_QUEUE else f"{HOME}/queries/{query_id}"
    return RedirectResponse(f"{place}?done={action.value}", 303)


@router.post("/queries/{query_id}/claim")
async def claim_query(query_id: QueryId, seat: AtConsole, fields: OwnForm, parts: Parts) -> Response:
    """Holds the query for this agent."""
    del fields
    return await _hold(parts, seat, query_id, "claim")


@router.post("/queries/{query_id}/release")
async def release_query(query_id: QueryId, seat: AtConsole, fields: OwnForm, parts: Parts) -> Response:
    """Lets the query go."""
    del fields
    return await _hold(parts, seat, query_id, "release")


async def _hold(parts: ApiParts, seat: Seat, query_id: str, change: str) -> Response:
    record = await find_visible(parts, seat, query_id)
    call = parts.door.claim if change == "claim" else parts.door.release
    try:
        await call(where_of(record), seat.agent.name)
    except NotFound:
        refusal = DecisionRefused("The query does not run, so nobody can hold it.", code="not_running")
        return await query_page(parts, seat, record, status=409, refusal=refusal)
    except (DecisionRefused, Unavailable) as error:
        return await query_page(parts, seat, record, status=error.status, refusal=error)
    return RedirectResponse(f"{HOME}/queries/{query_id}?done={change}", 303)


async def find_visible(parts: ApiParts, seat: Seat, query_id: str) -> QueryRecord:
    """A query of a store this agent works for. Raises NotFound."""
    stores: Iterable[str] = [store.store for store in await stores_of(parts, seat)]
    record = await find_query_anywhere(parts.database, stores, query_id)
    structlog.contextvars.bind_contextvars(store=record.store)
    return record


async def query_page(
    parts: ApiParts,
    seat: Seat,
    record: QueryRecord,
    *,
    status: int = 200,
    said: str | None = None,
    refusal: Exception | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    """The page of a query. After a refusal it shows why, and what was typed."""
    snapshot = record.snapshot
    draft = snapshot.draft if snapshot else None
    cited = draft.citations if draft else ()
    values = {
        "query": record,
        "snapshot": snapshot,
        "draft": draft,
        "waits": record.draft_hash is not None and draft is not None and draft.hash == record.draft_hash,
        "conversation": await read_conversation(parts.database, record.store, record.conversation_id),
        "attachments": await in_conversation(parts.database, record.store, record.conversation_id),
        "passages": await cited_passages(parts.database, record.store, [one.passage_id for one in cited]),
        "workflow": parts.options.workflow_link(where_of(record)),
        "now": datetime.now(UTC),
        "once": decision_id_of("", None),
        "findings_confirmable": bool(isinstance(refusal, DecisionRefused) and refusal.findings),
    }
    live = f"{HOME}/live?query={record.query_id}"
    more = {
        "said": said,
        "refusal": refusal,
        "given": {"action": "", "text": "", "reason": "", **(given or {})},
        "live": live,
    }
    return page("query.html", status, agent=seat.agent, csrf=seat.csrf, **values, **more)
