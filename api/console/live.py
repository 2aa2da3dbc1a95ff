"""Tells an open page that there is something new; the page fetches it itself."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from api.callers import Parts
from api.console.pages import find_visible, stores_of
from api.console.sessions import HOME, AtConsole
from api.events import STREAM_HEADERS
from api.parts import ApiParts
from api.texts import known_id

router = APIRouter(prefix=HOME, include_in_schema=False)
GATHER_SECONDS = 0.3
"""Changes that come together are told once."""
LONGEST_SECONDS = 600.0
"""Browsers connect again by themselves; by then a session may be over."""


@router.get("/live")
async def stream_changes(seat: AtConsole, parts: Parts, query: str | None = None) -> Response:
    """One event for each change of a query, or with none named of any query this agent may see."""
    if query is None:
        topics: list[tuple[str, str | None]] = [(store.store, None) for store in await stores_of(parts, seat)]
    else:
        record = await find_visible(parts, seat, known_id(query))
        topics = [(record.store, record.query_id)]
    return StreamingResponse(_changes(parts, topics), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _changes(parts: ApiParts, topics: Sequence[tuple[str, str | None]]) -> AsyncIterator[str]:
    until = asyncio.get_running_loop().time() + LONGEST_SECONDS
    with parts.feed.subscribe(*topics) as news:
        yield "retry: 2000\n\n"
        while not parts.feed.closed and asyncio.get_running_loop().time() < until:
            if not await news.wait(parts.options.heartbeat_seconds):
                yield ": still here\n\n"
            elif not parts.feed.closed:
                await asyncio.sleep(GATHER_SECONDS)
                yield "event: changed\ndata: {}\n\n"
