"""Loads knowledge: reads the files, embeds what changed, replaces each document in one transaction."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from psycopg.types.json import Jsonb

from domain.canonical import content_hash
from domain.errors import BadInput
from domain.knowledge import Document, Passage
from domain.ports import Embedder
from domain.vocabulary import Language
from retrieval.chunking import VERSION as CHUNKING
from retrieval.chunking import passages_of
from retrieval.database import Connection, Database
from retrieval.documents import DetectLanguage, Unreadable, read_documents
from retrieval.reports import LoadReport, report
from retrieval.statements import Statements
from retrieval.words import search_words

SQL = Statements(Path(__file__).with_name("queries.sql"))
BATCH = 32
"""Documents that are embedded together."""
WORD_COUNT = ("lock_vocabularies", "forget_vocabularies", "forget_lexemes", "count_vocabularies", "count_lexemes")
CONFIGURATIONS = {
    Language.EN: "english",
    Language.ES: "spanish",
    Language.FR: "french",
    Language.DE: "german",
    Language.PT: "portuguese",
}

Key = tuple[str, str]
Progress = Callable[[int, int], None]
"""Called with how many documents are done and how many there are."""


async def load_knowledge(
    database: Database,
    embedder: Embedder,
    store: str,
    path: Path,
    *,
    detect: DetectLanguage,
    prune: bool = False,
    progress: Progress = lambda done, total: None,
) -> LoadReport:
    """Brings the store's knowledge to what `path` says: new and changed documents are loaded, others left alone.

    With `prune` documents that `path` no longer has are retired. A document is replaced whole or not at all, so a load
    that is cut short is simply run again. Raises BadInput when `path` cannot be used or holds nothing, Unavailable when
    the database does not answer.
    """
    return await _Load(database, embedder, store, detect).run(path, prune=prune, progress=progress)


class _Load:
    def __init__(self, database: Database, embedder: Embedder, store: str, detect: DetectLanguage) -> None:
        self._database = database
        self._embedder = embedder
        self._store = store
        self._detect = detect
        self._known: dict[Key, tuple[str, bool]] = {}

    async def run(self, path: Path, *, prune: bool, progress: Progress) -> LoadReport:
        # Two passes over the files: the first only counts and compares, so that memory holds no texts.
        self._known = await self._read_known()
        skipped, changed, revived, met = await asyncio.to_thread(self._compare, path)
        if not met:
            why = f"; the first fault is in {skipped[0].where}: {skipped[0].why}" if skipped else "."
            raise BadInput(f"{path} holds no document that can be loaded{why}")
        await self._load(path, changed, progress)
        await self._revive(revived)
        retired, notes = await self._prune(met, skipped) if prune else (0, ())
        if changed:
            await self._count_words()
        added = sum(key not in self._known for key in changed)
        return report(
            added=added + len(revived),
            changed=len(changed) - added,
            unchanged=len(met) - len(changed) - len(revived),
            skipped=skipped,
            retired=retired,
            notes=notes,
        )

    def _compare(self, path: Path) -> tuple[list[Unreadable], set[Key], list[Key], set[Key]]:
        skipped: list[Unreadable] = []
        changed: set[Key] = set()
        revived: list[Key] = []
        met: set[Key] = set()
        for found in read_documents(path, self._detect):
            if isinstance(found, Unreadable):
                skipped.append(found)
                continue
            key = (found.id, found.language.value)
            met.add(key)
            before, retired = self._known.get(key, ("", False))
            if before != self._hash(found):
                changed.add(key)
            elif retired:
                revived.append(key)
        return skipped, changed, revived, met

    async def _load(self, path: Path, changed: set[Key], progress: Progress) -> None:
        left = set(changed)
        wanted = _only(read_documents(path, self._detect), left)
        while batch := await asyncio.to_thread(_cut, wanted):
            vectors = await self._embed([passage for _, passages in batch for passage in passages])
            for document, passages in batch:
                await self._replace(document, passages, vectors)
            progress(len(changed) - len(left), len(changed))

    async def _embed(self, passages: list[Passage]) -> dict[str, str]:
        """Text to vector, as pgvector writes it."""
        texts = list(dict.fromkeys(text for passage in passages for text in (embedded_text(passage), passage.title)))
        vectors = await self._embedder.embed(texts)
        return {text: vector_literal(vector) for text, vector in zip(texts, vectors, strict=True)}

    async def _replace(self, document: Document, passages: tuple[Passage, ...], vectors: dict[str, str]) -> None:
        key = {"store": self._store, "document_id": document.id, "language": document.language.value}
        async with self._database.in_store(self._store) as connection:
            await connection.execute(
                SQL["put_document"],
                key
                | {
                    "kind": document.kind.value,
                    "title": document.title,
                    "url": document.url,
                    "content_hash": self._hash(document),
                    "attributes": Jsonb(document.attributes),
                    "effective_from": document.effective_from,
                    "effective_to": document.effective_to,
                },
            )
            await connection.execute(SQL["drop_passages"], key)
            await self._put_passages(connection, passages, vectors)

    async def _put_passages(
        self, connection: Connection, passages: tuple[Passage, ...], vectors: dict[str, str]
    ) -> None:
        rows = [
            {
                **passage.model_dump(mode="json"),
                "store": self._store,
                "position": position,
                "configuration": CONFIGURATIONS[passage.language],
                "title_words": search_words(passage.title),
                "text_words": search_words(passage.text),
                "embedder": self._embedder.name,
                "embedding": vectors[embedded_text(passage)],
                "title_embedding": vectors[passage.title],
            }
            for position, passage in enumerate(passages)
        ]
        async with connection.cursor() as cursor:
            await cursor.executemany(SQL["put_passage"], rows)

    async def _prune(self, met: set[Key], skipped: list[Unreadable]) -> tuple[int, tuple[str, ...]]:
        """Retires what is gone. What was skipped is not gone: with a part that cannot be named, nothing is retired."""
        if any(part.document_id is None for part in skipped):
            return 0, (
                "Nothing was retired, because a skipped line does not say which document it is: correct it first.",
            )
        broken = {part.document_id for part in skipped}
        gone = [
            key for key, (_, retired) in self._known.items() if not retired and key not in met and key[0] not in broken
        ]
        await self._mark("retire_documents", gone)
        return len(gone), ()

    async def _revive(self, keys: list[Key]) -> None:
        await self._mark("revive_documents", keys)

    async def _mark(self, statement: str, keys: list[Key]) -> None:
        if not keys:
            return
        values = {"store": self._store, "document_ids": [key[0] for key in keys], "languages": [key[1] for key in keys]}
        async with self._database.in_store(self._store) as connection:
            await connection.execute(SQL[statement], values)

    async def _count_words(self) -> None:
        async with self._database.in_store(self._store) as connection:
            for name in WORD_COUNT:
                await connection.execute(SQL[name], {"store": self._store})

    async def _read_known(self) -> dict[Key, tuple[str, bool]]:
        async with self._database.in_store(self._store) as connection:
            rows = await (await connection.execute(SQL["known_documents"], {"store": self._store})).fetchall()
        return {(row["document_id"], row["language"]): (row["content_hash"], row["retired"]) for row in rows}

    def _hash(self, document: Document) -> str:
        """Changes with the document, and with how it would be cut and embedded."""
        return content_hash([CHUNKING, self._embedder.name, document.model_dump(mode="json")])


def _only(found: Iterator[Document | Unreadable], left: set[Key]) -> Iterator[Document]:
    """The documents named in `left`, taking each from it."""
    for document in found:
        if isinstance(document, Document) and (document.id, document.language.value) in left:
            left.discard((document.id, document.language.value))
            yield document


def _cut(wanted: Iterator[Document]) -> list[tuple[Document, tuple[Passage, ...]]]:
    return [(document, passages_of(document)) for document in islice(wanted, BATCH)]


def embedded_text(passage: Passage) -> str:
    """What stands for a passage by meaning: its title and its text."""
    return f"{passage.title}\n{passage.text}"


def vector_literal(vector: list[float]) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{value:.7g}" for value in vector) + "]"
