"""How both commands of `evals` tell what they found."""

import json
from pathlib import Path

import typer

from evals.retrieval import as_json, told
from evals.tables import Part


def tell(found: list[Part], skipped: dict[str, str], output: Path | None) -> None:
    """Prints every table, and writes every figure to `output` where one is given."""
    for line in told(found, skipped):
        typer.echo(line)
    if output is not None:
        output.write_text(json.dumps(as_json(found, skipped), indent=2) + "\n", encoding="utf-8")
