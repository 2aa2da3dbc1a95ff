"""`audit next`, `audit label` and `audit list`: judging drafts that were drawn at random, blind to their confidence."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVar

import typer

from activities.auditing import Labelled, label_audit, list_audits, next_audit
from app.cli.data import JsonOption, open_database, require_store, say
from app.settings import load_settings
from domain.audits import AuditEntry, AuditItem
from domain.errors import BadInput
from domain.vocabulary import Harm
from retrieval.database import Database

T = TypeVar("T")
ROLES = {"customer": "Customer", "assistant": "Holdpoint", "agent": "Agent", "notice": "Notice"}

commands = typer.Typer(no_args_is_help=True, help="Judge drafts that were drawn at random: only these labels certify.")

StoreOption = Annotated[str | None, typer.Option("--store", help="The store; by default HOLDPOINT_DEFAULT_STORE.")]
LimitOption = Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")]


class WrongUse(BadInput):
    """An argument that is not of the form that the command takes."""

    exit_code = 2


@commands.command("next")
def next_(*, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show the next draft to judge: the customer's words and the draft, and nothing that could sway you."""
    item = with_store(store, next_audit)
    if as_json:
        typer.echo(json.dumps(item.model_dump(mode="json") if item else None, ensure_ascii=False))
        return
    if item is None:
        say("Nothing waits for a label.")
        return
    typer.echo("\n".join(_lines(item)))
    say(f"{item.waiting:,} wait. Would you have sent it as it is? Style does not count, facts and promises do.")
    say(f"`holdpoint audit label {item.query_id} right --agent NAME`, or `… wrong --harm {'|'.join(Harm)}`")


@commands.command()
def label(
    audit_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `audit next` shows.")],
    verdict: Annotated[str, typer.Argument(metavar="right|wrong", help="Whether it could leave as it is.")],
    *,
    agent: Annotated[str, typer.Option(help="Who judges.")],
    harm: Annotated[Harm | None, typer.Option(help="What is wrong with it.")] = None,
    note: Annotated[str, typer.Option(help="More about it.")] = "",
    correct: Annotated[bool, typer.Option("--correct", help="Replace what was said before.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a draft is right or wrong. An alarm that follows demotes its group at once."""
    if not agent.strip():
        raise WrongUse("Say who judges with --agent NAME.")

    async def write(database: Database, name: str) -> Labelled:
        said = _verdict(verdict)
        return await label_audit(
            database, name, audit_id, said, agent=agent.strip(), harm=harm, note=note, correct=correct
        )

    done = with_store(store, write)
    if as_json:
        typer.echo(json.dumps(done.model_dump(mode="json"), ensure_ascii=False))
        return
    typer.echo(f"{audit_id} is {done.label.verdict}, as {done.label.agent} says.")
    if done.move is not None:
        moved = f"{done.move.group_key}: {done.move.share_before}% → {done.move.share_after}%."
        typer.echo(f"{moved} {done.move.reason}")


@commands.command("list")
def list_(
    *,
    store: StoreOption = None,
    state: Annotated[str, typer.Option(help="waiting, labelled or all.")] = "all",
    limit: LimitOption = 100,
    as_json: JsonOption = False,
) -> None:
    """List what was drawn, newest first, with its labels."""
    for known in ("waiting", "labelled", "all"):
        if state == known:
            break
    else:
        raise WrongUse("--state is waiting, labelled or all.")

    async def read(database: Database, name: str) -> tuple[AuditEntry, ...]:
        return await list_audits(database, name, state=known, most=limit)

    found = with_store(store, read)
    if as_json:
        typer.echo(json.dumps([entry.model_dump(mode="json", exclude={"streams"}) for entry in found]))
        return
    for entry in found:
        typer.echo(_line(entry))
    if not found:
        say("Nothing like that was drawn.")


def with_store(store: str | None, work: Callable[[Database, str], Awaitable[T]]) -> T:
    """Runs something over a store's data; without a name over the default store's."""

    async def run() -> T:
        name = store or load_settings().default_store
        async with open_database() as database:
            await require_store(database, name)
            return await work(database, name)

    return asyncio.run(run())


def _verdict(word: str) -> Literal["right", "wrong"]:
    if word == "right":
        return "right"
    if word == "wrong":
        return "wrong"
    raise WrongUse(f"{word[:40]!r} is no verdict; say right or wrong.")


def _lines(item: AuditItem) -> list[str]:
    lines = [f"{item.query_id}  {item.intent.words}, {item.language.value}", ""]
    for turn in item.thread:
        lines += [f"{ROLES[turn.role]}:", turn.text, ""]
    lines += ["Draft:", item.draft.text]
    if item.draft.facts:
        lines += ["", "Looked up:", *(f"  {name}: {value}" for name, value in item.draft.facts.items())]
    if item.draft.citations:
        lines += ["", "Sources:", *(f"  {each.title or each.document_id}" for each in item.draft.citations)]
    return lines


def _line(entry: AuditEntry) -> str:
    said = "waits"
    if entry.label is not None:
        harm = f" ({entry.label.harm.value})" if entry.label.harm else ""
        said = f"{entry.label.verdict}{harm} by {entry.label.agent} {entry.label.at:%Y-%m-%d %H:%M}"
    return f"{entry.query_id}  {entry.drawn_at:%Y-%m-%d %H:%M}  {entry.intent.value}/{entry.language.value}  {said}"
