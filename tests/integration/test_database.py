"""What a lost connection looks like to who was asking."""

import asyncio
import socket

import pytest
from psycopg import ProgrammingError

from domain.errors import Unavailable
from retrieval.database import Database


@pytest.mark.parametrize("when", ["before", "sent", "answered", "written"])
async def test_a_connection_that_dies_is_unavailable_whenever_it_dies(database: Database, when: str) -> None:
    with pytest.raises(Unavailable, match="PostgreSQL"):
        async with database.in_store("demo") as connection:
            line = socket.socket(fileno=connection.fileno())
            try:
                if when == "before":
                    line.shutdown(socket.SHUT_RDWR)
                asked = await connection.execute("SELECT 1 AS one")
                if when == "answered":
                    await asked.fetchone()
                    asked = await connection.execute("SELECT 2 AS two")
                if when == "written":
                    await connection.execute("SELECT pg_sleep(0.1)")
                    await asyncio.sleep(0.05)
                line.shutdown(socket.SHUT_RDWR)
                await asked.fetchone()
            finally:
                line.detach()


async def test_an_answer_that_never_came_is_a_lost_connection_and_a_wrong_statement_is_not(database: Database) -> None:
    with pytest.raises(Unavailable, match="PostgreSQL"):
        async with database.in_store("demo"):
            raise ProgrammingError("no result available")
    with pytest.raises(ProgrammingError, match="nowhere"):
        async with database.in_store("demo") as connection:
            await (await connection.execute("SELECT * FROM nowhere")).fetchall()
