"""`key create` and `key revoke`."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.data import JsonOption, StoreOption, open_database, say
from domain.vocabulary import Scope

if TYPE_CHECKING:
    from activities.access import NewKey

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def _keys() -> None:
    """Create and revoke API keys."""


@commands.command()
def create(
    *,
    store: StoreOption,
    scope: Annotated[Scope, typer.Option(help="What the key may do.")],
    label: Annotated[str, typer.Option(help="Whom it stands for, as read in decisions.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Create a key for one store and print it, this once."""
    made = asyncio.run(_create(store, scope, label))
    if as_json:
        typer.echo(json.dumps(made.model_dump(mode="json")))
        return
    say(f"A key of scope {scope.value} for the store {store}, shown this once (its id is {made.key_id}):")
    typer.echo(made.key)


@commands.command()
def revoke(key_id: Annotated[str, typer.Argument(help="Its id, such as key_0123456789ab.")]) -> None:
    """End a key for good."""
    asyncio.run(_revoke(key_id))
    typer.echo(f"{key_id} opens nothing any more.")


async def _create(store: str, scope: Scope, label: str) -> "NewKey":
    from activities.access import create_key

    async with open_database() as database:
        return await create_key(database, store, scope, label=label)


async def _revoke(key_id: str) -> None:
    from activities.access import revoke_key

    async with open_database() as database:
        await revoke_key(database, key_id.replace("\0", ""))
