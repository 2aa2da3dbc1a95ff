"""What a person does with a store's documents: look at them and their versions, release, retire."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from domain.errors import Conflict, NotFound
from domain.knowledge import Passage
from domain.values import Value
from domain.vocabulary import Kind, Language
from retrieval.database import Database
from retrieval.loading.writing import SQL as LOADING
from retrieval.loading.writing import Key, withdraw
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("curation.sql"))
State = Literal["standing", "quarantined", "withdrawn", "any"]
"""Which versions are listed. Those in quarantine stand too, though they answer nothing."""
START: Key = ("", "", 0)


class StoredDocument(Value):
    """A version of a document."""

    document_id: str
    language: Language
    version: int
    kind: Kind
    title: str
    url: str | None = None
    source: str | None = None
    """The watch that loaded it, None when it was loaded by hand."""
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    loaded_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_because: Literal["replaced", "retired"] | None = None
    quarantined_at: datetime | None = None
    released_at: datetime | None = None
    released_by: str | None = None
    suspicions: tuple[dict[str, Any], ...] = ()
    """What made it suspicious: text aimed at a model rather than a reader."""
    passages: int = 0

    @property
    def key(self) -> Key:
        """Names the version; a page goes on after it."""
        return (self.document_id, self.language.value, self.version)

    @property
    def state(self) -> Literal["live", "quarantined", "replaced", "retired"]:
        """Whether it answers, and if not, why."""
        if self.withdrawn_because is not None:
            return self.withdrawn_because
        return "quarantined" if self.quarantined_at is not None and self.released_at is None else "live"


async def list_documents(
    database: Database,
    store: str,
    *,
    state: State = "standing",
    document_id: str | None = None,
    kind: Kind | None = None,
    language: Language | None = None,
    after: Key = START,
    most: int = 100,
) -> tuple[StoredDocument, ...]:
    """A page of versions by document, language and number; `after` is the key of the last one of the page before."""
    values = {
        "store": store,
        "state": state,
        "document_id": document_id,
        "kind": kind.value if kind else None,
        "language": language.value if language else None,
        "after_id": after[0],
        "after_language": after[1],
        "after_version": after[2],
        "most": most,
    }
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["list_documents"], values)).fetchall()
    return tuple(StoredDocument.model_validate(row) for row in rows)


async def versions_of(database: Database, store: str, document_id: str) -> tuple[StoredDocument, ...]:
    """Every version of a document, in all languages, oldest first. Raises NotFound when there is none."""
    found = await list_documents(database, store, state="any", document_id=document_id, most=1_000)
    if not found:
        raise NotFound(f"{store} has no document {document_id[:200]!r}; `holdpoint knowledge list` shows them all.")
    return found


async def passages_of_version(database: Database, store: str, key: Key) -> tuple[Passage, ...]:
    """What a version says, in reading order."""
    values = {"store": store, "document_id": key[0], "language": key[1], "version": key[2]}
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["passages_of_version"], values)).fetchall()
    return tuple(Passage.model_validate(row) for row in rows)


async def release_document(
    database: Database, store: str, document_id: str, language: Language, version: int, *, agent: str
) -> None:
    """Lets a document out of quarantine: it is found from now on, and not held again while it says the same.

    Raises NotFound when the store has no such version, Conflict when it is not in quarantine.
    """
    values = {
        "store": store,
        "document_id": document_id,
        "language": language.value,
        "version": version,
        "agent": agent,
    }
    async with database.in_store(store) as connection:
        await connection.execute(LOADING["lock_store"], values)
        released = await (await connection.execute(SQL["release_document"], values)).fetchone()
        if released is not None:
            await connection.execute(SQL["enliven_passages"], values)
    if released is None:
        own = [one for one in await versions_of(database, store, document_id) if one.key == _key(values)]
        if not own:
            raise NotFound(f"{document_id!r} has no version {version} in {language.value}.")
        raise Conflict(f"{document_id!r} version {version} in {language.value} is not in quarantine: {own[0].state}.")


async def retire_document(
    database: Database,
    store: str,
    document_id: str,
    *,
    language: Language | None = None,
    version: int | None = None,
) -> Sequence[Key]:
    """Withdraws what stands of a document, in one language or all; those versions. A reload brings it back.

    Raises NotFound when nothing of it stands.
    """
    values = {
        "store": store,
        "document_id": document_id,
        "language": language.value if language else None,
        "version": version,
    }
    async with database.in_store(store) as connection:
        await connection.execute(LOADING["lock_store"], values)
        rows = await (await connection.execute(SQL["standing_versions"], values)).fetchall()
        keys = [(row["document_id"], row["language"], row["version"]) for row in rows]
        await withdraw(connection, store, keys, "retired")
    if not keys:
        raise NotFound(
            f"Nothing of {document_id[:200]!r} stands in {store}; `holdpoint knowledge list` shows what does."
        )
    return keys


def _key(values: dict[str, Any]) -> Key:
    return (values["document_id"], values["language"], values["version"])
