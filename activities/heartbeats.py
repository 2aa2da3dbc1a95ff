"""A heartbeat for every activity that has a heartbeat timeout, so that a killed worker is noticed in seconds."""

import asyncio
from contextlib import suppress
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

TELL_THEIR_PROGRESS = frozenset({"reindex_knowledge"})
"""Activities that beat by themselves, since their heartbeats say how far they are."""


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
