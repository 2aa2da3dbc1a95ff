"""`train`: fit the models that ship with Holdpoint on what is in the repository, and print their figures."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

import evals.questions as eval_questions
from activities.classification.model import MODELS
from activities.training import Trained, train
from app.cli.data import DEMO_STORE, JsonOption, language_detector, open_database, say
from app.demo_loading import load_demo_once
from domain.canonical import content_hash
from domain.errors import BadInput
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.reranking.training import (
    QUESTIONS,
    UNFITTED,
    LabelledQuestion,
    Quality,
    best_threshold,
    collect,
    cross_validate,
    fit,
    hash_of,
    quality,
    read_questions,
    write_weights,
)
from retrieval.search import PostgresKnowledge

commands = typer.Typer(no_args_is_help=True, help="Fit the models that ship with Holdpoint.")


@commands.command()
def classifier(
    *,
    output: Annotated[Path, typer.Option("--output", help="Folder that receives the weights.")] = MODELS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the figures and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit, cross-validate, write the weights and print macro F1 by language with n and 95% interval."""
    if output.exists() and not output.is_dir():
        raise BadInput(f"{output} is a file; name a folder for the weights.")
    trained = asyncio.run(train(UniversalSentenceEmbedder(), None if dry_run else output))
    if as_json:
        typer.echo(json.dumps(_as_json(trained)))
        return
    typer.echo("language      n   macro F1   95% interval")
    for figure in trained.figures:
        typer.echo(f"{figure.language:<8} {figure.n:>6}      {figure.f1:.3f}   {figure.low:.3f} to {figure.high:.3f}")
    typer.echo(f"temperature {trained.temperature}, calibration error {trained.calibration_error:.3f}")
    for category, recall in trained.recalls.items():
        typer.echo(f"{category:<20} recall of the model alone {recall:.2f}, from {trained.cutoffs[category]:.2f} on")
    say("Nothing was written." if dry_run else f"{trained.bytes_written:,} bytes written to {output}.")


@commands.command()
def ranking(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the figures and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit the ranking of passages on labelled questions about the demo store, and print its figures."""
    found = asyncio.run(_ranking(write=not dry_run))
    if as_json:
        typer.echo(json.dumps(found.model_dump(mode="json")))
        return
    typer.echo("Cross-validated on questions that the weights were not fitted on:")
    for name, value in found:
        typer.echo(
            f"  {name.replace('_', ' '):<18} {value:.3f}" if isinstance(value, float) else f"  {name:<18} {value}"
        )
    say("Nothing was written." if dry_run else "The weights are written.")


async def _ranking(*, write: bool) -> Quality:
    embedder = UniversalSentenceEmbedder()
    # Of the questions that evaluations report on, the split that is meant for it; the others stay unseen.
    more = [question for question in eval_questions.read_questions() if eval_questions.split_of(question.id) == "fit"]
    labelled = [
        LabelledQuestion(id=each.id, language=each.language, text=each.text, documents=each.documents) for each in more
    ]
    async with open_database() as database:
        await load_demo_once(database, embedder, language_detector(), say=say)
        cases = await collect(
            PostgresKnowledge(database, embedder, weights=UNFITTED), DEMO_STORE, [*read_questions(), *labelled]
        )
    results = cross_validate(cases, embedder.name)
    threshold = best_threshold(results)
    if write:
        data = {QUESTIONS.name: hash_of(), "evals questions, split fit": content_hash([each.id for each in more])}
        write_weights(fit(cases, embedder.name, threshold=threshold, data=data))
    return quality(results, threshold)


def _as_json(trained: Trained) -> dict[str, object]:
    return {**trained._asdict(), "figures": [figure._asdict() for figure in trained.figures]}
