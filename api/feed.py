"""Who waits for news of which query. One LISTEN connection a process wakes all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from psycopg import AsyncConnection, OperationalError

CHANNEL = "holdpoint_events"
RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Subscription:
    """News of one query, or of a store, for one waiting client."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be news."""
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Waits for news; False when there was none for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True


class EventFeed:
    """Hands the database's announcements to those who wait. Run `run` as a task; `close` ends every wait."""

    def __init__(self, connect: Callable[[], Awaitable[AsyncConnection[Any]]]) -> None:
        self._connect = connect
        self._waiting: dict[tuple[str, str | None], set[Subscription]] = {}
        self.closed = False

    @property
    def subscribers(self) -> int:
        """How many clients wait now."""
        return sum(map(len, self._waiting.values()))

    @contextmanager
    def subscribe(self, *topics: tuple[str, str | None]) -> Iterator[Subscription]:
        """News of queries, each a store and an id, while the block runs; None instead of an id: of all of the store."""
        subscription = Subscription()
        for topic in topics:
            self._waiting.setdefault(topic, set()).add(subscription)
        try:
            yield subscription
        finally:
            for topic in topics:
                self._waiting[topic].discard(subscription)
                if not self._waiting[topic]:
                    del self._waiting[topic]

    async def run(self) -> None:
        """Listens until cancelled, and connects again when the connection is lost."""
        while True:
            try:
                await self._listen()
            except OperationalError:
                log.warning("event_feed_lost", retry_seconds=RECONNECT_SECONDS)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = await self._connect()
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._wake_all()  # whatever was announced while nobody listened
            async for notice in connection.notifies():
                store, _, query_id = notice.payload.partition(" ")
                self._wake((store, query_id))
                self._wake((store, None))

    def close(self) -> None:
        """Ends every wait, so that open streams end and the process can stop."""
        self.closed = True
        self._wake_all()

    def _wake(self, key: tuple[str, str | None]) -> None:
        for subscription in self._waiting.get(key, ()):
            subscription.wake()

    def _wake_all(self) -> None:
        for key in tuple(self._waiting):
            self._wake(key)
