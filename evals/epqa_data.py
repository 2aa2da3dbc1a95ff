"""ePQA: questions about products, each with ten candidates of which some answer in full.

Shen, Barlacchi, Del Tredici et al., semiPQA (2022; CDLA-Sharing-1.0). The order in the file gives the labels away, so
candidates are shuffled with a fixed seed before anything sees them; ties are then broken by chance.
"""

import csv
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from domain.errors import BadInput
from domain.values import Value

FILE = Path("epqa_dev_half") / "epqa_dev.csv"
FULL = 2
"""The label of a candidate that answers in full."""
SEED = 20_260_101


class EpqaCandidate(Value):
    """One of the ten."""

    text: str
    source: str
    """attribute, bullet, cqa, description or review: the dataset's own, which a shop's documents do not have."""
    label: int
    """0: no answer, 1: a part of it, 2: all of it. Only for counting and for learning."""


class EpqaGroup(Value):
    """A question with its ten candidates, and what else is known of the product."""

    id: str
    product: str
    """Key of the product: folds never divide it."""
    title: str
    question: str
    candidates: tuple[EpqaCandidate, ...]
    known: tuple[str, ...]
    """Distinct texts about the same product, over all of its questions: what statistics of words are counted on."""

    @property
    def is_answerable(self) -> bool:
        """Whether any candidate answers in full."""
        return any(candidate.label == FULL for candidate in self.candidates)


Scorer = Callable[[EpqaGroup], Sequence[float]]
"""Scores the candidates of a group, in their order, higher is better. It must not look at labels."""


def epqa_absent(data: Path) -> str | None:
    """Why it can not be measured here; None when it can."""
    return None if (data / FILE).is_file() else f"{data / FILE} is not there"


def read_epqa(data: Path) -> list[EpqaGroup]:
    """All questions, candidates shuffled. Raises BadInput when the file has another shape."""
    with (data / FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"qid", "question", "ASIN", "candidate", "source", "title", "label"} <= rows[0].keys():
        raise BadInput(f"{FILE.name} does not have the columns of ePQA.")
    by_question: dict[str, list[dict[str, str]]] = {}
    known: dict[str, dict[str, None]] = {}
    for row in rows:
        by_question.setdefault(row["qid"], []).append(row)
        known.setdefault(row["ASIN"], {})[row["candidate"]] = None
    return [_group(own, tuple(known[own[0]["ASIN"]])) for own in by_question.values()]


def _group(rows: list[dict[str, str]], known: tuple[str, ...]) -> EpqaGroup:
    first = rows[0]
    candidates = [EpqaCandidate(text=row["candidate"], source=row["source"], label=int(row["label"])) for row in rows]
    random.Random(f"{SEED} {first['qid']}").shuffle(candidates)  # noqa: S311  nothing secret
    return EpqaGroup(
        id=first["qid"],
        product=first["ASIN"],
        title=first["title"],
        question=first["question"],
        candidates=tuple(candidates),
        known=known,
    )


def first_is_full(groups: Sequence[EpqaGroup], scores: Sequence[Sequence[float]]) -> list[bool]:
    """For each group whether its best candidate answers in full; of equal ones the first counts."""
    return [
        group.candidates[max(range(len(own)), key=lambda place: (own[place], -place))].label == FULL
        for group, own in zip(groups, scores, strict=True)
    ]
