"""`store create`, `store set` and `store show`."""

import asyncio
import json
from typing import Annotated, Any

import typer

from activities.stores import Changed, StoreView, create_store, set_store, show_store
from app.cli.data import JsonOption, open_database, say
from domain.errors import BadInput
from domain.policies import DEFAULT_TABLE, StorePolicy

commands = typer.Typer(no_args_is_help=True)


class WrongUse(BadInput):
    """An argument that is not of the form that the command takes."""

    exit_code = 2


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="Short name of the store: lower-case letters, digits, - and _.")],
    *,
    title: Annotated[str, typer.Option(help="What customers and agents call it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Create a store. It begins in shadow mode: everything goes to review."""

    async def run() -> Changed:
        async with open_database() as database:
            return await create_store(database, name, name=title)

    _tell(asyncio.run(run()), f"Created the store {name}, in shadow mode: every draft goes to review.", as_json=as_json)


@commands.command("set")
def set_(
    store: Annotated[str, typer.Argument(help="The store.")],
    settings: Annotated[list[str], typer.Argument(metavar="KEY=VALUE ...", help="An empty VALUE: the default.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Change settings, all of them or none: send_mode, rollout_share, holdout_share, audit_rate, audit_sent_rate,
    fit_share, currency, refund_limit, threshold, webhook_url, webhook_secret=new, return_form_url, model_budget, name,
    signature.LANGUAGE (\\n begins a new line), table.INTENT, mode.GROUP (order_status/en, order_status/*, */en),
    tone=warm|plain, formality.LANGUAGE=formal|informal, forbidden="word, another"."""
    changes = _pairs(settings)

    async def run() -> Changed:
        async with open_database() as database:
            return await set_store(database, store, changes)

    _tell(asyncio.run(run()), f"Changed {', '.join(changes)} of the store {store}.", as_json=as_json)


@commands.command()
def show(store: Annotated[str, typer.Argument(help="The store.")], *, as_json: JsonOption = False) -> None:
    """Show the settings of a store, and how much it knows."""

    async def run() -> StoreView:
        async with open_database() as database:
            return await show_store(database, store)

    view = asyncio.run(run())
    if as_json:
        typer.echo(json.dumps(view.model_dump(mode="json"), ensure_ascii=False))
        return
    for name, value in _lines(view.policy):
        typer.echo(f"  {name:<22} {value}".replace("\n", f"\n{'':<25}"))
    documents = ", ".join(f"{count:,} {kind.value}" for kind, count in view.documents.items()) or "none"
    typer.echo(f"  {'documents':<22} {documents}")
    typer.echo(f"  {'orders':<22} {view.orders:,}")


def _pairs(settings: list[str]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise WrongUse(f"{setting[:80]!r} is no setting; write KEY=VALUE, such as send_mode=cold_start.")
        if key.strip() in changes:
            raise WrongUse(f"{key.strip()[:80]!r} is given twice; give it once.")
        changes[key.strip()] = value.replace("\\n", "\n") if key.strip().startswith("signature.") else value
    return changes


def _tell(changed: Changed, said: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(changed.model_dump(mode="json"), ensure_ascii=False))
        return
    typer.echo(said)
    if changed.webhook_secret:
        say("The secret that signs its webhooks, shown this once:")
        typer.echo(changed.webhook_secret)


def _lines(policy: StorePolicy) -> list[tuple[str, Any]]:
    plain = policy.model_dump(mode="json", exclude={"table", "signature", "versions", "modes", "groups", "style"})
    stricter = {
        f"table.{intent}": tier.value for intent, tier in policy.table.items() if tier is not DEFAULT_TABLE[intent]
    }
    modes = {f"mode.{group}": mode.value for group, mode in policy.modes.items()}
    signatures = {f"signature.{language}": text for language, text in policy.signature.items()}
    style = {"tone": policy.style.tone, "forbidden": ", ".join(policy.style.forbidden)}
    style |= {f"formality.{language}": form for language, form in policy.style.formality.items()}
    told = {**plain, **style, **modes, **stricter, **signatures}
    return [(name, "" if value is None else value) for name, value in told.items()]
