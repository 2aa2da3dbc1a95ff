"""`demo`: loads the demo store and prints keys to try it with."""

import asyncio
import json
from typing import Annotated

import typer

from app.cli.data import JsonOption, language_detector, open_database, say
from app.demo_loading import DEMO_STORE, demo_keys, load_demo_once
from app.embedded.home import Home
from app.settings import load_settings
from domain.vocabulary import Scope
from retrieval.embedders import UniversalSentenceEmbedder

commands = typer.Typer()
KEYS_FILE = "demo-keys.json"


@commands.command()
def demo(
    *,
    reload: Annotated[
        bool, typer.Option("--reload", help="Load again: settings and knowledge as shipped, orders as of today.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Load the demo store unless it is loaded, and print one API key of each scope."""
    loaded, keys = asyncio.run(_demo(reload=reload))
    if as_json:
        typer.echo(json.dumps({"store": DEMO_STORE, "loaded": loaded, "keys": {**keys}}))
        return
    typer.echo("Loaded the demo store." if loaded else "The demo store is loaded; `--reload` loads it again.")
    for scope, key in keys.items():
        typer.echo(f"  {scope.value + ' key:':<14} {key}")


async def _demo(*, reload: bool) -> tuple[bool, dict[Scope, str]]:
    async with open_database() as database:
        loaded = await load_demo_once(database, UniversalSentenceEmbedder(), language_detector(), force=reload, say=say)
        return loaded, await demo_keys(database, Home(load_settings().home).root / KEYS_FILE)
