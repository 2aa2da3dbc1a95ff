"""What the commands over stored data share: the open database, progress, and how a load is told."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from activities.language import SURE, LanguageReader
from app.cli.progress import ProgressLines
from app.embedded.lease import database as leased_database
from app.settings import load_settings
from app.vector_indexes import IndexKeeper
from domain.errors import NotFound
from domain.vocabulary import Language
from retrieval.database import Database
from retrieval.documents import DetectLanguage
from retrieval.reports import LoadReport

DEMO_STORE = "demo"
SHOWN = 20
"""So many skipped parts are printed; `--json` holds more."""

StoreOption = Annotated[str, typer.Option("--store", help="The store.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON alone on standard output.")]


def say(text: str) -> None:
    """A line for the person at the terminal, on standard error: standard output holds the result alone."""
    typer.echo(text, err=True)


@asynccontextmanager
async def open_database() -> AsyncIterator[Database]:
    """The database of this installation, started and migrated where needed. Raises SetupError or Unavailable."""
    async with open_database_and_indexes() as (database, _):
        yield database


@asynccontextmanager
async def open_database_and_indexes() -> AsyncIterator[tuple[Database, IndexKeeper]]:
    """The same, with what builds indexes as the owner of the schema. Raises SetupError or Unavailable."""
    settings = load_settings()
    with leased_database(settings, say) as urls:
        database = Database(urls.app)
        await database.open()
        try:
            yield database, IndexKeeper(urls.owner, settings.vector_index_above)
        finally:
            await database.close()


async def require_store(database: Database, store: str) -> None:
    """Raises NotFound with the names of the stores that there are."""
    async with database.across_stores() as connection:
        rows = await (await connection.execute("SELECT store FROM stores ORDER BY store LIMIT 20")).fetchall()
    names = [row["store"] for row in rows]
    if store not in names and not await _exists(database, store):
        known = f"there are {', '.join(names)}" if names else "there is none yet"
        raise NotFound(f"There is no store {store[:80]!r} ({known}); create it with `holdpoint store create NAME`.")


async def _exists(database: Database, store: str) -> bool:
    if "\0" in store:
        return False
    async with database.across_stores() as connection:
        row = await (await connection.execute("SELECT 1 FROM stores WHERE store = %s", (store,))).fetchone()
    return row is not None


def progress(noun: str) -> ProgressLines:
    """Tells on standard error how far work is, first after two seconds."""
    return ProgressLines(noun, say)


def tell_report(report: LoadReport, noun: str, *, as_json: bool) -> None:
    """Prints what a load did. Exits with 1 when something was skipped: the rest is loaded."""
    if as_json:
        sys.stdout.write(json.dumps(report.model_dump(mode="json"), ensure_ascii=False) + "\n")
    else:
        for part in report.skipped[:SHOWN]:
            say(f"Skipped {part.where}: {part.why}")
        if report.skipped_count > SHOWN:
            say(f"… and {report.skipped_count - SHOWN:,} more.")
        for one in report.quarantined[:SHOWN]:
            say(f"In quarantine: {one.document_id} ({one.language}): `holdpoint knowledge quarantine list` says why.")
        for note in report.notes:
            say(note)
        counts = f"{report.added:,} added, {report.changed:,} changed, {report.unchanged:,} unchanged"
        held = f", {report.quarantined_count:,} in quarantine" if report.quarantined_count else ""
        typer.echo(f"{noun}: {counts}, {report.retired:,} retired, {report.skipped_count:,} skipped{held}.")
    if report.skipped_count:
        raise typer.Exit(1)


def language_detector() -> DetectLanguage:
    """The language of a text when the reader is sure of it, else None."""
    reader = LanguageReader()

    def detect(text: str) -> Language | None:
        heard = reader.read(text)
        return heard.language if heard.confidence >= SURE else None

    return detect
