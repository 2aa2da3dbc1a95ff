"""`knowledge list`, `show`, `versions`, `retire` and `quarantine`: a store's documents, one by one."""

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from app.cli.data import JsonOption, open_database, require_store, say
from app.settings import load_settings
from domain.errors import BadInput, NotFound
from domain.knowledge import Passage
from domain.vocabulary import Kind, Language
from retrieval.database import Database
from retrieval.loading.curation import (
    START,
    State,
    StoredDocument,
    list_documents,
    passages_of_version,
    release_document,
    retire_document,
    versions_of,
)

T = TypeVar("T")

commands = typer.Typer()
quarantine = typer.Typer(no_args_is_help=True, help="Documents that speak to a model: look, release, retire.")

DocumentId = Annotated[str, typer.Argument(help="The document's id.")]
StoreOption = Annotated[str | None, typer.Option("--store", help="The store; by default HOLDPOINT_DEFAULT_STORE.")]
LanguageOption = Annotated[Language | None, typer.Option(help="In this language only.")]
VersionOption = Annotated[int | None, typer.Option(min=1, help="The version; by default the one that stands.")]
LimitOption = Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")]


class WrongUse(BadInput):
    """An argument that leaves open what is meant."""

    exit_code = 2


@commands.command("list")
def list_(
    *,
    store: StoreOption = None,
    state: Annotated[str, typer.Option(help="standing, quarantined, withdrawn or any.")] = "standing",
    kind: Annotated[Kind | None, typer.Option(help="Of this kind only.")] = None,
    language: LanguageOption = None,
    limit: LimitOption = 200,
    as_json: JsonOption = False,
) -> None:
    """List documents with their kind, language, version and state."""
    _list(store, _state(state), kind=kind, language=language, limit=limit, as_json=as_json)


@commands.command()
def show(
    document_id: DocumentId,
    *,
    store: StoreOption = None,
    language: LanguageOption = None,
    version: VersionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a document says, passage by passage, in each of its languages."""

    async def read(database: Database, name: str) -> list[tuple[StoredDocument, tuple[Passage, ...]]]:
        found = [
            one
            for one in await versions_of(database, name, document_id)
            if (language is None or one.language is language)
            and (one.version == version if version is not None else one.withdrawn_at is None)
        ]
        return [(one, await passages_of_version(database, name, one.key)) for one in found]

    found = _with_store(store, read)
    if not found:
        raise NotFound(f"No such version of {document_id!r} stands; `holdpoint knowledge versions ID` shows them all.")
    if as_json:
        typer.echo(json.dumps([_as_json(one, passages) for one, passages in found], ensure_ascii=False))
        return
    for one, passages in found:
        typer.echo(_line(one))
        for passage in passages:
            typer.echo(f"\n{passage.passage_id}  {passage.title}\n{passage.text}")
        typer.echo("")


@commands.command()
def versions(document_id: DocumentId, *, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List every version of a document: when it was loaded, and when and why it was withdrawn."""
    found = _with_store(store, lambda database, name: versions_of(database, name, document_id))
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        ended = f"  {one.state} {one.withdrawn_at:%Y-%m-%d %H:%M}" if one.withdrawn_at else f"  {one.state}"
        typer.echo(
            f"{one.language.value}  {one.version:>3}  loaded {one.loaded_at:%Y-%m-%d %H:%M}{ended}{_window(one)}"
        )


@commands.command()
def retire(
    document_id: DocumentId,
    *,
    store: StoreOption = None,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a document answer nothing from now on; loading it again brings it back."""
    _retire(document_id, store, language, None, as_json=as_json)


@quarantine.command("list")
def waiting(*, store: StoreOption = None, limit: LimitOption = 200, as_json: JsonOption = False) -> None:
    """List the documents that wait for a person, with what is suspicious in each."""
    _list(store, "quarantined", limit=limit, as_json=as_json)


@quarantine.command()
def release(
    document_id: DocumentId,
    *,
    store: StoreOption = None,
    language: LanguageOption = None,
    version: VersionOption = None,
    agent: Annotated[str | None, typer.Option(help="Who has read it; by default the user of this computer.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Let a document answer from now on. It is not held again while it says the same."""

    async def let_go(database: Database, name: str) -> StoredDocument:
        one = _only(
            [each for each in await versions_of(database, name, document_id) if each.state == "quarantined"],
            language,
            version,
        )
        await release_document(database, name, document_id, one.language, one.version, agent=agent or getpass.getuser())
        return one

    one = _with_store(store, let_go)
    _tell(f"{one.document_id} version {one.version} in {one.language.value} answers from now on.", one, as_json=as_json)


@quarantine.command("retire")
def retire_waiting(
    document_id: DocumentId,
    *,
    store: StoreOption = None,
    language: LanguageOption = None,
    version: VersionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a document away for good."""
    _retire(document_id, store, language, version, as_json=as_json)


def _list(
    store: str | None,
    state: State,
    *,
    limit: int,
    as_json: bool,
    kind: Kind | None = None,
    language: Language | None = None,
) -> None:
    async def read(database: Database, name: str) -> tuple[StoredDocument, ...]:
        return await list_documents(
            database, name, state=state, kind=kind, language=language, after=START, most=limit + 1
        )

    found = _with_store(store, read)
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found[:limit]], ensure_ascii=False))
        return
    for one in found[:limit]:
        typer.echo(_line(one))
        for suspicion in one.suspicions if one.state == "quarantined" else ():
            typer.echo("      " + "; ".join(f"{name}: {value}" for name, value in suspicion.items()))
    if not found:
        say("No document is like that.")
    if len(found) > limit:
        say(f"There are more than {limit:,}; --limit shows more of them.")


def _retire(
    document_id: str, store: str | None, language: Language | None, version: int | None, *, as_json: bool
) -> None:
    keys = _with_store(
        store,
        lambda database, name: retire_document(database, name, document_id, language=language, version=version),
    )
    if as_json:
        rows = [{"document_id": key[0], "language": key[1], "version": key[2]} for key in keys]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for key in keys:
        typer.echo(f"{key[0]} version {key[2]} in {key[1]} is retired.")


def _only(found: Sequence[StoredDocument], language: Language | None, version: int | None) -> StoredDocument:
    """The one that is meant. Raises NotFound for none and WrongUse for several."""
    meant = [
        one
        for one in found
        if (language is None or one.language is language) and (version is None or one.version == version)
    ]
    if not meant:
        raise NotFound("Nothing like that waits; `holdpoint knowledge quarantine list` shows what does.")
    if len(meant) > 1:
        raise WrongUse("Several versions of it wait: say which with --language and --version.")
    return meant[0]


def _state(value: str) -> State:
    for state in ("standing", "quarantined", "withdrawn", "any"):
        if value == state:
            return state
    raise WrongUse("--state is standing, quarantined, withdrawn or any.")


def _with_store(store: str | None, work: Callable[[Database, str], Awaitable[T]]) -> T:
    async def run() -> T:
        name = store or load_settings().default_store
        async with open_database() as database:
            await require_store(database, name)
            return await work(database, name)

    return asyncio.run(run())


def _line(one: StoredDocument) -> str:
    kind, state = one.kind.value, one.state
    return f"{kind:<8} {one.language.value}  {state:<12} v{one.version:<3} {one.document_id}  {one.title}{_window(one)}"


def _window(one: StoredDocument) -> str:
    begin = f"  from {one.effective_from:%Y-%m-%d}" if one.effective_from else ""
    return begin + (f"  until {one.effective_to:%Y-%m-%d}" if one.effective_to else "")


def _as_json(one: StoredDocument, passages: Sequence[Passage] | None = None) -> dict[str, Any]:
    shown = one.model_dump(mode="json") | {"state": one.state}
    if passages is not None:
        shown["passages"] = [passage.model_dump(mode="json") for passage in passages]
    return shown


def _tell(sentence: str, one: StoredDocument, *, as_json: bool) -> None:
    typer.echo(json.dumps(_as_json(one), ensure_ascii=False) if as_json else sentence)
