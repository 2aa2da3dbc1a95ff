"""What a load finds in its files, compared with what the store holds: the first of its two passes."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from domain.knowledge import Document
from retrieval.database import Database
from retrieval.documents import Unreadable
from retrieval.loading.preparing import document_hash
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("loading.sql"))
CHUNK = 500
"""Documents compared with one statement."""
Found = Iterator[Document | Unreadable]
Progress = Callable[[int, int | None], None]
"""Called with how many documents are done and how many there are to do; None while that is being found out."""


class Comparison:
    """Editions by a 64-bit digest of their key, so that half a million of them need a hundred megabytes at most."""

    def __init__(self) -> None:
        self.skipped: list[Unreadable] = []
        self.met: set[int] = set()
        """Editions that the files hold."""
        self.wanted: set[int] = set()
        """Those of them that are new or changed."""
        self.returning: set[str] = set()
        """Documents to be loaded of which there are versions already, standing or withdrawn."""
        self.added = 0
        self.adopted: list[tuple[str, str, int]] = []
        """Unchanged versions that came from another source before."""


def edition_digest(document_id: str, language: str, effective_from: datetime | None) -> int:
    """A number that stands for an edition. Two of a million share one once in forty million loads."""
    begin = effective_from.timestamp() if effective_from else ""
    digest = hashlib.blake2b(f"{document_id}\0{language}\0{begin}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


async def compare(database: Database, store: str, found: Found, source: str | None, progress: Progress) -> Comparison:
    """Reads all documents once, without keeping them. Raises BadInput when the files cannot be used at all."""
    result = Comparison()
    while some := await asyncio.to_thread(_hashed, found):
        result.skipped += [one for one, _ in some if isinstance(one, Unreadable)]
        documents = [(one, digest) for one, digest in some if isinstance(one, Document)]
        if documents:
            await _compare_some(database, store, documents, source, result)
            progress(len(result.met), None)
    return result


def _hashed(found: Found) -> list[tuple[Document | Unreadable, str]]:
    return [(one, document_hash(one) if isinstance(one, Document) else "") for one in islice(found, CHUNK)]


async def _compare_some(
    database: Database, store: str, documents: list[tuple[Document, str]], source: str | None, result: Comparison
) -> None:
    values = {"store": store, "document_ids": list({document.id for document, _ in documents})}
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["standing_editions"], values)).fetchall()
    standing = {(row["document_id"], row["language"], row["effective_from"]): row for row in rows if row["stands"]}
    known = {row["document_id"] for row in rows}
    for document, digest in documents:
        key = (document.id, document.language.value, document.effective_from)
        edition = edition_digest(*key)
        result.met.add(edition)
        before = standing.get(key)
        if before is None or before["content_hash"] != digest:
            result.wanted.add(edition)
            result.returning |= known & {document.id}
            result.added += before is None
        elif before["source"] != source:
            result.adopted.append((document.id, document.language.value, before["version"]))
