"""Who calls: the key in the `Authorization` header, and what its scope allows."""

from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from activities.access import KeyHolder, find_key
from api.parts import ApiParts, parts_of
from domain.errors import NotAllowed, NotAuthenticated
from domain.vocabulary import Scope

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="`Authorization: Bearer KEY`. A key belongs to one store and has a scope: `customer` sees status, "
    "steps, notices and sent replies; `agent` sees and decides; `verify` may also vouch for who the customer is.",
)


async def identify(request: Request) -> KeyHolder:
    """Who holds the request's key, looked up once a request. Raises NotAuthenticated."""
    holder: KeyHolder | None = getattr(request.state, "caller", None)
    if holder is None:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not key.strip():
            raise NotAuthenticated("Send a key with the request: Authorization: Bearer KEY.")
        holder = await find_key(parts_of(request).database, key.strip())
        request.state.caller = holder
        structlog.contextvars.bind_contextvars(store=holder.store)
    return holder


async def _any(request: Request, _: Annotated[object, Depends(BEARER)]) -> KeyHolder:
    return await identify(request)


async def _agent(caller: Annotated[KeyHolder, Depends(_any)]) -> KeyHolder:
    if caller.scope is not Scope.AGENT:
        raise NotAllowed("This takes a key of scope `agent`; make one with `holdpoint key create --scope agent`.")
    return caller


Caller = Annotated[KeyHolder, Depends(_any)]
"""The holder of a valid key of any scope."""
AgentCaller = Annotated[KeyHolder, Depends(_agent)]
"""The holder of a key of scope `agent`."""
Parts = Annotated[ApiParts, Depends(parts_of)]
