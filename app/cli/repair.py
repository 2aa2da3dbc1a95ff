"""`repair`: brings the records back in line with Temporal."""

import asyncio
import json
from typing import Annotated

import typer

from app.cli.data import say

commands = typer.Typer()


@commands.command()
def repair(
    *,
    store: Annotated[str | None, typer.Option("--store", help="One store; all of them by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Ask every open query's workflow for its state, and write what the records lack. Deletes nothing."""
    from app.repairing import repair_stores
    from app.settings import load_settings

    reports = asyncio.run(repair_stores(load_settings(), store, lambda _: None if as_json else say(_)))
    if as_json:
        typer.echo(json.dumps({name: report.model_dump() for name, report in reports.items()}))
    for name, report in () if as_json else reports.items():
        counts = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in report.model_dump().items())
        typer.echo(f"{name}: {counts}")
    if any(report.silent for report in reports.values()):
        say("Some workflows gave no answer: run it again while a worker runs.")
        raise typer.Exit(1)
