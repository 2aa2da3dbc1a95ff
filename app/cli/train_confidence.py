"""`train confidence`: answer generated questions with the real graph, and fit how sure an answer may be."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from activities.guarding.confidence_training import JudgedAnswer, fit_confidence, write_weights
from activities.guarding.confidence_weights import WEIGHTS, Weights
from app.cli.data import JsonOption, say
from app.workbenches import graph_over, open_workbench
from domain.errors import BadInput
from evals.generated.asking import STORE, Answered, Judged, answer_all, load_shoppers
from evals.generated.cases import Split
from evals.generated.loading import cases_of, hash_of_cases
from evals.questions import KNOWLEDGE
from evals.seals import hash_of_files

LEARNT: tuple[Split, ...] = ("fit", "calibrate")
"""The questions of the split `test` are left for `holdpoint evals decisions`."""


def confidence(
    *,
    output: Annotated[Path, typer.Option("--output", help="File that receives the weights.")] = WEIGHTS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the figures and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit the confidence on generated questions about the demo store whose facts a program checks (some minutes)."""
    if output.is_dir():
        raise BadInput(f"{output} is a folder; name a file for the weights.")
    weights = asyncio.run(_fitted())
    if not dry_run:
        write_weights(weights, output)
    if as_json:
        typer.echo(json.dumps(weights.card.model_dump(mode="json")))
    else:
        for name, value in weights.card.figures.items():
            typer.echo(f"{name:<48} {value:.4f}")
        typer.echo(f"{weights.version}: {weights.calibration.method} calibration, strength {weights.card.strength}")
    say("Nothing was written." if dry_run else f"The weights are written to {output}.")


async def _fitted() -> Weights:
    cases = cases_of(*LEARNT)
    async with open_workbench() as bench:
        await load_shoppers(bench)
        run, policy = await graph_over(bench, STORE)
        say(f"Answering {len(cases)} questions …")
        answered = await answer_all(run, policy, cases, say)
    _say_counts(answered)
    data = {
        "questions, splits fit and calibrate": hash_of_cases(cases),
        "knowledge of the demo store": hash_of_files(KNOWLEDGE),
        **policy.versions,
    }
    data.pop("confidence", None)  # the weights that are replaced have no part in the new ones
    return fit_confidence(_learnt(answered, "fit"), _learnt(answered, "calibrate"), data)


def _learnt(answered: Answered, split: Split) -> list[JudgedAnswer]:
    return [_learnable(judged) for judged in answered.judged if judged.split == split]


def _learnable(judged: Judged) -> JudgedAnswer:
    return JudgedAnswer(
        features=judged.features,
        intent=judged.intent,
        language=judged.answered_in,
        right=judged.right,
        cluster=judged.cluster,
    )


def _say_counts(answered: Answered) -> None:
    right = sum(judged.right for judged in answered.judged)
    left_out = ", ".join(f"{count} {name}" for name, count in sorted(answered.left_out.items()))
    say(f"{len(answered.judged)} answers, {right} of them right; left out: {left_out or 'none'}.")
