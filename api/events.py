"""Server-sent events: each step of a query as it happens, then the reply, once its sending is decided.

A reply comes sentence by sentence and then whole. All of it is known by then, so the pieces are cut from the reply's
event as it is read: `7.0`, `7.1` … are pieces of the event 7, and come before it. A client that was cut off names the
last id that it got, and continues after just that piece.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

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
from retrieval.sentences import split_sentences

router = APIRouter(prefix="/v1/queries", tags=["queries"], responses={"default": PROBLEMS})

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
MAX_EVENT_ID = 2**63 - 1
_EVENT_ID = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,6}))?")
SHOWN_TO_CUSTOMERS = {
    "step": ("step", "text", "language"),
    "status": ("status", "disposition"),
    "notice": ("text", "language"),
    "reply": ("text", "language"),
}
"""Everything else in an event is for agents."""
EXAMPLE = (
    'id: 6\nevent: step\ndata: {"step": "retrieve", "text": "Looking up your order", "language": "en", "at": "…"}\n\n'
    'id: 9.0\nevent: reply_part\ndata: {"index": 0, "text": "Your order is on its way. "}\n\n'
)


class Place(NamedTuple):
    """How far a client has read."""

    after: int
    """It has this event whole, and all before it."""
    event: int = 0
    """The reply of which it has pieces only."""
    piece: int = -1
    """The last of those."""


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
    """Every event so far, then new ones as they come; ends with the query. `Last-Event-ID` continues after an event, or
    after a piece of the reply."""
    place = _place(last_event_id)
    events, closed = await events_since(parts.database, caller.store, query_id, place.after)
    if closed and not events and last_event_id is not None:
        return Response(status_code=204)  # tells browsers not to connect again
    stream = follow(parts, caller.store, query_id, place, for_agent=caller.scope is Scope.AGENT)
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


async def follow(parts: ApiParts, store: str, query_id: str, place: Place, *, for_agent: bool) -> AsyncIterator[str]:
    """The lines of the stream. Leaves nothing behind when the client goes away."""
    after = place.after
    with parts.feed.subscribe((store, query_id)) as news:
        while not parts.feed.closed:
            events, closed = await events_since(parts.database, store, query_id, after)
            for event in events:
                after = event.id
                for line in _lines(event, place, for_agent=for_agent):
                    yield line
            if events:
                continue
            if closed:
                yield "event: end\ndata: {}\n\n"
                return
            if not await news.wait(parts.options.heartbeat_seconds):
                yield ": still here\n\n"


def pieces_of(text: str) -> list[str]:
    """A text sentence by sentence, with the blanks after each; put together they are the text again."""
    cuts, at = [0], 0
    for line in text.splitlines():
        for sentence in split_sentences(line):
            found = text.find(sentence, at) if sentence else -1
            if found >= 0:
                at = found + len(sentence)
                cuts.append(at + len(text[at:]) - len(text[at:].lstrip()))
    cuts.append(len(text))
    return [text[start:end] for start, end in pairwise(cuts) if start < end]


def _place(text: str | None) -> Place:
    if text is None:
        return Place(0)
    read = _EVENT_ID.fullmatch(text)
    if read is None or int(read[1]) > MAX_EVENT_ID:
        raise BadInput("Last-Event-ID is an id that this stream sent before, such as 7 or 7.2.")
    event = int(read[1])
    return Place(event) if read[2] is None else Place(max(0, event - 1), event, int(read[2]))


def _lines(event: Event, place: Place, *, for_agent: bool) -> Iterator[str]:
    body: dict[str, Any] = event.body
    if not for_agent:
        body = {name: body[name] for name in SHOWN_TO_CUSTOMERS.get(event.kind, ()) if name in body}
        if event.kind == "status" and body.get("status") in set(Status):
            body["status"] = customer_status(Status(body["status"])).value
    if event.kind == "reply" and isinstance(body.get("text"), str):
        read = place.piece if event.id == place.event else -1
        for index, text in enumerate(pieces_of(body["text"])):
            if index > read:
                yield _line(f"{event.id}.{index}", "reply_part", {"index": index, "text": text})
    yield _line(str(event.id), event.kind, {**body, "at": event.at.isoformat()})


def _line(event_id: str, kind: str, body: dict[str, Any]) -> str:
    return f"id: {event_id}\nevent: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"
