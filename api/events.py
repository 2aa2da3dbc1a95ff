"""Server-sent events: each step of a query as it happens, then the reply."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from activities.reading import Event, events_since
from api.callers import Caller, Parts
from api.parts import ApiParts
from api.queries import PROBLEMS
from api.texts import QueryId
from api.views import customer_status
from domain.errors import BadInput
from domain.vocabulary import Scope, Status

router = APIRouter(prefix="/v1/queries", tags=["queries"], responses={"default": PROBLEMS})

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
MAX_EVENT_ID = 2**63 - 1
SHOWN_TO_CUSTOMERS = {
    "step": ("step",),
    "status": ("status", "disposition"),
    "notice": ("text", "language"),
    "reply": ("text", "language"),
}
"""Everything else in an event is for agents."""
EXAMPLE = 'id: 7\nevent: status\ndata: {"status": "working", "at": "2030-01-01T10:00:00Z"}\n\n'


@router.get(
    "/{query_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A stream of events.", "content": {"text/event-stream": {"example": EXAMPLE}}},
        204: {"description": "The query has ended and everything was read."},
    },
)
async def stream_events(
    query_id: QueryId, caller: Caller, parts: Parts, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Every event so far, then new ones as they come; ends with the query. `Last-Event-ID` continues after an event."""
    after = _event_id(last_event_id)
    events, closed = await events_since(parts.database, caller.store, query_id, after)
    if closed and not events and last_event_id is not None:
        return Response(status_code=204)  # tells browsers not to connect again
    stream = follow(parts, caller.store, query_id, after, for_agent=caller.scope is Scope.AGENT)
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


async def follow(parts: ApiParts, store: str, query_id: str, after: int, *, for_agent: bool) -> AsyncIterator[str]:
    """The lines of the stream. Leaves nothing behind when the client goes away."""
    with parts.feed.subscribe((store, query_id)) as news:
        while not parts.feed.closed:
            events, closed = await events_since(parts.database, store, query_id, after)
            for event in events:
                after = event.id
                yield _line(event, for_agent=for_agent)
            if events:
                continue
            if closed:
                yield "event: end\ndata: {}\n\n"
                return
            if not await news.wait(parts.options.heartbeat_seconds):
                yield ": still here\n\n"


def _event_id(text: str | None) -> int:
    if text is None:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > MAX_EVENT_ID:
        raise BadInput("Last-Event-ID is the number of an event that this stream sent before.")
    return int(text)


def _line(event: Event, *, for_agent: bool) -> str:
    body: dict[str, Any] = event.body
    if not for_agent:
        body = {name: body[name] for name in SHOWN_TO_CUSTOMERS.get(event.kind, ()) if name in body}
        if event.kind == "status" and body.get("status") in set(Status):
            body["status"] = customer_status(Status(body["status"])).value
    data = json.dumps({**body, "at": event.at.isoformat()}, ensure_ascii=False)
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n"
