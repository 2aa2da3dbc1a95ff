"""`train injection`: fit the model that notices orders to the machine, and print its cross-validated figures."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from activities.injection.examples import read_deepset, read_examples
from activities.injection.model import MODELS
from activities.injection.training import train
from app.cli.data import JsonOption, say
from domain.errors import BadInput
from retrieval.embedders import UniversalSentenceEmbedder


def injection(
    *,
    output: Annotated[Path, typer.Option("--output", help="Folder that receives the weights.")] = MODELS,
    deepset: Annotated[
        Path | None, typer.Option("--deepset", help="deepset's train.jsonl, to learn from as well; not shipped.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the figures and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit the injection model on the lines in the repository, cross-validate, write the weights (a minute or two)."""
    if output.exists() and not output.is_dir():
        raise BadInput(f"{output} is a file; name a folder for the weights.")
    examples = [*read_examples(), *(read_deepset(deepset) if deepset else ())]
    trained = asyncio.run(train(UniversalSentenceEmbedder(), None if dry_run else output, examples=examples))
    if as_json:
        typer.echo(json.dumps(trained._asdict()))
        return
    typer.echo("cross-validated                 n   by meaning   by letters alone")
    for name, figure in trained.figures.items():
        typer.echo(f"{name:<26} {figure['n']:>6} {figure['share']:>12.3f} {figure['letters_share']:>18.3f}")
    typer.echo(f"taken for an attack from {trained.threshold:.4f} on, without vectors {trained.letters_threshold:.4f}")
    say("Nothing was written." if dry_run else f"{trained.bytes_written:,} bytes written to {output}.")
