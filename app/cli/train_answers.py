"""`train answers`: search for generated questions, and fit which sentences of what was found answer them."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from activities.generation.answer_training import LabelledQuestion, fit_answers, write_weights
from activities.generation.answer_weights import WEIGHTS, AnswerWeights
from app.cli.data import JsonOption, say
from app.workbenches import open_workbench
from domain.errors import BadInput
from evals.generated.loading import cases_of, hash_of_cases
from evals.generated.sentences import labelled
from evals.questions import KNOWLEDGE
from evals.seals import hash_of_files
from retrieval.search import PostgresKnowledge

TELL_EVERY = 250


def answers(
    *,
    output: Annotated[Path, typer.Option("--output", help="File that receives the weights.")] = WEIGHTS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the figures and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit which sentences answer on generated questions about the demo store (some minutes)."""
    if output.is_dir():
        raise BadInput(f"{output} is a folder; name a file for the weights.")
    weights = asyncio.run(_fitted())
    if not dry_run:
        write_weights(weights, output)
    if as_json:
        typer.echo(json.dumps({"version": weights.version, "figures": dict(weights.figures)}))
    else:
        typer.echo(f"Cross-validated on {weights.questions} questions, none with a fact that was learnt from:")
        for name, value in weights.figures.items():
            typer.echo(f"  {name.replace('_', ' '):<12} {value:.3f}")
    say("Nothing was written." if dry_run else f"The weights are written to {output}.")


async def _fitted() -> AnswerWeights:
    # The splits `calibrate` and `test` stay unseen: the confidence is calibrated and measured on them.
    cases = [case for case in cases_of("fit") if not case.kind.startswith("orders/")]
    questions: list[LabelledQuestion] = []
    async with open_workbench() as bench:
        await bench.load_demo()
        knowledge = PostgresKnowledge(bench.database, bench.embedder)
        await knowledge.warm_up()
        say(f"Searching for {len(cases)} questions …")
        for done, case in enumerate(cases, start=1):
            found = await labelled(case, knowledge, bench.embedder)
            if found is not None:
                questions.append(found)
            if done % TELL_EVERY == 0:
                say(f"  {done} of {len(cases)}")
    data = {"questions, split fit": hash_of_cases(cases), "knowledge of the demo store": hash_of_files(KNOWLEDGE)}
    return fit_answers(questions, data)
