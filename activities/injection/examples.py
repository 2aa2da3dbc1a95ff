"""The lines that the injection model learns from: attacks and what looks like them, all written for it, and what
customers ordinarily write."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from activities.injection.rules import hits_in
from activities.phrase_lists import read_lines
from activities.wording import RESOURCES
from domain.errors import BadInput
from domain.vocabulary import Language

TRAINING = RESOURCES / "injection" / "training"
UTTERANCES = RESOURCES / "utterances"
ESCALATION = RESOURCES / "escalation"
MOST_ORDINARY = 5_000
"""Ordinary lines beyond this many are left out, evenly: they would only take time."""
KINDS = ("attacks", "harmless", "documents.attacks", "documents.harmless")


class Example(NamedTuple):
    """One text."""

    text: str
    attack: bool
    language: str
    source: str
    """`message` or `document`, written for this model; `ordinary`, what customers write; `deepset`."""
    weight: float


def read_examples(folder: Path = TRAINING, utterances: Path = UTTERANCES) -> list[Example]:
    """Every line in a fixed order; the two characters `\\n` stand for a line break. Raises BadInput for a file that
    names no language and kind, and where there are none."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        language, _, kind = path.stem.partition(".")
        if kind not in KINDS or language not in set(Language):
            raise BadInput(f"{path.name} names no language and kind of text; rename the file or remove it.")
        source = "document" if kind.startswith("documents") else "message"
        attack = kind.endswith("attacks")
        found += [Example(text, attack, language, source, 1.0) for text in _lines(path)]
    if not {example.attack for example in found} == {True, False}:
        raise BadInput(f"{folder.name} holds no attacks or nothing harmless: there is nothing to learn from.")
    return [*found, *_ordinary(utterances)]


def read_deepset(path: Path) -> list[Example]:
    """The lines of deepset's prompt injections (MIT; JSON Lines {text, label, l}), without those whose label is noise
    here. Raises BadInput when the file has another shape."""
    dropped = set(read_lines(TRAINING / "deepset.dropped"))
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [
            Example(row["text"].replace("\\n", "\n"), bool(row["label"]), row["l"], "deepset", 1.0)
            for row in rows
            if hashlib.sha256(row["text"].encode()).hexdigest()[:16] not in dropped
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path.name} has no rows of text, label and l; name deepset's train.jsonl.") from error


def _ordinary(utterances: Path) -> list[Example]:
    """Customers' lines, and look-alikes of what always goes to a person. Those that the rules find are left out: some
    customers do try."""
    paths = [*utterances.glob("*/*.txt"), *ESCALATION.glob("*/*.examples.txt")]
    named = [(path.parent.name if path.parent.name in set(Language) else path.name[:2], path) for path in sorted(paths)]
    lines = [(language, text) for language, path in named for text in _lines(path) if not text.startswith("#")]
    step = max(1, -(-len(lines) // MOST_ORDINARY))
    return [
        Example(text=text, attack=False, language=language, source="ordinary", weight=0.5)
        for language, text in lines[::step]
        if not hits_in(text)
    ]


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line.replace("\\n", "\n") for line in lines if line]
