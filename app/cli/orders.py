"""`orders load` and `orders show`."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from activities.orders import load_orders
from app.cli.data import JsonOption, StoreOption, open_database, progress, require_store, tell_report
from app.lookups import build_desks
from app.settings import load_settings
from domain.orders import Order
from retrieval.reports import LoadReport

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def _orders() -> None:
    """Load orders, and see them as answers do."""


@commands.command()
def load(
    file: Annotated[Path, typer.Argument(help="JSON Lines, one order a line.")],
    *,
    store: StoreOption,
    as_json: JsonOption = False,
) -> None:
    """Load orders: new ones are added, changed ones replaced. Exit code 1 when a line was skipped."""
    tell_report(asyncio.run(_load(file, store)), "Orders", as_json=as_json)


async def _load(file: Path, store: str) -> LoadReport:
    async with open_database() as database:
        await require_store(database, store)
        tell = progress("orders")
        return await load_orders(database, store, file, progress=lambda done: tell(done, None))


@commands.command()
def show(
    *,
    store: StoreOption,
    email: Annotated[str, typer.Option("--email", help="The customer's address.")],
    order: Annotated[list[str] | None, typer.Option("--order", help="An order number; may be repeated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the orders of a customer as answers see them, from the store's own system where one is described."""
    orders = asyncio.run(_shown(store, email, tuple(order or ())))
    if as_json:
        typer.echo(json.dumps([each.model_dump(mode="json", exclude_none=True) for each in orders], ensure_ascii=False))
        return
    for each in orders:
        things = ", ".join(f"{item.quantity} x {item.name}" for item in each.items) or "no items"
        typer.echo(
            f"{each.order_id}  {each.placed_at:%Y-%m-%d}  {each.status.value}  {each.total} {each.currency}  {things}"
        )
    if not orders:
        typer.echo("There is no such order under this address.")


async def _shown(store: str, email: str, order_ids: tuple[str, ...]) -> tuple[Order, ...]:
    async with open_database() as database:
        await require_store(database, store)
        desks = build_desks(database, load_settings().lookups)
        return await desks.orders_of(store, email, order_ids=order_ids, limit=50)
