"""`demo`: loads the demo store and prints keys to try it with."""

import asyncio
import json
from typing import Annotated

import typer

from app.cli.data import JsonOption, language_detector, open_database, progress, say
from app.demo_access import DemoAccess, ensure_demo_access
from app.demo_loading import DEMO_STORE, load_demo_once
from app.embedded.home import Home
from app.models import build_shelf
from app.settings import load_settings

commands = typer.Typer()


@commands.command()
def demo(
    *,
    reload: Annotated[
        bool, typer.Option("--reload", help="Load again: settings and knowledge as shipped, orders as of today.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Load the demo store unless it is loaded, and print one API key of each scope and a log-in to the console."""
    loaded, access = asyncio.run(_demo(reload=reload))
    if as_json:
        keys = {"customer": access.customer_key, "agent": access.agent_key, "verify": access.verify_key}
        log_in = {"name": access.agent_name, "password": access.agent_password}
        typer.echo(json.dumps({"store": DEMO_STORE, "loaded": loaded, "keys": keys, "agent": log_in}))
        return
    typer.echo("Loaded the demo store." if loaded else "The demo store is loaded; `--reload` loads it again.")
    shown = {
        "customer key": access.customer_key,
        "agent key": access.agent_key,
        "verify key": access.verify_key,
        "console log-in": f"{access.agent_name} / {access.agent_password}",
    }
    for what, secret in shown.items():
        typer.echo(f"  {what + ':':<15} {secret}")


async def _demo(*, reload: bool) -> tuple[bool, DemoAccess]:
    async with open_database() as database:
        shelf = build_shelf(load_settings())
        told = progress("documents")
        loaded = await load_demo_once(database, shelf, language_detector(), force=reload, say=say, progress=told)
        return loaded, await ensure_demo_access(database, DEMO_STORE, Home(load_settings().home).run)
