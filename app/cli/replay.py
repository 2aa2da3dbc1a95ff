"""`replay QUERY_ID`: runs a query's recorded history against today's code, without touching anything."""

import asyncio
from typing import Annotated

import typer

from app.cli.data import DEMO_STORE, StoreOption, say

commands = typer.Typer()


@commands.command()
def replay(
    query_id: Annotated[str, typer.Argument(help="Id of the query, as the API and the console show it.")],
    *,
    store: StoreOption = DEMO_STORE,
) -> None:
    """Replay a query's history against today's code: does a reset or an upgrade go the same way?"""
    from app.replaying import replay_query
    from app.settings import load_settings

    for line in asyncio.run(replay_query(load_settings(), store, query_id)):
        say(line)
