"""`train classifier`: fit what reads a customer's message, and print its figures."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from activities.classification.model import MODELS
from activities.training.classifier import Trained, train
from app.cli.data import JsonOption, say
from domain.errors import BadInput
from retrieval.embedders import UniversalSentenceEmbedder


def classifier(
    *,
    output: Annotated[Path, typer.Option("--output", help="Folder that receives the weights.")] = MODELS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the figures and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit, cross-validate, write the weights and print macro F1 by language with n and 95% interval."""
    if output.exists() and not output.is_dir():
        raise BadInput(f"{output} is a file; name a folder for the weights.")
    trained = asyncio.run(train(UniversalSentenceEmbedder(), None if dry_run else output, say=say))
    if as_json:
        typer.echo(json.dumps({**trained._asdict(), "figures": [figure._asdict() for figure in trained.figures]}))
        return
    for line in _told(trained):
        typer.echo(line)
    say("Nothing was written." if dry_run else f"{trained.bytes_written:,} bytes written to {output}.")


def _told(trained: Trained) -> list[str]:
    return [
        "On examples that were not learnt from:",
        "language      n   macro F1   95% interval",
        *(
            f"{each.language:<8} {each.n:>6}      {each.f1:.3f}   {each.low:.3f} to {each.high:.3f}"
            for each in trained.figures
        ),
        f"temperature {trained.temperature}, calibration error {trained.calibration_error:.3f}",
        *(
            f"{category:<20} recall {recall:.2f}, near misses taken {trained.near_alarms[category]:.2f}"
            for category, recall in trained.recalls.items()
        ),
        f"ordinary messages that it sends to a person {trained.false_alarms:.4f}",
        f"sentiment {trained.sentiment_accuracy:.2f}, urgency {trained.urgency_accuracy:.2f} read rightly",
    ]
