"""`customers load`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from activities.customers import load_customers
from app.cli.data import JsonOption, StoreOption, open_database, progress, require_store, tell_report
from retrieval.reports import LoadReport

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def _customers() -> None:
    """Load customer records."""


@commands.command()
def load(
    file: Annotated[Path, typer.Argument(help="JSON Lines, one customer a line.")],
    *,
    store: StoreOption,
    as_json: JsonOption = False,
) -> None:
    """Load customers: new ones are added, changed ones replaced. Exit code 1 when a line was skipped."""
    tell_report(asyncio.run(_load(file, store)), "Customers", as_json=as_json)


async def _load(file: Path, store: str) -> LoadReport:
    async with open_database() as database:
        await require_store(database, store)
        tell = progress("customers")
        return await load_customers(database, store, file, progress=lambda done: tell(done, None))
