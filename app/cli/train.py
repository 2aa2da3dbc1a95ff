"""`train`: fit the models that ship with Holdpoint on what is in the repository, and print their figures."""

import asyncio
import json
from typing import Annotated

import typer

import evals.questions as eval_questions
from app.cli.data import DEMO_STORE, JsonOption, language_detector, open_database, say
from app.cli.train_answers import answers
from app.cli.train_classifier import classifier
from app.cli.train_confidence import confidence
from app.cli.train_injection import injection
from app.demo_loading import load_demo_once
from domain.canonical import content_hash
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


commands.command()(answers)
commands.command()(classifier)
commands.command()(confidence)
commands.command()(injection)


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
