"""`evals`: measure the search on labelled questions, in a database of its own that is thrown away afterwards."""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.data import language_detector, say
from app.demo_loading import load_demo_once
from app.embedded.lease import database as leased_database
from app.settings import CHECKOUT, load_settings
from domain.errors import BadInput
from evals.demo import measure_demo
from evals.questions import KNOWLEDGE, read_questions, split_of
from evals.retrieval import PARTS, as_json, measure, told
from evals.seals import Seal, add_seal, hash_of_files, hash_of_questions, refuse_again
from evals.tables import Part, plain
from evals.workbench import Workbench
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.reranking.features import WEIGHTS

SEALS = CHECKOUT / "docs" / "evals" / "retrieval-sealed.json"
"""What the sealed questions gave, each time."""

commands = typer.Typer(no_args_is_help=True, help="Measure the search.")


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
    for line in told(found, skipped):
        typer.echo(line)
    if output is not None:
        output.write_text(json.dumps(as_json(found, skipped), indent=2) + "\n", encoding="utf-8")
    say(f"{time.monotonic() - begun:.0f} s in all.")


async def _measure(parts: tuple[str, ...]) -> tuple[list[Part], dict[str, str]]:
    async with _workbench() as bench:
        return await measure(bench, parts)


async def _ask_sealed(*, again: bool) -> tuple[list[Part], dict[str, str]]:
    """Asks the questions of the split `test`, and writes down what was asked of what. Raises Conflict."""
    questions = hash_of_questions([question for question in read_questions() if split_of(question.id) == "test"])
    if not again:
        refuse_again(SEALS, questions)
    knowledge, weights = hash_of_files(KNOWLEDGE), hash_of_files(WEIGHTS)
    async with _workbench() as bench:
        part = await measure_demo(bench, "test")
    figures = plain(part.figures)
    add_seal(
        SEALS,
        Seal(at=datetime.now(UTC), questions=questions, knowledge=knowledge, weights=weights, figures=figures),
    )
    say(f"The figures are kept in {SEALS}.")
    return [part], {}


@asynccontextmanager
async def _workbench() -> AsyncIterator[Workbench]:
    """A database in a folder of its own, whatever the installation uses; both are gone afterwards."""
    settings = load_settings()
    home = _new_home()
    own = settings.model_copy(update={"home": home / "home", "database_url": None, "app_database_url": None})
    try:
        with leased_database(own, say) as urls:
            database = Database(urls.app)
            await database.open()
            try:
                yield _bench(database, home, settings.eval_data or CHECKOUT.parent / "shared" / "data")
            finally:
                await database.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _new_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="hp-"))
    home.chmod(0o711)  # the server may run as another user, and has to reach its folder
    return home


def _bench(database: Database, folder: Path, data: Path) -> Workbench:
    embedder, detect = UniversalSentenceEmbedder(), language_detector()

    async def load_demo() -> None:
        await load_demo_once(database, embedder, detect, say=say)

    return Workbench(database, embedder, detect, folder, data, load_demo, say)
