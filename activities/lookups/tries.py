"""How often it was tried to say who somebody is, across the conversations of a store: whoever begins a new one for each
guess gets no further than whoever stays in one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from activities.lookups.identity import Claim
from domain.canonical import content_hash
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("tries.sql"))
MAX_WRONG_A_DAY = 10
"""Different wrong claims with the same address, order number, name or postcode within 24 hours: as many, and it proves
nothing any more."""


class Tries(Protocol):
    """Counts wrong claims."""

    async def note(self, store: str, claims: Sequence[Claim], wrong: Sequence[Claim]) -> bool:
        """Keeps the wrong ones of these claims, and says whether a half of any claim was in too many wrong ones within
        a day. Raises Unavailable."""
        ...


class PostgresTries:
    """Satisfies `Tries`. Keeps hashes alone, for a day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, store: str, claims: Sequence[Claim], wrong: Sequence[Claim]) -> bool:
        """Keeps the wrong ones, and says whether there were too many. Raises Unavailable."""
        if not claims:
            return False
        # Always in the same order: two conversations that guess alike must not wait for each other in a circle.
        rows = sorted((half, _hash(claim)) for claim in wrong for half in _halves(claim))
        halves = [half for claim in claims for half in _halves(claim)]
        async with self._database.in_store(store) as connection:
            if rows:
                await connection.execute(SQL["forget_tries"], {"store": store})
                async with connection.cursor() as cursor:
                    await cursor.executemany(
                        SQL["note_try"], [{"store": store, "half": half, "claim": claim} for half, claim in rows]
                    )
            row = await (await connection.execute(SQL["most_tried"], {"store": store, "halves": halves})).fetchone()
        return row is not None and row["most"] >= MAX_WRONG_A_DAY


class TriesInMemory:
    """Satisfies `Tries` for tests and measurements: forgets nothing, and everything with the process."""

    def __init__(self) -> None:
        self._wrong: dict[tuple[str, str], set[str]] = {}

    async def note(self, store: str, claims: Sequence[Claim], wrong: Sequence[Claim]) -> bool:
        """Keeps the wrong ones, and says whether there were too many."""
        for claim in wrong:
            for half in _halves(claim):
                self._wrong.setdefault((store, half), set()).add(_hash(claim))
        counts = (len(self._wrong.get((store, half), ())) for claim in claims for half in _halves(claim))
        return max(counts, default=0) >= MAX_WRONG_A_DAY


def _halves(claim: Claim) -> tuple[str, str]:
    return content_hash([claim.proof.value, "who", claim.who]), content_hash([claim.proof.value, "what", claim.what])


def _hash(claim: Claim) -> str:
    return content_hash([claim.proof.value, claim.who, claim.what])
