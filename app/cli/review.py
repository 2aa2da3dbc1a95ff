"""`review`: the queue, one query, and decisions, as the person at this terminal."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.data import JsonOption, say
from app.cli.query_text import finding_line, query_lines, review_line
from domain.errors import BadInput
from domain.vocabulary import Intent, Language, Scope, Status

if TYPE_CHECKING:
    from app.api_client import RunningStack

commands = typer.Typer(no_args_is_help=True)
MAX_FILE_BYTES = 200_000

QueryId = Annotated[str, typer.Argument(help="The query's id.")]
StoreOption = Annotated[str | None, typer.Option("--store", help="The store; by default HOLDPOINT_DEFAULT_STORE.")]
HashOption = Annotated[
    str | None, typer.Option("--draft-hash", help="The draft that is meant; by default the one that waits now.")
]
TextOption = Annotated[str | None, typer.Option("--text", help="The reply.")]
FileOption = Annotated[str | None, typer.Option("--file", help="A file with the reply; - for standard input.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]


class WrongUse(BadInput):
    """An argument that is not of the form that the command takes."""

    exit_code = 2


@commands.callback()
def _review() -> None:
    """List, show and decide drafts that wait for a person."""


@commands.command("list")
def list_(
    *,
    store: StoreOption = None,
    status: Annotated[Status | None, typer.Option(help="waiting_review, waiting_agent or failed.")] = None,
    tier: Annotated[int | None, typer.Option(min=1, max=3)] = None,
    intent: Annotated[Intent | None, typer.Option()] = None,
    language: Annotated[Language | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show what waits: overdue first, then by deadline."""
    stack, chosen = _open(store)
    filters = {"status": status, "intent": intent, "language": language}
    wanted = {name: value.value if value else None for name, value in filters.items()}
    page = stack.request("GET", "/v1/reviews", store=chosen, scope=Scope.AGENT, tier=tier, limit=limit, **wanted)
    if as_json:
        typer.echo(json.dumps(page["items"], ensure_ascii=False))
        return
    for item in page["items"]:
        typer.echo(review_line(item))
    if not page["items"]:
        filtered = tier is not None or any(wanted.values())
        say("Nothing that waits fits these filters." if filtered else "Nothing waits for a person.")
    if page["next"]:
        say(f"There are more; --limit shows up to 200, {stack.address}/console all of them.")


@commands.command()
def show(query_id: QueryId, *, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show a query with its draft, sources, findings and reasons."""
    stack, chosen = _open(store)
    query = _get(stack, chosen, query_id)
    typer.echo(json.dumps(query, ensure_ascii=False) if as_json else "\n".join(query_lines(query)))


@commands.command()
def approve(
    query_id: QueryId, *, store: StoreOption = None, draft_hash: HashOption = None, as_json: JsonOption = False
) -> None:
    """Send the draft that waits."""
    _decide(query_id, store, "approve", draft_hash=draft_hash, on_draft=True, as_json=as_json)


@commands.command()
def edit(
    query_id: QueryId,
    *,
    store: StoreOption = None,
    draft_hash: HashOption = None,
    text: TextOption = None,
    file: FileOption = None,
    confirm_findings: Annotated[bool, typer.Option(help="Send although the guard objects.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send other words than the draft's, unless the guard objects to them."""
    fields = {"text": _words(text, file), "confirm_findings": confirm_findings}
    _decide(query_id, store, "edit", draft_hash=draft_hash, on_draft=True, as_json=as_json, **fields)


@commands.command()
def reject(
    query_id: QueryId,
    *,
    reason: ReasonOption,
    store: StoreOption = None,
    draft_hash: HashOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse the draft: the first time it is written anew, the second time an agent answers."""
    _decide(query_id, store, "reject", draft_hash=draft_hash, on_draft=True, as_json=as_json, reason=reason)


@commands.command("take-over")
def take_over(query_id: QueryId, *, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Answer the customer yourself."""
    _decide(query_id, store, "take_over", as_json=as_json)


@commands.command()
def reply(
    query_id: QueryId,
    *,
    store: StoreOption = None,
    text: TextOption = None,
    file: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send your own reply to a query that was taken over or needs an agent."""
    _decide(query_id, store, "reply", as_json=as_json, text=_words(text, file))


@commands.command()
def close(query_id: QueryId, *, reason: ReasonOption, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """End a query without a reply."""
    _decide(query_id, store, "close", as_json=as_json, reason=reason)


def _open(store: str | None) -> "tuple[RunningStack, str]":
    from app.api_client import RunningStack
    from app.settings import load_settings

    settings = load_settings()
    return RunningStack.open(settings), store or settings.default_store


def _get(stack: "RunningStack", store: str, query_id: str) -> Any:
    if not query_id.isascii() or not query_id.isalnum():
        raise WrongUse("A query's id has 32 digits and letters a to f; `holdpoint review list` shows them.")
    return stack.request("GET", f"/v1/queries/{query_id}", store=store, scope=Scope.AGENT)


def _decide(
    query_id: str,
    store: str | None,
    action: str,
    *,
    as_json: bool,
    draft_hash: str | None = None,
    on_draft: bool = False,
    **fields: Any,
) -> None:
    from app.api_client import Refused

    stack, chosen = _open(store)
    query = _get(stack, chosen, query_id)
    meant = draft_hash or query["draft_hash"] or (query["draft"] or {}).get("hash") if on_draft else None
    body = {"action": action, **({"draft_hash": meant} if meant else {}), **fields}
    try:
        decided = stack.request("POST", f"/v1/reviews/{query_id}/decision", store=chosen, scope=Scope.AGENT, body=body)
    except Refused as refusal:
        for finding in refusal.problem.get("findings") or ():
            say(f"- {finding_line(finding)}")
        raise
    if as_json:
        typer.echo(json.dumps(decided, ensure_ascii=False))
        return
    ended = f" ({decided['disposition'].replace('_', ' ')})" if decided["disposition"] else ""
    typer.echo(f"Done: the query is {decided['status'].replace('_', ' ')}{ended}.")


def _words(text: str | None, file: str | None) -> str:
    if (text is None) == (file is None):
        raise WrongUse("Give the words with --text or --file, one of them.")
    if text is not None:
        return text
    try:
        raw = sys.stdin.buffer.read(MAX_FILE_BYTES) if file == "-" else Path(file or "").read_bytes()[:MAX_FILE_BYTES]
        return raw.decode("utf-8")
    except OSError as error:
        raise WrongUse(f"The file cannot be read ({error.strerror}): check its name.") from error
    except UnicodeDecodeError as error:
        raise WrongUse("The file is not UTF-8 text; save it as UTF-8.") from error
