"""What a load no longer finds is retired, when asked; what it found unchanged is its own from then on."""

from collections.abc import Sequence
from pathlib import Path

from retrieval.database import Database
from retrieval.loading.comparing import Comparison, edition_digest
from retrieval.loading.writing import Key, withdraw
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("loading.sql"))
PAGE = 2_000
"""Documents looked through at once."""
RETIRED_AT_ONCE = 200
"""Documents retired in one transaction."""


async def prune_gone(
    database: Database, store: str, compared: Comparison, source: str | None
) -> tuple[int, tuple[str, ...]]:
    """Retires the editions of this source that are gone; how many, and what the reader should know.

    What was skipped is not gone: with a part that cannot be named, nothing is retired.
    """
    if any(part.document_id is None for part in compared.skipped):
        return 0, ("Nothing was retired, because a skipped line does not say which document it is: correct it first.",)
    broken = {part.document_id for part in compared.skipped}
    gone: list[Key] = []
    after: Key = ("", "", 0)
    while page := await _page(database, store, source, after):
        after = page[-1][0]
        gone += [key for key, edition in page if edition not in compared.met and key[0] not in broken]
    await retire(database, store, gone)
    return len(gone), ()


async def retire(database: Database, store: str, keys: Sequence[Key]) -> None:
    """Withdraws versions for good, some hundred in a transaction."""
    for start in range(0, len(keys), RETIRED_AT_ONCE):
        async with database.in_store(store) as connection:
            await connection.execute(SQL["lock_store"], {"store": store})
            await withdraw(connection, store, keys[start : start + RETIRED_AT_ONCE], "retired")


async def adopt(database: Database, store: str, keys: Sequence[Key], source: str | None) -> None:
    """Writes down that these documents now come from `source`."""
    if not keys:
        return
    values = {
        "store": store,
        "source": source,
        "document_ids": [key[0] for key in keys],
        "languages": [key[1] for key in keys],
        "versions": [key[2] for key in keys],
    }
    async with database.in_store(store) as connection:
        await connection.execute(SQL["lock_store"], {"store": store})
        await connection.execute(SQL["adopt_documents"], values)


async def _page(database: Database, store: str, source: str | None, after: Key) -> list[tuple[Key, int]]:
    values = {
        "store": store,
        "source": source,
        "document_id": after[0],
        "language": after[1],
        "version": after[2],
        "most": PAGE,
    }
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["standing_of_source"], values)).fetchall()
    return [
        (
            (row["document_id"], row["language"], row["version"]),
            edition_digest(row["document_id"], row["language"], row["effective_from"]),
        )
        for row in rows
    ]
