"""`returns load`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from activities.returns import load_returns
from app.cli.data import JsonOption, StoreOption, open_database, progress, require_store, tell_report
from retrieval.reports import LoadReport

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def _returns() -> None:
    """Load returns."""


@commands.command()
def load(
    file: Annotated[Path, typer.Argument(help="JSON Lines, one return a line; its order is loaded before.")],
    *,
    store: StoreOption,
    as_json: JsonOption = False,
) -> None:
    """Load returns: new ones are added, changed ones replaced. Exit code 1 when a line was skipped."""
    tell_report(asyncio.run(_load(file, store)), "Returns", as_json=as_json)


async def _load(file: Path, store: str) -> LoadReport:
    async with open_database() as database:
        await require_store(database, store)
        tell = progress("returns")
        return await load_returns(database, store, file, progress=lambda done: tell(done, None))
