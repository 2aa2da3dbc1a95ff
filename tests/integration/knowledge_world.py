"""A store with knowledge for tests of loading: loads records, and reads what the database then holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from domain.ports import Embedder
from retrieval.database import Database
from retrieval.embedders import HashEmbedder
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.ingest import load_knowledge
from retrieval.loading.preparing import Inspect, look_through
from retrieval.reports import LoadReport

Record = dict[str, Any]


@dataclass
class KnowledgeWorld:
    """One store. Every method reads or writes the real database."""

    database: Database
    store: str
    folder: Path
    embedder: HashEmbedder = field(default_factory=HashEmbedder)

    async def load(
        self,
        records: Sequence[Record],
        *,
        prune: bool = False,
        source: str | None = None,
        embedder: Embedder | EmbedderShelf | None = None,
        inspect: Inspect = look_through,
    ) -> LoadReport:
        file = self.folder / f"{uuid4().hex}.jsonl"
        file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        return await load_knowledge(
            self.database,
            embedder or self.embedder,
            self.store,
            file,
            detect=lambda _: None,
            inspect=inspect,
            prune=prune,
            source=source,
        )

    async def counts(self, records: Sequence[Record], *, prune: bool = False) -> tuple[int, int, int, int, int]:
        """Added, changed, unchanged, retired, skipped."""
        report = await self.load(records, prune=prune)
        return report.added, report.changed, report.unchanged, report.retired, report.skipped_count

    async def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        async with self.database.in_store(self.store) as connection:
            return await (await connection.execute(statement.encode(), {"store": self.store} | values)).fetchall()

    async def versions(self, document_id: str) -> list[tuple[int, str | None]]:
        """Each version of a document with the reason why it was withdrawn."""
        rows = await self.rows(
            "SELECT version, withdrawn_because FROM documents WHERE store = %(store)s AND document_id = %(id)s "
            "ORDER BY language, version",
            id=document_id,
        )
        return [(row["version"], row["withdrawn_because"]) for row in rows]

    async def live(self) -> set[str]:
        rows = await self.rows("SELECT passage_id FROM passages WHERE store = %(store)s AND live")
        return {row["passage_id"] for row in rows}

    async def vectors(self, embedder: str) -> set[str]:
        """The live passages that an embedder's vectors are there for."""
        rows = await self.rows(
            "SELECT passage_id FROM passage_vectors WHERE store = %(store)s AND embedder = %(embedder)s AND live",
            embedder=embedder,
        )
        return {row["passage_id"] for row in rows}

    async def text(self, passage_id: str) -> str:
        rows = await self.rows(
            "SELECT text FROM passages WHERE store = %(store)s AND passage_id = %(id)s", id=passage_id
        )
        return str(rows[0]["text"])

    async def statistics(self) -> tuple[dict[int, int], dict[str, tuple[int, int]]]:
        """Passages by term, and passages and their length by language, as they are kept."""
        terms = await self.rows("SELECT hash, passages FROM terms WHERE store = %(store)s AND passages <> 0")
        languages = await self.rows("SELECT * FROM vocabularies WHERE store = %(store)s AND passages <> 0")
        return (
            {row["hash"]: row["passages"] for row in terms},
            {row["language"]: (row["passages"], row["length"]) for row in languages},
        )

    async def recount(self) -> tuple[dict[int, int], dict[str, tuple[int, int]]]:
        """The same, counted from the passages."""
        terms = await self.rows(
            "SELECT hash, count(*) AS passages FROM passages, unnest(terms) AS hash "
            "WHERE store = %(store)s AND live GROUP BY hash"
        )
        languages = await self.rows(
            "SELECT language, count(*) AS passages, sum(length) AS length FROM passages "
            "WHERE store = %(store)s AND live AND analysis <> '' GROUP BY language"
        )
        return (
            {row["hash"]: row["passages"] for row in terms},
            {row["language"]: (row["passages"], row["length"]) for row in languages},
        )
