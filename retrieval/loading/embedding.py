"""The vectors of passages: computed, or those that an earlier version of the document had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.ports import Embedder
from retrieval.database import Connection, Database
from retrieval.loading.preparing import PreparedPassage
from retrieval.statements import Statements
from retrieval.vectors import halfvec_literal, pack

SQL = Statements(Path(__file__).with_name("loading.sql"))
SLICE = 256
"""Texts given to an embedder at once: a load can be interrupted, and tells how far it is, in between."""
SCALE_BYTES = 4
Row = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PassageVectors:
    """As they are written: the whole as pgvector reads it, the parts as bytes."""

    embedding: str
    parts: bytes


Known = Mapping[str, PassageVectors]
"""By the content hash of the passage."""


async def read_known_vectors(
    database: Database, store: str, embedder: Embedder, passages: Sequence[PreparedPassage]
) -> Known:
    """What the documents of these passages had before under this embedder, withdrawn versions included."""
    if not passages:
        return {}
    values = {
        "store": store,
        "embedder": embedder.name,
        "document_ids": list({passage.passage.document_id for passage in passages}),
        "content_hashes": list({passage.passage.content_hash for passage in passages}),
    }
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["known_vectors"], values)).fetchall()
    return {row["content_hash"]: PassageVectors(row["embedding"], row["parts"]) for row in rows}


async def embed_passages(
    embedder: Embedder, passages: Sequence[PreparedPassage], known: Known, texts_at_once: int = SLICE
) -> Known:
    """The vectors of all passages. Raises Unavailable when a remote model does not answer."""
    row = SCALE_BYTES + embedder.dimensions
    found = {
        passage.passage.content_hash: known[passage.passage.content_hash]
        for passage in passages
        if passage.passage.content_hash in known
        # As many parts as before: otherwise sentences are cut in another way by now.
        and len(known[passage.passage.content_hash].parts) == row * len(passage.parts)
    }
    wanted = {p.passage.content_hash: p for p in passages if p.passage.content_hash not in found}
    vectors = await _embed(
        embedder, list(dict.fromkeys(text for p in wanted.values() for text in p.texts)), texts_at_once
    )
    for key, passage in wanted.items():
        found[key] = PassageVectors(
            halfvec_literal(vectors[passage.texts[0]].tolist()),
            pack(np.stack([vectors[part] for part in passage.parts])),
        )
    return found


async def put_vectors(
    connection: Connection, store: str, embedder: str, vectors: Sequence[tuple[str, PassageVectors]]
) -> None:
    """Writes the vectors of passages, by their ids. The transaction holds the store's lock."""
    values = {
        "store": store,
        "embedder": embedder,
        "passage_ids": [passage_id for passage_id, _ in vectors],
        "embeddings": " ".join(made.embedding for _, made in vectors),
        "parts": [made.parts for _, made in vectors],
    }
    if vectors:
        await connection.execute(SQL["put_vectors"], values)


async def _embed(embedder: Embedder, texts: list[str], texts_at_once: int) -> dict[str, Row]:
    vectors: dict[str, Row] = {}
    for start in range(0, len(texts), texts_at_once):
        some = texts[start : start + texts_at_once]
        rows = np.asarray(await embedder.embed(some), dtype=np.float32)
        vectors.update(zip(some, rows, strict=True))
    return vectors
