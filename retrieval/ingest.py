"""Loads knowledge: reads the files twice, embeds what changed, writes it in batches that each stand by themselves."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.errors import BadInput
from domain.knowledge import Document
from domain.ports import Embedder
from retrieval.database import Database
from retrieval.documents import DetectLanguage, Unreadable, read_documents
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading.comparing import Comparison, Progress, compare, edition_digest
from retrieval.loading.embedding import embed_passages, read_known_vectors
from retrieval.loading.loads import LoadRecord, recorded_load
from retrieval.loading.preparing import Inspect, PreparedDocument, look_through, prepare
from retrieval.loading.pruning import adopt, prune_gone
from retrieval.loading.pumping import pump
from retrieval.loading.serving import embedders_to_fill
from retrieval.loading.writing import Batch, Written, meet_embedders, write_batch
from retrieval.reports import LoadReport, Quarantined, report

__all__ = ["Progress", "load_knowledge"]

BATCH = 512
"""Texts that are embedded together, about; a document is never split."""


@dataclass(frozen=True)
class Load:
    """Where a load goes, and what it works with."""

    database: Database
    shelf: EmbedderShelf
    store: str
    path: Path
    detect: DetectLanguage
    inspect: Inspect
    source: str | None
    progress: Progress

    def read(self) -> Iterator[Document | Unreadable]:
        """Everything at the path, from the beginning."""
        return read_documents(self.path, self.detect)


async def load_knowledge(
    database: Database,
    embedder: Embedder | EmbedderShelf,
    store: str,
    path: Path,
    *,
    detect: DetectLanguage,
    inspect: Inspect = look_through,
    prune: bool = False,
    source: str | None = None,
    location: str | None = None,
    progress: Progress = lambda done, total: None,
) -> LoadReport:
    """Brings the store's knowledge to what `path` says: new and changed documents are loaded, others left alone.

    With `prune` documents of the same `source` (the watch; None: by hand) that `path` no longer has are retired.
    `location` is what the load is called where `path` is only a copy. A load that is cut short keeps what it has
    written and is simply run again. Raises BadInput when `path` cannot be used or holds nothing, Unavailable when the
    database or a remote embedder does not answer.
    """
    shelf = embedder if isinstance(embedder, EmbedderShelf) else EmbedderShelf(embedder)
    load = Load(database, shelf, store, path, detect, inspect, source, progress)
    async with recorded_load(database, store, location or str(path), source) as record:
        done = await _run(load, record, prune=prune)
        await record.end(done)
    return done


async def _run(load: Load, record: LoadRecord, *, prune: bool) -> LoadReport:
    """Two passes over the files: the first only counts and compares, so that memory holds no texts."""
    compared = await compare(load.database, load.store, load.read(), load.source, load.progress)
    if not compared.met:
        first = compared.skipped[0] if compared.skipped else None
        why = f"; the first fault is in {first.where}: {first.why}" if first else "."
        raise BadInput(f"{load.path} holds no document that can be loaded{why}")
    written = await _write_wanted(load, compared, record) if compared.wanted else Written()
    await adopt(load.database, load.store, compared.adopted, load.source)
    retired, notes = await prune_gone(load.database, load.store, compared, load.source) if prune else (0, ())
    return report(
        added=compared.added,
        changed=len(compared.wanted) - compared.added,
        unchanged=len(compared.met) - len(compared.wanted),
        skipped=compared.skipped,
        retired=retired,
        notes=notes,
        passages=written.passages,
        quarantined=[Quarantined(document_id=key[0], language=key[1], version=key[2]) for key in written.quarantined],
    )


async def _write_wanted(load: Load, compared: Comparison, record: LoadRecord) -> Written:
    """Cutting the next batch, embedding this one and writing the last all happen at the same time."""
    embedders = await embedders_to_fill(load.database, load.store, load.shelf)
    await meet_embedders(load.database, load.store, embedders)
    total, done, written = len(compared.wanted), 0, Written()
    wanted = _only(load.read(), set(compared.wanted))
    cutting = asyncio.create_task(asyncio.to_thread(_cut, wanted, load.inspect))

    async def make() -> Batch | None:
        nonlocal cutting
        batch = await cutting
        if not batch:
            return None
        cutting = asyncio.create_task(asyncio.to_thread(_cut, wanted, load.inspect))
        return await _embed(load, embedders, batch, compared.returning)

    async def use(batch: Batch) -> None:
        nonlocal done
        written.add(await write_batch(load.database, load.store, batch, load.source))
        done += len(batch.documents)
        load.progress(done, total)
        await record.beat(done, total)

    await record.beat(0, total)
    try:
        await pump(make, use)
    finally:
        cutting.cancel()
    return written


async def _embed(load: Load, embedders: list[Embedder], batch: list[PreparedDocument], returning: set[str]) -> Batch:
    """With the vectors that returning documents had before, where a passage says the same."""
    passages = [passage for document in batch for passage in document.passages]
    old = [passage for passage in passages if passage.passage.document_id in returning]
    vectors = {}
    for embedder in embedders:
        known = await read_known_vectors(load.database, load.store, embedder, old)
        vectors[embedder.name] = await embed_passages(embedder, passages, known)
    return Batch(batch, vectors)


def _only(found: Iterator[Document | Unreadable], left: set[int]) -> Iterator[Document]:
    """The editions named in `left`, taking each from it."""
    for document in found:
        if isinstance(document, Document):
            edition = edition_digest(document.id, document.language.value, document.effective_from)
            if edition in left:
                left.discard(edition)
                yield document
                if not left:
                    return


def _cut(wanted: Iterator[Document], inspect: Inspect) -> list[PreparedDocument]:
    """The next documents, until they have texts enough for a batch."""
    batch: list[PreparedDocument] = []
    texts = 0
    for document in wanted:
        batch.append(prepare(document, inspect))
        texts += batch[-1].texts
        if texts >= BATCH:
            break
    return batch
