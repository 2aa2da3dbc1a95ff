"""`batch classify|retrieve|guard|answer`: single steps, or all, over JSON Lines on standard input.

One object a line in, one a line out, same order, written as soon as it is known. A bad line yields an error in its
place and exit code 1 at the end; the others are still answered.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from app.batches.answering import Answers
from app.batches.lines import AnswerLine, ClassifyLine, GuardLine, Line, RetrieveLine
from app.batches.single_steps import classify_line, guard_line, retrieve_line
from app.cli.data import DEMO_STORE, StoreOption, require_store, say
from app.settings import load_settings
from app.wiring import Workshop, open_workshop
from domain.errors import HoldpointError
from domain.policies import StorePolicy

commands = typer.Typer(no_args_is_help=True, help="Run single steps, or all, over JSON Lines.")
MAX_LINE = 1_000_000
"""Bytes; a longer line is answered with an error."""

Work = Callable[[Any], Awaitable[dict[str, Any]]]
Prepare = Callable[[Workshop, StorePolicy], Work]


@commands.command()
def classify(*, store: StoreOption = DEMO_STORE) -> None:
    """{id, text, language?} to {id, intent, probability, intents, language, tier, reasons}."""
    _run(store, ClassifyLine, classifying)


@commands.command()
def retrieve(
    *,
    store: StoreOption = DEMO_STORE,
    top: Annotated[int, typer.Option("--top", min=1, max=50, help="How many passages.")] = 3,
) -> None:
    """{id, text, language?, kinds?} to {id, answerable, passages}, best first."""
    _run(store, RetrieveLine, retrieving(top))


@commands.command()
def guard(*, store: StoreOption = DEMO_STORE) -> None:
    """{id, message, reply?, passages?} to {id, outcome, findings}."""
    _run(store, GuardLine, guarding)


@commands.command()
def answer(*, store: StoreOption = DEMO_STORE) -> None:
    """The whole graph in memory: same code, same decisions as in the running stack."""
    _run(store, AnswerLine, whole_graph)


def classifying(workshop: Workshop, policy: StorePolicy) -> Work:
    """The work of `batch classify`."""
    return partial(classify_line, workshop, policy)


def retrieving(top: int) -> Prepare:
    """The work of `batch retrieve`, at most `top` passages a line."""
    return lambda workshop, policy: partial(retrieve_line, workshop, policy, top)


def guarding(workshop: Workshop, policy: StorePolicy) -> Work:
    """The work of `batch guard`."""
    return partial(guard_line, workshop, policy)


def whole_graph(workshop: Workshop, policy: StorePolicy) -> Work:
    """The work of `batch answer`."""
    return Answers(workshop, policy).answer


def _run(store: str, kind: type[Line], prepare: Prepare) -> None:
    faults = asyncio.run(_open_and_stream(store, kind, prepare))
    if faults:
        say(f"{faults} {'line' if faults == 1 else 'lines'} could not be used; each has an error in its place.")
        raise typer.Exit(1)


async def _open_and_stream(store: str, kind: type[Line], prepare: Prepare) -> int:
    async with open_workshop(load_settings(), say) as workshop:
        await require_store(workshop.database, store)
        return await stream(workshop, store, kind, prepare)


async def stream(workshop: Workshop, store: str, kind: type[Line], prepare: Prepare) -> int:
    """Answers standard input line by line; returns the number of lines that could not be used. Raises NotFound."""
    work = prepare(workshop, await workshop.policy(store))
    faults = number = 0
    while raw := await asyncio.to_thread(sys.stdin.buffer.readline):
        number += 1
        if not raw.strip():
            continue
        result = await _answered(raw, number, kind, work)
        faults += "error" in result
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return faults


async def _answered(raw: bytes, number: int, kind: type[Line], work: Work) -> dict[str, Any]:
    fields: Any = None
    try:
        if len(raw) > MAX_LINE:
            return _fault(fields, number, f"The line is longer than {MAX_LINE:,} bytes.")
        fields = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
        line = kind.model_validate(fields)
        return {"id": line.id, **await work(line)}
    except UnicodeDecodeError:
        return _fault(fields, number, "The line is not UTF-8.")
    except (json.JSONDecodeError, RecursionError):
        return _fault(fields, number, "The line is not one JSON object.")
    except ValidationError as error:
        return _fault(fields, number, _sentence(error))
    except HoldpointError as error:
        return _fault(fields, number, error.message)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"`{where[:100]}`: {said[:200]}." if where else f"{said[:200]}."


def _fault(fields: Any, number: int, sentence: str) -> dict[str, Any]:
    known = fields.get("id") if isinstance(fields, dict) else None
    named = {"id": known} if isinstance(known, str | int) and not isinstance(known, bool) else {}
    return {**named, "line": number, "error": sentence}
