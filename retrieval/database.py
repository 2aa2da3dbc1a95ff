"""The application's connections to PostgreSQL. Every read or write of a store's data names the store first."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, OperationalError, ProgrammingError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.errors import Unavailable

Connection = AsyncConnection[DictRow]
APP_ROLE = "holdpoint_app"


async def _drop_privileges(connection: AsyncConnection[Any]) -> None:
    """Every connection works as the role without rights beyond its own, whoever the URL logs in as."""
    await connection.execute(f"SET ROLE {APP_ROLE}")
    await connection.commit()


FRESH_SECONDS = 2.0
"""A connection that worked this recently is taken to work still: asking costs a round trip each time."""
_UNANSWERED = "no result available"
"""What psycopg says in a pipeline, as if it were a bug of ours, when the server is gone before it has answered."""
_last_used: WeakKeyDictionary[AsyncConnection[Any], float] = WeakKeyDictionary()


async def _check_when_idle(connection: AsyncConnection[Any]) -> None:
    if time.monotonic() - _last_used.get(connection, 0.0) > FRESH_SECONDS:
        await AsyncConnectionPool.check_connection(connection)


class Database:
    """A pool of connections under the application's role. Open it before use, close it at the end."""

    def __init__(self, url: str, *, min_size: int = 1, max_size: int = 8) -> None:
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=10.0,
            open=False,
            kwargs={"row_factory": dict_row, "application_name": "holdpoint"},
            configure=_drop_privileges,
            check=_check_when_idle,
        )

    async def open(self) -> None:
        """Connects. Raises Unavailable when the server does not answer within 10 s."""
        try:
            await self._pool.open(wait=True, timeout=10.0)
        except (PoolTimeout, OperationalError) as error:
            raise Unavailable("PostgreSQL does not answer; start it, or check HOLDPOINT_DATABASE_URL.") from error

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def in_store(self, store: str) -> AsyncIterator[Connection]:
        """One transaction that sees the rows of `store` alone. Raises Unavailable when the connection is lost."""
        async with self._transaction() as connection, connection.pipeline():
            # In a pipeline this, and statements whose results nobody reads, cost no round trip of their own.
            await connection.execute("SELECT set_config('holdpoint.store', %s, true)", (store,))
            yield connection

    @asynccontextmanager
    async def across_stores(self) -> AsyncIterator[Connection]:
        """One transaction over the tables that belong to no single store: stores, keys, agents, sessions."""
        async with self._transaction() as connection:
            yield connection

    async def call(self, statement: LiteralString, values: Mapping[str, object]) -> None:
        """One statement that names its store itself, such as `add_event`, in one round trip. Raises Unavailable."""
        try:
            async with self._pool.connection() as connection:
                await connection.set_autocommit(True)
                try:
                    await connection.execute(statement, values)
                finally:
                    await connection.set_autocommit(False)
                _last_used[connection] = time.monotonic()
        except (PoolTimeout, OperationalError) as error:
            raise Unavailable("PostgreSQL does not answer; try again in a moment.") from error

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.connection() as connection:
                yield connection
                _last_used[connection] = time.monotonic()
        except (PoolTimeout, OperationalError) as error:
            raise Unavailable("PostgreSQL does not answer; try again in a moment.") from error
        except ProgrammingError as error:
            if _UNANSWERED not in str(error):
                raise
            raise Unavailable("PostgreSQL does not answer; try again in a moment.") from error
