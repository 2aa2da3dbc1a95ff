"""Fits the default reranker to labelled questions, and says by cross-validation how good it is.

`retrieval/resources/questions.jsonl` holds questions about the demo store that were written for this purpose alone, in
five languages, each with every document that answers it, and none where the store cannot answer. `holdpoint train
ranking` fits and writes the weights. Evaluations report on other questions (`make evals-retrieval`).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from domain.values import Value
from domain.vocabulary import Language
from retrieval.reranking.features import FEATURES, WEIGHTS, Weights, chances, features
from retrieval.reranking.ranking import rank
from retrieval.search import PostgresKnowledge
from retrieval.searching.candidates import Candidate
from retrieval.searching.question import read_question

QUESTIONS = Path(__file__).parents[1] / "resources" / "questions.jsonl"
STRENGTH = 0.3
"""Of the penalty on weights, in units of one deviation of each feature: chosen by cross-validation."""
CAUGHT = 0.85
"""Share of the questions without an answer that are to be recognised as such."""
FOLDS = 5
TOP = 3


class LabelledQuestion(Value):
    """A question with what answers it."""

    id: str
    language: Language
    text: str
    documents: tuple[str, ...]
    """Ids of every document that answers it; empty when none does."""


class Case(Value):
    """A question with the candidates that the search found for it."""

    question: LabelledQuestion
    candidates: tuple[Candidate, ...]


Results = Sequence[tuple[Case, list[tuple[str, float]]]]
"""Cases with their ranked documents and chances, best first."""


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


def read_questions(path: Path = QUESTIONS) -> list[LabelledQuestion]:
    """The labelled questions of a JSON Lines file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [LabelledQuestion.model_validate(json.loads(line)) for line in lines if line.strip()]


async def collect(knowledge: PostgresKnowledge, store: str, questions: Sequence[LabelledQuestion]) -> list[Case]:
    """What the search finds for each question before ranking. Raises Unavailable."""
    cases = []
    for question in questions:
        found = await knowledge.find(read_question(store, question.text, question.language))
        cases.append(Case(question=question, candidates=found.candidates))
    return cases


def fit(cases: Sequence[Case], embedder: str, *, threshold: float = 0.5, data: dict[str, str] | None = None) -> Weights:
    """The logistic function that best tells the passages that answer from the others."""
    from sklearn.linear_model import LogisticRegression  # a second to import, and only training needs it

    rows = np.concatenate([features(case.candidates, case.question.language) for case in cases if case.candidates])
    labels = np.array([item.document_id in case.question.documents for case in cases for item in case.candidates])
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation[deviation == 0] = 1.0
    model = LogisticRegression(C=1 / STRENGTH, max_iter=2_000).fit((rows - mean) / deviation, labels)
    scaled = model.coef_[0] / deviation
    return Weights(
        embedder=embedder,
        features=FEATURES,
        weights=tuple(round(float(value), 5) for value in scaled),
        bias=round(float(model.intercept_[0] - scaled @ mean), 5),
        threshold=threshold,
        questions=len(cases),
        data=data or {},
    )


def cross_validate(cases: Sequence[Case], embedder: str) -> Results:
    """Each case with its ranked documents and chances, by weights that were fitted without it.

    Questions are dealt to the folds in turn, so that each fold has every language and kind.
    """
    result = []
    for fold in range(FOLDS):
        weights = fit([case for place, case in enumerate(cases) if place % FOLDS != fold], embedder)
        result += [(case, ranked(case, weights)) for case in cases[fold::FOLDS]]
    return result


def ranked(case: Case, weights: Weights) -> list[tuple[str, float]]:
    """The documents of a case with their chances, best first."""
    language = case.question.language
    scores = chances(case.candidates, language, weights)
    found = rank(case.candidates, scores, language, weights.threshold)[:TOP]
    return [(item.candidate.document_id, item.score) for item in found]


def best_threshold(results: Results) -> float:
    """The least chance from which on a question counts as answerable, so that CAUGHT of those without an answer do not.

    The rest is caught later: what leaves without a person needs a higher confidence than this.
    """
    tops = [found[0][1] if found else 0.0 for case, found in results if not case.question.documents]
    return round(float(np.quantile(tops, CAUGHT)), 2)


def quality(results: Results, threshold: float) -> Quality:
    """What the results of a cross-validation amount to."""
    with_answer = [(case, found) for case, found in results if case.question.documents]
    without = [(case, found) for case, found in results if not case.question.documents]
    return Quality(
        answerable=len(with_answer),
        unanswerable=len(without),
        hit_at_1=_hits(with_answer, 1),
        hit_at_3=_hits(with_answer, TOP),
        said_answerable=_share(bool(found) and found[0][1] >= threshold for _, found in with_answer),
        said_unanswerable=_share(not found or found[0][1] < threshold for _, found in without),
        brier=float(
            np.mean([(found[0][1] - (found[0][0] in case.question.documents)) ** 2 for case, found in results if found])
        ),
    )


def write_weights(weights: Weights, path: Path = WEIGHTS) -> None:
    """Writes the weights where `retrieval.reranking.features` reads them."""
    path.write_text(json.dumps(weights.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")


def hash_of(path: Path = QUESTIONS) -> str:
    """SHA-256 of a file of questions: the weights name what they were fitted on."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hits(results: Results, top: int) -> float:
    return _share(any(name in case.question.documents for name, _ in found[:top]) for case, found in results)


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
