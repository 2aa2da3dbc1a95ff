"""Writes prepared documents, one transaction a batch, under the store's lock: counts and versions stay exact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from psycopg.types.json import Jsonb

from domain.ports import Embedder
from retrieval.database import Connection, Database
from retrieval.loading.embedding import PassageVectors, put_vectors
from retrieval.loading.preparing import ANALYSIS, PreparedDocument, PreparedPassage
from retrieval.loading.statistics import TermCounts, array_literal
from retrieval.loading.versions import Plan, Version, follow, passage_id, plan
from retrieval.postings import hashes
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("loading.sql"))
Key = tuple[str, str, int]
"""A version: document, language, number."""
Reason = Literal["replaced", "retired"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Prepared documents with the vectors of their passages, by embedder and content hash."""

    documents: Sequence[PreparedDocument]
    vectors: Mapping[str, Mapping[str, PassageVectors]]


@dataclass
class Written:
    """What a transaction wrote."""

    passages: int = 0
    quarantined: list[Key] = field(default_factory=list)
    """Documents that wait for a person."""

    def add(self, other: "Written") -> None:
        self.passages += other.passages
        self.quarantined += other.quarantined


async def write_batch(database: Database, store: str, batch: Batch, source: str | None) -> Written:
    """Writes a batch whole or not at all. What another load wrote in the meantime is seen, and not written twice."""
    async with database.in_store(store) as connection:
        await connection.execute(SQL["lock_store"], {"store": store})
        versions = await _versions(connection, store, [one.document.id for one in batch.documents])
        writing = _Writing(store, source, batch)
        for one in batch.documents:
            key = (one.document.id, one.document.language.value)
            planned = plan(one.document, one.content_hash, versions[key])
            versions[key] = follow(versions[key], one.document, one.content_hash, planned)
            writing.take(one, planned)
        await withdraw(connection, store, writing.withdrawn, "replaced")
        await writing.write(connection)
    return writing.written


async def meet_embedders(database: Database, store: str, embedders: Sequence[Embedder]) -> None:
    """Writes down that the store's passages are given to these embedders."""
    async with database.in_store(store) as connection:
        await connection.execute(SQL["lock_store"], {"store": store})
        for embedder in embedders:
            values = {"store": store, "embedder": embedder.name, "dimensions": embedder.dimensions}
            await connection.execute(SQL["meet_embedder"], values)


async def withdraw(connection: Connection, store: str, keys: Sequence[Key], because: Reason) -> None:
    """Withdraws versions and takes their passages from what is found and counted. The transaction holds the lock."""
    if not keys:
        return
    values = {
        "store": store,
        "because": because,
        "document_ids": [key[0] for key in keys],
        "languages": [key[1] for key in keys],
        "versions": [key[2] for key in keys],
    }
    await connection.execute(SQL["withdraw_documents"], values)
    await connection.execute(SQL["still_passages"], values)


async def _versions(
    connection: Connection, store: str, document_ids: Sequence[str]
) -> defaultdict[tuple[str, str], list[Version]]:
    values = {"store": store, "document_ids": list(dict.fromkeys(document_ids))}
    found: defaultdict[tuple[str, str], list[Version]] = defaultdict(list)
    for row in await (await connection.execute(SQL["versions_of"], values)).fetchall():
        found[row["document_id"], row["language"]].append(Version.model_validate(row))
    return found


class _Writing:
    """The rows of one transaction."""

    def __init__(self, store: str, source: str | None, batch: Batch) -> None:
        self._store = store
        self._source = source
        self._batch = batch
        self._counts = TermCounts(store)
        self._documents: list[Row] = []
        self._passages: list[Row] = []
        self._vectors: defaultdict[str, list[tuple[str, PassageVectors]]] = defaultdict(list)
        self.withdrawn: list[Key] = []
        self.written = Written()

    def take(self, prepared: PreparedDocument, planned: Plan) -> None:
        """Adds the rows of a document, none when the same stands already."""
        if planned.version is None:
            return
        document = prepared.document
        quarantined = bool(prepared.suspicions) and not planned.released
        self.withdrawn += [(document.id, document.language.value, version) for version in planned.withdrawn]
        own = {
            "store": self._store,
            "document_id": document.id,
            "language": document.language.value,
            "version": planned.version,
            "kind": document.kind.value,
            "url": document.url,
            "effective_from": document.effective_from,
            "effective_to": document.effective_to,
        }
        self._documents.append(
            own
            | {
                "title": document.title,
                "content_hash": prepared.content_hash,
                "attributes": Jsonb(document.attributes),
                "source": self._source,
                "suspicions": Jsonb(list(prepared.suspicions)),
                "quarantined": quarantined,
            }
        )
        if quarantined:
            self.written.quarantined.append((document.id, document.language.value, planned.version))
        for passage in prepared.passages:
            self._take_passage(own | {"live": not quarantined}, passage)

    def _take_passage(self, own: Row, prepared: PreparedPassage) -> None:
        passage, postings = prepared.passage, prepared.indexed.postings
        own_id = passage_id(passage.passage_id, own["version"])
        self._passages.append(
            own
            | {
                "passage_id": own_id,
                "position": prepared.position,
                "title": passage.title,
                "text": passage.text,
                "content_hash": passage.content_hash,
                "analysis": ANALYSIS,
                "terms": array_literal(hashes(self._store, passage.language, postings.terms)),
                "frequencies": array_literal(postings.frequencies),
                "title_terms": array_literal(hashes(self._store, passage.language, prepared.indexed.title_terms)),
                "length": postings.length,
                "pieces": prepared.indexed.pieces,
            }
        )
        self._counts.add(passage.language, prepared.indexed, live=own["live"])
        for embedder, vectors in self._batch.vectors.items():
            self._vectors[embedder].append((own_id, vectors[passage.content_hash]))

    async def write(self, connection: Connection) -> None:
        async with connection.cursor() as cursor:
            for statement, rows in (
                ("put_document", self._documents),
                ("put_passage", self._passages),
            ):
                if rows:
                    await cursor.executemany(SQL[statement], rows)
        for embedder, vectors in self._vectors.items():
            await put_vectors(connection, self._store, embedder, vectors)
        await self._counts.write(connection)
        self.written.passages = len(self._passages)
