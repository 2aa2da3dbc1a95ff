"""`agent add`."""

import asyncio
import json
from typing import Annotated

import typer

from app.cli.data import JsonOption, open_database, say

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def _agents() -> None:
    """Add agents who may log in to the console."""


@commands.command()
def add(
    name: Annotated[str, typer.Argument(help="The agent's name, as colleagues read it in decisions.")],
    *,
    store: Annotated[
        list[str] | None, typer.Option(help="A store to work for, may be repeated; none: every store.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add an agent and print a one-time password, to be changed at the first log-in."""
    password = asyncio.run(_add(name, tuple(store or ())))
    if as_json:
        typer.echo(json.dumps({"name": " ".join(name.split()), "password": password}, ensure_ascii=False))
        return
    say(f"Added {name}. The one-time password, shown this once, has to be changed at the first log-in:")
    typer.echo(password)


@commands.command()
def reset(name: Annotated[str, typer.Argument(help="The agent's name.")], *, as_json: JsonOption = False) -> None:
    """Give an agent a new one-time password; all of their sessions end."""
    password = asyncio.run(_reset(name))
    if as_json:
        typer.echo(json.dumps({"name": " ".join(name.split()), "password": password}, ensure_ascii=False))
        return
    say(f"{name} logs in once with this password, and chooses a new one then:")
    typer.echo(password)


async def _reset(name: str) -> str:
    from activities.access import reset_password

    async with open_database() as database:
        return await reset_password(database, name)


async def _add(name: str, stores: tuple[str, ...]) -> str:
    from activities.access import add_agent

    async with open_database() as database:
        return await add_agent(database, name, stores=stores)
