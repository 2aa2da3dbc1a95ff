"""`usage`: what language models did for a store and what that cost, day by day."""

import asyncio
import json
from decimal import Decimal
from itertools import groupby
from typing import Annotated

import typer

from activities.spending import MAX_DAYS, usage_by_day
from activities.stores import read_policy
from app.cli.data import JsonOption, open_database, require_store, say
from app.cli.query_text import use_line
from app.settings import load_settings
from domain.spending import DayUse

commands = typer.Typer()


@commands.command()
def usage(
    *,
    store: Annotated[str | None, typer.Option(help="The store; by default HOLDPOINT_DEFAULT_STORE.")] = None,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="Days to show, today included.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Show what language models did for a store and what that cost, day by day (UTC), beside the budget."""
    name = store or load_settings().default_store
    found, budget = asyncio.run(_read(name, days))
    if as_json:
        told = [one.model_dump(mode="json") for one in found]
        typer.echo(json.dumps({"store": name, "budget": None if budget is None else str(budget), "usage": told}))
        return
    for day, uses in groupby(found, key=lambda one: one.day):
        these = list(uses)
        cost = sum((one.cost for one in these if one.cost is not None), Decimal(0))
        typer.echo(f"{day}  {cost:.4f}{'' if budget is None else f' of {budget}'}")
        for one in these:
            typer.echo(f"  {use_line(one.model_dump(mode='json'))}")
    if not found:
        say(f"No language model was asked for the store {name} in the last {days} days.")


async def _read(store: str, days: int) -> tuple[tuple[DayUse, ...], Decimal | None]:
    async with open_database() as database:
        await require_store(database, store)
        policy = await read_policy(database, store)
        return await usage_by_day(database, store, days), policy.model_budget
