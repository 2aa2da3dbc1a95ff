"""What only the owner of the schema may do, each statement a transaction of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from domain.errors import SetupError, Unavailable

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

NO_ROOM = (
    psycopg.errors.DiskFull,
    psycopg.errors.OutOfMemory,
    psycopg.errors.InsufficientResources,
    psycopg.errors.ConfigurationLimitExceeded,
)
"""On disk, in memory, or in what processes share (`/dev/shm`)."""


@asynccontextmanager
async def owner_connection(owner_url: str) -> AsyncIterator[Connection]:
    """A connection as the owner. Raises Unavailable when PostgreSQL does not answer or has no room, SetupError when the
    URL is not the owner's."""
    try:
        async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
            yield connection
    except NO_ROOM as error:
        raise Unavailable(f"PostgreSQL has no room left ({_first_line(error)}); make some.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetupError("This needs the schema's owner: let HOLDPOINT_DATABASE_URL be the owner's URL.") from error
    except psycopg.OperationalError as error:
        raise Unavailable("PostgreSQL does not answer; try again in a moment.") from error


async def tidy(owner_url: str) -> None:
    """After much was written: tells the planner of it, and files what the index of terms has only noted down so far.

    PostgreSQL does so itself some minutes later; until then a search of a store just loaded may take a second. Tables
    that somebody else is tidying are passed over. Raises as `owner_connection` does.
    """
    async with owner_connection(owner_url) as connection:
        await connection.execute("VACUUM (ANALYZE, SKIP_LOCKED) passages, terms, documents")
        # No vacuum here: it would walk through every large index by meaning.
        await connection.execute("ANALYZE (SKIP_LOCKED) passage_vectors")


def _first_line(error: psycopg.Error) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
