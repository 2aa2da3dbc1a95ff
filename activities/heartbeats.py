"""A heartbeat for every activity that has a heartbeat timeout, so that a killed worker is noticed in seconds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.values import Value

TELL_THEIR_PROGRESS = frozenset({"reindex_knowledge", "refresh_knowledge"})
"""Activities that beat by themselves, since their heartbeats say how far they are."""

TELL_SECONDS = 5.0


class Heartbeats(Interceptor):
    """Worker interceptor that beats three times within each timeout while the activity runs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        timeout = activity.info().heartbeat_timeout
        if not timeout or activity.info().activity_type in TELL_THEIR_PROGRESS:
            return await super().execute_activity(input)
        beat = asyncio.create_task(_beat(timeout.total_seconds() / 3))
        try:
            return await super().execute_activity(input)
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat


async def _beat(seconds: float) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(seconds)


@asynccontextmanager
async def telling(said: Callable[[], Value]) -> AsyncIterator[None]:
    """Heartbeats that carry how far it is, also while nothing moves."""

    async def tell() -> None:
        while True:
            activity.heartbeat(said().model_dump())
            await asyncio.sleep(TELL_SECONDS)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
