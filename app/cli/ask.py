"""`ask`: one question through the running stack."""

import json
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.data import JsonOption, say
from app.cli.query_text import query_lines
from domain.attachments import MOST
from domain.errors import BadInput, Unavailable
from domain.vocabulary import Scope

if TYPE_CHECKING:
    from app.api_client import RunningStack

commands = typer.Typer()


class UnreadableFile(BadInput):
    """A file named on the command line that is not there."""

    exit_code = 2


WAITED_FOR = frozenset({"sent", "closed", "waiting_review", "waiting_agent", "failed"})
QUIET_SECONDS = 2.0


@commands.command()
def ask(
    text: Annotated[str, typer.Argument(help="The customer's message.")],
    *,
    store: Annotated[str | None, typer.Option(help="The store; by default HOLDPOINT_DEFAULT_STORE.")] = None,
    email: Annotated[str | None, typer.Option(help="The customer's e-mail address, taken as verified.")] = None,
    language: Annotated[str | None, typer.Option(help="A hint, such as en or pt-BR.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Id of a conversation to go on with.")] = None,
    attach: Annotated[
        list[Path] | None, typer.Option(help=f"An image or PDF that goes with it; up to {MOST} times.")
    ] = None,
    wait: Annotated[float, typer.Option(min=1, max=3600, help="Seconds to wait for an answer or a draft.")] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Send a question and print the query as an agent sees it, once it is answered or waits for a person."""
    from app.api_client import RunningStack
    from app.settings import load_settings

    settings = load_settings()
    stack = RunningStack.open(settings)
    chosen = store or settings.default_store
    customer = {"email": email, "verified": True} if email else {}
    message = {"store": chosen, "channel": "cli", "message_id": uuid.uuid4().hex, "text": text, "customer": customer}
    files = [_upload(stack, chosen, path) for path in attach or ()]
    named = (("language", language), ("conversation_id", conversation), ("attachments", files))
    more = {name: value for name, value in named if value}
    accepted = stack.request("POST", "/v1/queries", store=chosen, scope=Scope.VERIFY, body={**message, **more})
    query = _wait(stack, chosen, accepted["query_id"], wait)
    if as_json:
        typer.echo(json.dumps(query, ensure_ascii=False))
    else:
        typer.echo("\n".join(query_lines(query)))


def _upload(stack: "RunningStack", store: str, path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"The file {path} cannot be read ({error.strerror}): check its name.") from error
    return stack.upload(path.name, content, store=store, scope=Scope.VERIFY)


def _wait(stack: "RunningStack", store: str, query_id: str, seconds: float) -> Any:
    from app.api_client import wait_for

    until = time.monotonic() + seconds
    query = wait_for(stack, store, query_id, until=WAITED_FOR, seconds=min(QUIET_SECONDS, seconds))
    while query is None:
        left = until - time.monotonic()
        if left <= 0:
            raise Unavailable(
                f"The query {query_id} is stored and still being worked on after {seconds:.0f} s; look again with "
                f"`holdpoint review show {query_id}`, and at `holdpoint status`."
            )
        say(f"Still being worked on; waiting up to {left:.0f} s more …")
        query = wait_for(stack, store, query_id, until=WAITED_FOR, seconds=min(5.0, left))
    return query
