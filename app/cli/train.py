"""`train classifier`: fit the intent classifier on the utterances in the repository and print its figures."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from activities.classification.model import MODELS
from activities.training import Trained, train
from app.cli.data import JsonOption, say
from domain.errors import BadInput
from retrieval.embedders import UniversalSentenceEmbedder

commands = typer.Typer(no_args_is_help=True, help="Fit the models that ship with Holdpoint.")


@commands.callback()
def _group() -> None:
    """Keeps `classifier` a command of its own while it is the only one."""


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


def _as_json(trained: Trained) -> dict[str, object]:
    return {**trained._asdict(), "figures": [figure._asdict() for figure in trained.figures]}
