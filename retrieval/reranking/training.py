"""Fits the default reranker to labelled questions, and says by cross-validation how good it is.

`retrieval/resources/questions.jsonl` holds questions about the demo store that were written for this purpose alone, in
five languages, each with every document that answers it, and none where the store cannot answer. `holdpoint train
ranking` fits and writes the weights. Evaluations report on other questions (`make evals-retrieval`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from domain.values import Value
from domain.vocabulary import Language
from retrieval.reranking.features import (
    FEATURES,
    SIGNS,
    WEIGHTS,
    Rows,
    Verdict,
    Weights,
    chances,
    evidence,
    features,
    signs,
)
from retrieval.reranking.ranking import rank
from retrieval.search import PostgresKnowledge
from retrieval.searching.candidates import Candidate
from retrieval.searching.question import read_question

QUESTIONS = Path(__file__).parents[1] / "resources" / "questions.jsonl"
STRENGTH = 1.0
"""Of the penalty on weights, in units of one deviation of each feature: chosen by cross-validation."""
VERDICT_STRENGTH = 10.0
"""The same for the verdict, which has one row a question."""
SEED = 11
CAUGHT = 0.75
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


UNFITTED = Weights(
    embedder="",
    features=FEATURES,
    weights=(0.0,) * len(FEATURES),
    bias=0.0,
    verdict=Verdict(signs=SIGNS, weights=(0.0,) * len(SIGNS), bias=0.0),
    threshold=0.5,
    questions=0,
)
"""What candidates are collected with: nothing is known yet of what answers."""

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


def fit(
    cases: Sequence[Case],
    embedder: str,
    *,
    threshold: float = 0.5,
    data: dict[str, str] | None = None,
    hidden: frozenset[str] = frozenset(),
) -> Weights:
    """The logistic functions that best tell passages that answer from the others, and first documents that answer from
    those that do not. The second is fitted on evidence of cases that the first was not fitted on: it would believe it
    otherwise. Of `hidden` features nothing is learnt, to measure what they are worth.
    """
    found = [case for case in cases if case.candidates]
    speaking = [
        (case, evidence(case.candidates, case.question.language, weights)) for case, weights in _crossed(found, hidden)
    ]
    return _fit_evidence(found, embedder, hidden).model_copy(
        update={"verdict": _fit_verdict(speaking), "threshold": threshold, "questions": len(cases), "data": data or {}}
    )


def _crossed(cases: Sequence[Case], hidden: frozenset[str]) -> Iterator[tuple[Case, Weights]]:
    for fold in range(min(FOLDS, len(cases))):
        weights = _fit_evidence([case for place, case in enumerate(cases) if place % FOLDS != fold], "", hidden)
        for case in cases[fold::FOLDS]:
            yield case, weights


def _fit_evidence(cases: Sequence[Case], embedder: str, hidden: frozenset[str]) -> Weights:
    # Each case once more without its titles: elsewhere they may say nothing, such as numbers of paragraphs.
    chance = np.random.default_rng(SEED)
    shown = [*cases, *(_untitled(case, chance) for case in cases)]
    rows = np.concatenate([features(case.candidates, case.question.language) for case in shown])
    rows[:, [name in hidden for name in FEATURES]] = 0.0
    labels = [item.document_id in case.question.documents for case in shown for item in case.candidates]
    weights, bias = _fit_logistic(rows, labels, STRENGTH)
    return UNFITTED.model_copy(update={"embedder": embedder, "weights": weights, "bias": bias})


def _untitled(case: Case, chance: np.random.Generator) -> Case:
    candidates = tuple(
        item.model_copy(
            update={"title_closeness": float(chance.normal(0.05, 0.08)), "title_coverage": 0.0, "title_rarity": 0.0}
        )
        for item in case.candidates
    )
    return case.model_copy(update={"candidates": candidates})


def _fit_verdict(cases: Sequence[tuple[Case, list[float]]]) -> Verdict:
    rows = np.array([signs(case.candidates, speaking, case.question.language) for case, speaking in cases])
    labels = [_first(case, speaking) in case.question.documents for case, speaking in cases]
    if len(set(labels)) < 2:  # the first always answers: the evidence alone decides
        return Verdict(signs=SIGNS, weights=(1.0, *(0.0 for _ in SIGNS[1:])), bias=0.0)
    weights, bias = _fit_logistic(rows, labels, VERDICT_STRENGTH)
    return Verdict(signs=SIGNS, weights=weights, bias=bias)


def _first(case: Case, speaking: Sequence[float]) -> str:
    """The document that most speaks for."""
    return max(zip(speaking, case.candidates, strict=True), key=lambda pair: pair[0])[1].document_id


def _fit_logistic(rows: Rows, labels: Sequence[bool], strength: float) -> tuple[tuple[float, ...], float]:
    """Weights and bias for rows as they are; the penalty is on weights in units of one deviation."""
    from sklearn.linear_model import LogisticRegression  # a second to import, and only training needs it

    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation[deviation == 0] = 1.0
    model = LogisticRegression(C=1 / strength, max_iter=3_000).fit((rows - mean) / deviation, labels)
    scaled = model.coef_[0] / deviation
    return tuple(round(float(value), 5) for value in scaled), round(float(model.intercept_[0] - scaled @ mean), 5)


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
