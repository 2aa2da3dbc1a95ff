"""`Idempotency-Key` on every POST: done once, answered the same each time."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from activities.idempotency import KeptAnswer, RequestKey, forget, keep_answer, reserve
from api.callers import identify
from api.parts import parts_of
from domain.canonical import content_hash
from domain.errors import BadInput

HEADER = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
_USABLE = re.compile(r"[\x21-\x7e]{1,255}")


def read_key(request: Request) -> str | None:
    """The request's key, None without one. Raises BadInput for an unusable one."""
    key = request.headers.get(HEADER)
    if key is not None and not _USABLE.fullmatch(key):
        raise BadInput("An Idempotency-Key has 1 to 255 visible ASCII characters, such as a UUID.")
    return key


class IdempotentRoute(APIRoute):
    """A route whose POST is done once for each `Idempotency-Key`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            key = read_key(request) if request.method == "POST" else None
            return await handle(request) if key is None else await _once(request, key, handle)

        return handle_once


async def _once(request: Request, key: str, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    body = (await request.body()).decode("utf-8", "replace")
    return await done_once(request, key, body, lambda: handle(request))


async def done_once(
    request: Request, key: str, said: str, handle: Callable[[], Coroutine[Any, Any, Response]]
) -> Response:
    """The answer of `handle`, or the one that it gave when the key was first sent. `said`: what was asked, or a hash
    of it. Raises Conflict when the key was used for something else, or is being worked on."""
    database, caller = parts_of(request).database, await identify(request)
    used = RequestKey(store=caller.store, actor=caller.key_id, key=key)
    kept = await reserve(database, used, content_hash([request.method, request.url.path, said]))
    if kept is not None:
        return JSONResponse(kept.response, kept.status, {REPLAYED: "true"})
    try:
        response = await handle()
    except BaseException:  # cancellation too: whatever ended the request, it may be sent again
        await forget(database, used)
        raise
    if response.status_code < 300:
        answer = json.loads(bytes(response.body)) if response.body else None
        await keep_answer(database, used, KeptAnswer(status=response.status_code, response=answer))
    else:
        await forget(database, used)
    return response
