"""`evals decisions`: measure what decides whether a reply may leave, in a database that is thrown away afterwards."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.data import say
from app.cli.evals_telling import tell
from app.decision_evals import decisions_over
from app.settings import CHECKOUT
from app.workbenches import open_workbench
from domain.canonical import content_hash
from domain.errors import BadInput, Conflict
from evals.decisions import PARTS, SEALED, absent, sealed_paths
from evals.seals import Seal, add_seal, hash_of_files, read_seals
from evals.tables import Part, plain
from evals.workbench import Workbench

SEALS = CHECKOUT / "docs" / "evals" / "decisions-sealed.json"
"""What the sealed parts gave, each time."""
MODELS = CHECKOUT / "activities" / "resources"
Measure = Callable[[], Awaitable[Part]]


def decisions(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Some of {', '.join(PARTS)}; none: all.")] = None,
    *,
    output: Annotated[Path | None, typer.Option("--json", help="File that receives every figure as JSON.")] = None,
    sealed: Annotated[bool, typer.Option("--sealed", help="Keep the figures of the sealed parts.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --sealed: although they were kept before.")] = False,
) -> None:
    """Measure intents, escalation, guard, confidence and certificates; tables with n and 95% intervals."""
    wanted = tuple(parts or PARTS)
    if unknown := sorted(set(wanted) - set(PARTS)):
        raise BadInput(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    if again and not sealed:
        raise BadInput("--again belongs to --sealed.")
    if sealed and not again and any(seal.questions == _asked() for seal in read_seals(SEALS)):
        raise Conflict(f"The sealed parts were measured before ({SEALS.name}): use --again and tell both results.")
    begun = time.monotonic()
    found, skipped = asyncio.run(_measure(wanted))
    tell(found, skipped, output)
    if sealed:
        _keep(found)
    say(f"{time.monotonic() - begun:.0f} s in all.")


async def _measure(wanted: tuple[str, ...]) -> tuple[list[Part], dict[str, str]]:
    async with open_workbench() as bench:
        skipped = {name: why for name in wanted if (why := absent(name, bench.data))}
        measures = await decisions_over(bench, [name for name in wanted if name not in skipped])
        return await _measured(bench, measures), skipped


async def _measured(bench: Workbench, measures: dict[str, Measure]) -> list[Part]:
    found = []
    for name, measure in measures.items():
        bench.say(f"{name} …")
        found.append(await measure())
    return found


def _asked() -> str:
    return content_hash([hash_of_files(path) for path in sealed_paths() if path.exists()])


def _keep(found: list[Part]) -> None:
    figures = {part.name: plain(part.figures) for part in found if part.name in SEALED}
    knowledge, weights = hash_of_files(CHECKOUT / "app" / "demo"), hash_of_files(MODELS)
    seal = Seal(at=datetime.now(UTC), questions=_asked(), knowledge=knowledge, weights=weights, figures=figures)
    add_seal(SEALS, seal)
    say(f"The figures are kept in {SEALS}.")
