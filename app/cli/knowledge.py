"""`knowledge`: load, reindex; searches are in `knowledge_search`, single documents in `documents`."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli import documents, knowledge_search, watch
from app.cli.data import (
    JsonOption,
    StoreOption,
    language_detector,
    open_database_and_indexes,
    progress,
    require_store,
    say,
    tell_report,
)
from app.cli.progress import ProgressLines
from app.models import build_shelf
from app.settings import load_settings
from app.vector_indexes import IndexKeeper
from retrieval.database import Database
from retrieval.ingest import load_knowledge
from retrieval.loading.reindexing import ReindexReport, missing, reindex_store
from retrieval.reports import LoadReport

commands = typer.Typer(no_args_is_help=True)


@commands.command()
def load(
    path: Annotated[Path, typer.Argument(help="A folder of Markdown, HTML, text and PDF, or a JSON Lines file.")],
    *,
    store: StoreOption,
    prune: Annotated[bool, typer.Option("--prune", help="Retire documents that PATH no longer has.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load products, policies and FAQs; only what changed is embedded. Exit code 1 when something was skipped."""
    tell_report(asyncio.run(_load(path, store, prune=prune)), "Documents", as_json=as_json)


async def _load(path: Path, store: str, *, prune: bool) -> LoadReport:
    async with open_database_and_indexes() as (database, indexes):
        await require_store(database, store)
        shelf, told = build_shelf(load_settings()), progress("documents")
        with _goes_on(told):
            done = await load_knowledge(
                database, shelf, store, path, detect=language_detector(), prune=prune, progress=told
            )
            await _keep_indexes(indexes, database, store)
        if (left := await missing(database, store, shelf.chosen.name)).passages:
            say(f"{left.passages:,} passages need new terms or vectors: `holdpoint knowledge reindex --store {store}`.")
        return done


@commands.command()
def reindex(
    *,
    store: StoreOption,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="Keep the vectors of other embedders.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make terms and vectors anew for the chosen embedder, where they are missing. `up` does it by itself."""
    done = asyncio.run(_reindex(store, keep_old=keep_old))
    counts = f"{done.embedded:,} embedded, {done.analysed:,} analysed, {done.removed:,} old vectors removed"
    typer.echo(json.dumps(done.model_dump(mode="json")) if as_json else f"Passages: {counts}.")


async def _reindex(store: str, *, keep_old: bool) -> ReindexReport:
    async with open_database_and_indexes() as (database, indexes):
        await require_store(database, store)
        told = progress("passages")
        with _goes_on(told):
            done = await reindex_store(database, build_shelf(load_settings()), store, keep_old=keep_old, progress=told)
            await _keep_indexes(indexes, database, store)
        return done


async def _keep_indexes(indexes: IndexKeeper, database: Database, store: str) -> None:
    told = ""

    def tell(phase: str, share: float) -> None:
        nonlocal told
        line = f"  index by meaning: {phase}, {int(share * 10) * 10}%"
        if line != told:
            told = line
            say(line)

    for built in await indexes.keep(database, store, tell):
        size = built.size / 1024**2
        say(f"  index by meaning: {built.passages:,} passages in {built.seconds:.0f} s, {size:,.0f} MB")


@contextmanager
def _goes_on(told: ProgressLines) -> Iterator[None]:
    """Says what stays when the work is interrupted."""
    try:
        yield
    except asyncio.CancelledError:
        if told.total:
            say(f"Interrupted: {told.done:,} of {told.total:,} stay done; the same command goes on from there.")
        raise


commands.add_typer(knowledge_search.commands)
commands.add_typer(documents.commands)
commands.add_typer(documents.quarantine, name="quarantine")
commands.add_typer(watch.commands, name="watch")
