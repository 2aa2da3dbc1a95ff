"""What people look at of a store's knowledge: its documents with their states, what changed, how far embedding is."""

import asyncio
import difflib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from domain.knowledge import Passage
from domain.values import Value
from domain.vocabulary import Kind, Language
from retrieval.database import Database
from retrieval.loading.curation import START, StoredDocument
from retrieval.loading.loads import RecordedLoad, recent_loads
from retrieval.loading.serving import StoreEmbedder, embedders_of
from retrieval.loading.writing import Key
from retrieval.sentences import sentences_of
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("knowledge_reading.sql"))
State = Literal["current", "future", "expired", "quarantined", "replaced", "retired"]
"""Answers now; will; did; waits for a person; a newer version stands in its place; taken out."""
LINES_COMPARED = 4_000
SURROUNDING = 2
LONG_LINE = 80
"""Characters. A longer one is compared sentence by sentence."""
SILENT_AFTER = timedelta(minutes=5)
"""A load that has not said a word for so long was cut short."""


class BrowsedDocument(Value):
    """A version of a document, as a list shows it."""

    document_id: str
    language: Language
    version: int
    kind: Kind
    title: str
    state: State
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    loaded_at: datetime
    withdrawn_at: datetime | None = None
    passages: int

    @property
    def key(self) -> Key:
        """Names the version; a page goes on after it."""
        return (self.document_id, self.language.value, self.version)


class DocumentFilter(Value):
    """Which versions are listed."""

    state: State | Literal["standing", "any"] = "standing"
    """`standing`: whatever was not withdrawn."""
    kind: Kind | None = None
    language: Language | None = None
    words: str | None = None
    """Part of the title or of the id."""


class Filling(Value):
    """An embedder of the store, and how many of its passages it has."""

    embedder: StoreEmbedder
    done: int
    passages: int

    @property
    def complete(self) -> bool:
        """It has them all, and can serve."""
        return self.embedder.completed_at is not None


class KnowledgeState(Value):
    """How a store's knowledge stands."""

    states: dict[str, int]
    """Versions by state."""
    passages: int
    """That searches find."""
    open_gaps: int
    embedders: tuple[Filling, ...]
    loads: tuple[RecordedLoad, ...]
    """The last few, newest first."""

    def runs(self, load: RecordedLoad, now: datetime | None = None) -> bool:
        """Whether a load is under way, as far as can be told."""
        return load.finished_at is None and (now or datetime.now(UTC)) - load.seen_at < SILENT_AFTER

    @property
    def changing(self) -> bool:
        """Something is being loaded or embedded."""
        return any(self.runs(load) for load in self.loads) or any(not one.complete for one in self.embedders)


class ChangedLine(Value):
    """A line of a comparison. `gap` stands for lines that are the same and left out."""

    change: Literal["added", "removed", "same", "gap"]
    text: str


def state_of(document: StoredDocument, now: datetime) -> State:
    """The state of a version at a moment, as `browse_documents` tells it."""
    if document.state != "live":
        return document.state
    if document.effective_from is not None and document.effective_from > now:
        return "future"
    return "expired" if document.effective_to is not None and document.effective_to <= now else "current"


async def browse_documents(
    database: Database, store: str, wanted: DocumentFilter, *, after: Key = START, most: int = 50
) -> tuple[BrowsedDocument, ...]:
    """A page of versions by document, language and number, beginning after a key."""
    place = {"after_id": after[0], "after_language": after[1], "after_version": after[2]}
    values = wanted.model_dump(mode="json") | place | {"store": store, "most": most}
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["browse_documents"], values)).fetchall()
    return tuple(BrowsedDocument.model_validate(row) for row in rows)


async def knowledge_state(database: Database, store: str, *, loads: int = 5) -> KnowledgeState:
    """How the knowledge stands: documents by state, embedders, the last loads."""
    known = await embedders_of(database, store)
    values = {"store": store}
    filled: dict[str, int] = {}
    async with database.in_store(store) as connection:
        states = await (await connection.execute(SQL["count_states"], values)).fetchall()
        live = await (await connection.execute(SQL["live_passages"], values)).fetchone()
        gaps = await (await connection.execute(SQL["count_open_gaps"], values)).fetchone()
        for one in known:
            if one.completed_at is None:
                counted = await connection.execute(SQL["filled"], values | {"embedder": one.embedder})
                row = await counted.fetchone()
                filled[one.embedder] = row["passages"] if row else 0
    passages = live["passages"] if live else 0
    return KnowledgeState(
        states={row["state"]: row["versions"] for row in states},
        passages=passages,
        open_gaps=gaps["gaps"] if gaps else 0,
        embedders=tuple(
            Filling(embedder=one, done=min(filled.get(one.embedder, passages), passages), passages=passages)
            for one in known
        ),
        loads=await recent_loads(database, store, most=loads),
    )


async def changes_between(old: Sequence[Passage], new: Sequence[Passage]) -> tuple[ChangedLine, ...]:
    """The lines and sentences that a version added and removed, with a little of what is around them.

    Empty when they say the same. Compares the first LINES_COMPARED lines of each.
    """
    return await asyncio.to_thread(_changes, _lines(old), _lines(new))


def _lines(passages: Sequence[Passage]) -> list[str]:
    lines: list[str] = []
    title = None
    for passage in passages:
        lines += [passage.title] if passage.title != title else []
        lines += [part for line in passage.text.splitlines() for part in _parts(line)]
        title = passage.title
    return lines[:LINES_COMPARED]


def _parts(line: str) -> list[str]:
    return sentences_of(line) if len(line) > LONG_LINE else [line]


def _changes(old: list[str], new: list[str]) -> tuple[ChangedLine, ...]:
    changes: list[ChangedLine] = []
    groups = difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(SURROUNDING)
    for number, group in enumerate(groups):
        if number:
            changes.append(ChangedLine(change="gap", text=""))
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                changes += [ChangedLine(change="same", text=line) for line in old[old_start:old_end]]
                continue
            changes += [ChangedLine(change="removed", text=line) for line in old[old_start:old_end]]
            changes += [ChangedLine(change="added", text=line) for line in new[new_start:new_end]]
    return tuple(changes)
