"""Fits the ranking to labelled questions, and says by cross-validation how good it is.

`retrieval/resources/calibration.jsonl` holds questions about the demo store that were written for this purpose alone,
in five languages, each with every document that answers it, and none where the store cannot answer. They are no test:
the acceptance messages of the demo store are others. `holdpoint train ranking` fits and writes the weights.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from domain.values import Value
from domain.vocabulary import Language
from retrieval.ranking import FEATURES, WEIGHTS, Candidate, Weights, features, rank
from retrieval.search import PostgresKnowledge

QUESTIONS = Path(__file__).parent / "resources" / "calibration.jsonl"
STRENGTH = 0.3
"""Of the penalty on weights, in units of one deviation of each feature: chosen by cross-validation."""
CAUGHT = 0.85
"""Share of the questions without an answer that are to be recognised as such."""
FOLDS = 5
STEPS = 50


class Question(Value):
    """A labelled question."""

    id: str
    language: Language
    text: str
    documents: tuple[str, ...]
    """Ids of every document that answers it; empty when none does."""


class Case(Value):
    """A question with what both legs of the search found for it."""

    question: Question
    candidates: tuple[Candidate, ...]


class Quality(Value):
    """How good the ranking is on questions that it was not fitted on."""

    answerable: int
    unanswerable: int
    hit_at_1: float
    """Share of the answerable questions whose first document answers."""
    hit_at_3: float
    said_answerable: float
    """Share of the answerable questions that are called so."""
    said_unanswerable: float
    """Share of the others that are called unanswerable."""
    brier: float
    """Mean squared difference between the first document's chance and whether it answers."""


def read_questions(path: Path = QUESTIONS) -> list[Question]:
    """The labelled questions that come with Holdpoint."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Question.model_validate(json.loads(line)) for line in lines if line.strip()]


async def collect(knowledge: PostgresKnowledge, store: str, questions: Sequence[Question]) -> list[Case]:
    """What the search finds for each question before ranking. Raises Unavailable."""
    return [
        Case(
            question=question,
            candidates=tuple(await knowledge.candidates(store, question.text, language=question.language)),
        )
        for question in questions
    ]


def fit(cases: Sequence[Case], embedder: str, *, threshold: float = 0.5) -> Weights:
    """The logistic function that best tells the passages that answer from the others, by Newton's method."""
    rows = np.concatenate([features(case.candidates, case.question.language) for case in cases])
    labels = np.array(
        [item.document_id in case.question.documents for case in cases for item in case.candidates], float
    )
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation[deviation == 0] = 1.0
    design = np.column_stack([(rows - mean) / deviation, np.ones(len(rows))])
    penalty = np.diag([STRENGTH] * len(FEATURES) + [0.0])
    values = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ values))
        gradient = design.T @ (chance - labels) + penalty @ values
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + penalty
        step = np.linalg.solve(curvature, gradient)
        values -= step
        if float(np.abs(step).max()) < 1e-9:
            break
    scaled = values[:-1] / deviation
    return Weights(
        embedder=embedder,
        features=FEATURES,
        weights=tuple(round(float(value), 5) for value in scaled),
        bias=round(float(values[-1] - scaled @ mean), 5),
        threshold=threshold,
        questions=len(cases),
    )


def cross_validate(cases: Sequence[Case], embedder: str) -> list[tuple[Case, list[tuple[str, float]]]]:
    """Each case with its ranked documents and chances, by weights that were fitted without it.

    Questions are dealt to the folds in turn, so that each fold has every language and kind.
    """
    result = []
    for fold in range(FOLDS):
        weights = fit([case for place, case in enumerate(cases) if place % FOLDS != fold], embedder)
        for case in cases[fold::FOLDS]:
            ranked = rank(case.candidates, case.question.language, weights, top=3)
            result.append((case, [(item.candidate.document_id, item.score) for item in ranked]))
    return result


def best_threshold(results: Sequence[tuple[Case, list[tuple[str, float]]]]) -> float:
    """The least chance from which on a question counts as answerable, so that CAUGHT of those without an answer do not.

    The rest is caught later: what leaves without a person needs a higher confidence than this.
    """
    tops = [ranked[0][1] if ranked else 0.0 for case, ranked in results if not case.question.documents]
    return round(float(np.quantile(tops, CAUGHT)), 2)


def quality(results: Sequence[tuple[Case, list[tuple[str, float]]]], threshold: float) -> Quality:
    """What the results of a cross-validation amount to."""
    with_answer = [(case, ranked) for case, ranked in results if case.question.documents]
    without = [(case, ranked) for case, ranked in results if not case.question.documents]

    def hits(top: int) -> float:
        return _share(any(name in case.question.documents for name, _ in ranked[:top]) for case, ranked in with_answer)

    return Quality(
        answerable=len(with_answer),
        unanswerable=len(without),
        hit_at_1=hits(1),
        hit_at_3=hits(3),
        said_answerable=_share(bool(ranked) and ranked[0][1] >= threshold for _, ranked in with_answer),
        said_unanswerable=_share(not ranked or ranked[0][1] < threshold for _, ranked in without),
        brier=float(
            np.mean(
                [(ranked[0][1] - (ranked[0][0] in case.question.documents)) ** 2 for case, ranked in results if ranked]
            )
        ),
    )


def write_weights(weights: Weights, path: Path = WEIGHTS) -> None:
    """Writes the weights where `retrieval.ranking` reads them."""
    path.write_text(json.dumps(weights.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
