"""`evals answers`: measure the answers themselves, in a database that is thrown away afterwards."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.answer_evals import answers_over
from app.cli.data import say
from app.cli.evals_telling import tell
from app.settings import CHECKOUT
from app.workbenches import open_workbench
from domain.errors import BadInput
from evals.answer_questions import SEALED, hash_of_answer_questions, read_answer_questions
from evals.answers import PARTS, absent
from evals.seals import Seal, add_seal, hash_of_files, read_seals, refuse_again
from evals.tables import Part, plain

SEALS = CHECKOUT / "docs" / "evals" / "answers-sealed.json"
"""What the sealed questions gave, each time."""
MODELS = CHECKOUT / "activities" / "resources"


def answers(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Some of {', '.join(PARTS)}; none: all.")] = None,
    *,
    output: Annotated[Path | None, typer.Option("--json", help="File that receives every figure as JSON.")] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Ask the sealed questions, once, and keep the figures.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="With --sealed: although they were asked before.")] = False,
) -> None:
    """Measure whether answers are right and complete; tables with n and 95% intervals."""
    wanted = tuple(parts or PARTS)
    if unknown := sorted(set(wanted) - set(PARTS)):
        raise BadInput(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    if again and not sealed:
        raise BadInput("--again belongs to --sealed.")
    if sealed and parts:
        raise BadInput("--sealed asks the sealed questions about the demo store and nothing else: name no parts.")
    asked = hash_of_answer_questions(read_answer_questions(SEALED)) if sealed else ""
    if sealed and not again:
        refuse_again(SEALS, asked)
    begun = time.monotonic()
    found, skipped = asyncio.run(_measure(("demo",) if sealed else wanted, sealed=sealed))
    tell(found, skipped, output)
    if sealed:
        _keep(found, asked)
    say(f"{time.monotonic() - begun:.0f} s in all.")


async def _measure(wanted: tuple[str, ...], *, sealed: bool) -> tuple[list[Part], dict[str, str]]:
    async with open_workbench() as bench:
        skipped = {name: why for name in wanted if (why := absent(name, bench.data))}
        measures = await answers_over(bench, [name for name in wanted if name not in skipped], sealed=sealed)
        found = []
        for name, measure in measures.items():
            bench.say(f"{name} …")
            found.append(await measure())
        return found, skipped


def _keep(found: list[Part], asked: str) -> None:
    figures = {part.name: plain(part.figures) for part in found} | {"times": len(read_seals(SEALS)) + 1}
    knowledge, weights = hash_of_files(CHECKOUT / "app" / "demo"), hash_of_files(MODELS)
    seal = Seal(at=datetime.now(UTC), questions=asked, knowledge=knowledge, weights=weights, figures=figures)
    add_seal(SEALS, seal)
    say(f"The figures are kept in {SEALS}.")
