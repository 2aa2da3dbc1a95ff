"""`evals`: measure the search on labelled questions, in a database of its own that is thrown away afterwards."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.data import say
from app.cli.evals_answers import answers
from app.cli.evals_decisions import decisions
from app.cli.evals_telling import tell
from app.settings import CHECKOUT
from app.workbenches import open_workbench
from domain.errors import BadInput
from evals.demo import measure_demo
from evals.questions import KNOWLEDGE, read_questions, split_of
from evals.retrieval import PARTS, measure
from evals.seals import Seal, add_seal, hash_of_files, hash_of_questions, refuse_again
from evals.tables import Part, plain
from retrieval.reranking.features import WEIGHTS

SEALS = CHECKOUT / "docs" / "evals" / "retrieval-sealed.json"
"""What the sealed questions gave, each time."""

commands = typer.Typer(no_args_is_help=True, help="Measure the search, the answers, and what lets them leave.")
commands.command()(decisions)
commands.command()(answers)


@commands.callback()
def _group() -> None:
    return None


@commands.command()
def retrieval(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Some of {', '.join(PARTS)}; none: all.")] = None,
    *,
    output: Annotated[Path | None, typer.Option("--json", help="File that receives every figure as JSON.")] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Ask the sealed questions, once, and keep the figures.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="With --sealed: although they were asked before.")] = False,
) -> None:
    """Measure the search and print tables with n and 95% intervals."""
    wanted = tuple(parts or PARTS)
    if unknown := sorted(set(wanted) - set(PARTS)):
        raise BadInput(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    if again and not sealed:
        raise BadInput("--again belongs to --sealed.")
    if sealed and parts:
        raise BadInput("--sealed asks the sealed questions about the demo store and nothing else: name no parts.")
    begun = time.monotonic()
    found, skipped = asyncio.run(_ask_sealed(again=again) if sealed else _measure(wanted))
    tell(found, skipped, output)
    say(f"{time.monotonic() - begun:.0f} s in all.")


async def _measure(parts: tuple[str, ...]) -> tuple[list[Part], dict[str, str]]:
    async with open_workbench() as bench:
        return await measure(bench, parts)


async def _ask_sealed(*, again: bool) -> tuple[list[Part], dict[str, str]]:
    """Asks the questions of the split `test`, and writes down what was asked of what. Raises Conflict."""
    questions = hash_of_questions([question for question in read_questions() if split_of(question.id) == "test"])
    if not again:
        refuse_again(SEALS, questions)
    knowledge, weights = hash_of_files(KNOWLEDGE), hash_of_files(WEIGHTS)
    async with open_workbench() as bench:
        part = await measure_demo(bench, "test")
    figures = plain(part.figures)
    add_seal(
        SEALS,
        Seal(at=datetime.now(UTC), questions=questions, knowledge=knowledge, weights=weights, figures=figures),
    )
    say(f"The figures are kept in {SEALS}.")
    return [part], {}
