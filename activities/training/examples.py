"""The examples that the classifier learns from: text files with one message a line, checked as they are read.

    utterances/LANGUAGE/INTENT.txt                    what customers want
    escalation/CATEGORY/LANGUAGE.examples.txt         what always goes to a person
    escalation/CATEGORY/LANGUAGE.near.txt             what only sounds like it
    escalation/ordinary/LANGUAGE.examples.txt         what sounds like several of them
    escalation/in_passing.tsv                         utterances that belong to a category in passing
    moods/LANGUAGE/sentiment_*.txt, urgency_*.txt     how customers feel, and what presses

A line break inside a message is written as the two characters \\n. Below the comment UNSEEN stand lines that no author
of rules has read: only these show how much a rule is worth.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from activities.classification.model import CLOSING, NONE
from activities.classification.signs import CATEGORIES
from activities.wording import RESOURCES
from domain.errors import BadInput
from domain.vocabulary import Intent, Language

UTTERANCES, ESCALATION, MOODS = RESOURCES / "utterances", RESOURCES / "escalation", RESOURCES / "moods"
INTENTS = (*(intent.value for intent in Intent), CLOSING)
DANGERS = (*CATEGORIES, NONE)
SENTIMENTS = ("negative", "neutral", "positive")
URGENCIES = ("high", "normal")
FOLDS = 3
UNSEEN = "# not shown to the authors of the rules"
"""The comment below which such lines stand."""
MAX_LINE = 4_000
"""Characters of one message: what the encoder reads."""


class Example(NamedTuple):
    """One message with its label and language."""

    text: str
    label: str
    language: Language
    fold: int
    """0 to FOLDS - 1. Neighbouring lines share a fold: they were written in one go, so what is measured on a fold is
    measured on other occasions than those that were learnt."""
    near: str = ""
    """The must-escalate category that an ordinary message only sounds like."""
    unseen: bool = False
    """Whether the authors of the rules have not read it."""


def read_examples(folder: Path = UTTERANCES) -> list[Example]:
    """Every line of `{language}/{intent}.txt`, in a fixed order. Raises BadInput for a strange name or line."""
    found: list[Example] = []
    for path in sorted(folder.glob("*/*.txt")):
        if path.stem not in INTENTS or path.parent.name not in set(Language):
            raise BadInput(f"{path.parent.name}/{path.name} names no language and class; rename the file or remove it.")
        found += _examples(path, path.stem, Language(path.parent.name))
    if not found:
        raise BadInput("There are no utterances to train on.")
    return found


def read_dangers(folder: Path = ESCALATION) -> list[Example]:
    """The must-escalate categories, what only sounds like one, and what sounds like several. Raises BadInput."""
    found: list[Example] = []
    for language in Language:
        for category in CATEGORIES:
            found += _examples(folder / category / f"{language.value}.examples.txt", category, language)
            found += _examples(folder / category / f"{language.value}.near.txt", NONE, language, near=category)
        found += _examples(folder / "ordinary" / f"{language.value}.examples.txt", NONE, language, near="ordinary")
    return found


def read_in_passing(folder: Path = ESCALATION) -> dict[str, str]:
    """Utterances that belong to a must-escalate category in passing, with that category: lines of `in_passing.tsv`.
    Raises BadInput."""
    path, found = folder / "in_passing.tsv", {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        category, _, text = line.partition("\t")
        if category not in CATEGORIES or not text:
            raise BadInput(f"{path.name}: “{line[:40]}” is no category, tab and message; mend the line or remove it.")
        found[text.strip().replace("\\n", "\n")] = category
    return found


def read_moods(subject: str, labels: tuple[str, ...], folder: Path = MOODS) -> list[Example]:
    """Messages with the feeling that they show, or with what presses. Raises BadInput."""
    return [
        example
        for language in Language
        for label in labels
        for example in _examples(folder / language.value / f"{subject}_{label}.txt", label, language)
    ]


def _examples(path: Path, label: str, language: Language, *, near: str = "") -> list[Example]:
    every = list(_lines(path))
    return [
        Example(text, label, language, at * FOLDS // len(lines), near, unseen)
        for unseen in (False, True)
        for lines in ([text for text, own in every if own is unseen],)
        for at, text in enumerate(lines)
    ]


def _lines(path: Path) -> Iterator[tuple[str, bool]]:
    """The messages of a file, and whether they stand below UNSEEN. Raises BadInput naming the line that cannot be
    used."""
    if not path.is_file():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.parent.name}/{path.name} is not UTF-8; save it as UTF-8.") from error
    seen: set[str] = set()
    unseen = False
    for number, line in enumerate(lines, 1):
        text = line.strip().replace("\\n", "\n")
        unseen = unseen or text == UNSEEN
        if not text or text.startswith("# "):
            continue
        if fault := _fault(text, seen):
            raise BadInput(f"{path.parent.name}/{path.name}, line {number}: {fault}")
        seen.add(text)
        yield text, unseen


def _fault(text: str, seen: set[str]) -> str | None:
    if len(text) > MAX_LINE:
        return f"the message is longer than {MAX_LINE} characters; shorten it."
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in text):
        return "it holds control characters; remove them."
    if text in seen:
        return "it stands in this file already; remove one of the two."
    return None
