"""Fitting the classifier on the utterances in resources: deterministic, under two minutes, figures cross-validated.

scikit-learn is needed here and nowhere else: answering reads the weights with numpy.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.danger import CATEGORIES, examples, signs_in
from activities.classification.figures import Figure, Labels, calibration_error_of, figures_of
from activities.classification.model import CLOSING, GRAMS_WEIGH, MODELS, Numbers, Vectors, log_softmax
from activities.classification.ngrams import BUCKETS, counts
from activities.wording import RESOURCES, gist_of, sentences_of
from domain.canonical import content_hash
from domain.errors import BadInput
from domain.ports import Embedder
from domain.vocabulary import Intent, Language

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

UTTERANCES = RESOURCES / "utterances"
CLASSES = (*(intent.value for intent in Intent), CLOSING)
MODEL_CATEGORIES = tuple(category for category in CATEGORIES if category != "person_requested")
"""Categories with a head of their own; a request for a person is the intent `human_agent`."""
FOLDS = 5
INTENT_C = 5.0
GRAM_C = 10.0
CATEGORY_C = 30.0
WANTED_FALSE_ALARMS = 0.002
"""Share of ordinary messages and sentences that one category's head may send to a person needlessly."""


class Example(NamedTuple):
    """One utterance with its class and language."""

    text: str
    label: str
    language: Language
    fold: int
    """0 to FOLDS - 1. Neighbouring lines share a fold: the files of the five languages run alike, so a line and its
    counterparts in the other languages are seldom on both sides of a split."""


class Trained(NamedTuple):
    """What a training run made: files were written when `folder` was given."""

    figures: tuple[Figure, ...]
    temperature: float
    calibration_error: float
    cutoffs: dict[str, float]
    recalls: dict[str, float]
    data_hash: str
    bytes_written: int


def read_examples(folder: Path = UTTERANCES) -> list[Example]:
    """Every line of `{language}/{intent}.txt`, in a fixed order. Raises BadInput for a strange name."""
    found = []
    for path in sorted(folder.glob("*/*.txt")):
        if path.stem not in CLASSES or path.parent.name not in set(Language):
            raise BadInput(f"{path.parent.name}/{path.name} names no language and class; rename the file or remove it.")
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        language = Language(path.parent.name)
        found += [Example(line, path.stem, language, _fold(at, len(lines))) for at, line in enumerate(lines)]
    if not found:
        raise BadInput("There are no utterances to train on.")
    return found


def _fold(position: int, lines: int) -> int:
    return position * FOLDS // lines


async def train(embedder: Embedder, folder: Path | None = MODELS, *, utterances: Path = UTTERANCES) -> Trained:
    """Fits, cross-validates and writes `intents.npz` and `intents.json` to `folder` (None: writes nothing)."""
    data = read_examples(utterances)
    texts = [gist_of(example.text) for example in data]
    vectors, grams = await _embed(embedder, texts), _grams(texts)
    labels = np.array([example.label for example in data])
    languages = np.array([example.language.value for example in data])
    logits = _cross_validated(vectors, grams, labels, np.array([example.fold for example in data]))
    temperature = _fit_temperature(logits, labels)
    danger = await _fit_dangers(embedder, data, vectors)
    rarity = _rarity(grams)
    weights, bias = _fit(vectors, labels, INTENT_C)
    gram_weights, gram_bias = _fit(_weighed(grams, rarity), labels, GRAM_C)
    data_hash = content_hash([[*example[:3]] for example in data] + [list(danger.texts)])
    trained = Trained(
        figures=figures_of(np.array(CLASSES)[logits.argmax(axis=1)], labels, languages),
        temperature=temperature,
        calibration_error=calibration_error_of(np.exp(log_softmax(logits / temperature)), np.array(CLASSES), labels),
        cutoffs=dict(zip(MODEL_CATEGORIES, danger.cutoffs, strict=True)),
        recalls=dict(zip(MODEL_CATEGORIES, danger.recalls, strict=True)),
        data_hash=data_hash,
        bytes_written=0,
    )
    if folder is None:
        return trained
    arrays: dict[str, NDArray[Any]] = {
        "weights": weights,
        "bias": bias,
        "gram_weights": gram_weights.astype(np.float16),
        "gram_bias": gram_bias,
        "rarity": rarity.astype(np.float32),
        "category_weights": danger.weights,
        "category_bias": danger.bias,
    }
    return trained._replace(bytes_written=_write(folder, trained, embedder.name, arrays))


async def _embed(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    rows: list[list[float]] = []
    for start in range(0, len(texts), 32):
        rows += await embedder.embed(texts[start : start + 32])
    return np.asarray(rows, dtype=np.float32).reshape(len(texts), embedder.dimensions)


def _grams(texts: Sequence[str]) -> "csr_matrix":
    """One row of n-gram counts a text."""
    from scipy.sparse import csr_matrix

    rows = [counts(text) for text in texts]
    columns = np.concatenate([buckets for buckets, _ in rows])
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    return csr_matrix((np.concatenate([often for _, often in rows]), columns, ends), shape=(len(rows), BUCKETS))


def _rarity(grams: "csr_matrix") -> Numbers:
    """Inverse document frequency of each bucket; 0 for one that occurs in a single text."""
    seen = np.asarray((grams > 0).sum(axis=0)).ravel()
    return np.asarray(np.where(seen < 2, 0.0, np.log((1 + grams.shape[0]) / (1 + seen)) + 1))


def _weighed(grams: "csr_matrix", rarity: Numbers) -> "csr_matrix":
    """Rows of unit length."""
    from sklearn.preprocessing import normalize

    return normalize(grams.multiply(rarity).tocsr())


def _fit(vectors: "Vectors | csr_matrix", labels: Labels, strength: float) -> tuple[Vectors, Vectors]:
    """Weights and bias in the order of CLASSES; a class without examples can never win."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(vectors, labels)
    weights = np.zeros((len(CLASSES), vectors.shape[1]), dtype=np.float32)
    bias = np.full(len(CLASSES), -50.0, dtype=np.float32)
    for row, name in enumerate(model.classes_):
        weights[CLASSES.index(name)], bias[CLASSES.index(name)] = model.coef_[row], model.intercept_[row]
    return weights, bias


def _cross_validated(vectors: Vectors, grams: "csr_matrix", labels: Labels, folds: NDArray[np.int_]) -> Numbers:
    """Joint log-probabilities of each utterance by models that have not seen it."""
    logits = np.zeros((len(labels), len(CLASSES)))
    for fold in range(FOLDS):
        unseen = folds == fold
        rarity = _rarity(grams[~unseen])
        weights, bias = _fit(vectors[~unseen], labels[~unseen], INTENT_C)
        gram_weights, gram_bias = _fit(_weighed(grams[~unseen], rarity), labels[~unseen], GRAM_C)
        by_meaning = log_softmax(vectors[unseen] @ weights.T + bias)
        by_letters = log_softmax(_weighed(grams[unseen], rarity) @ gram_weights.T + gram_bias)
        logits[unseen] = (1 - GRAMS_WEIGH) * by_meaning + GRAMS_WEIGH * by_letters
    return logits


def _fit_temperature(logits: Numbers, labels: Labels) -> float:
    """The one divisor of the logits under which the unseen utterances are likeliest."""
    index = np.array([CLASSES.index(label) for label in labels])
    grid = np.geomspace(0.2, 5.0, 200)
    losses = [-log_softmax(logits / t)[np.arange(len(index)), index].mean() for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 4)


class _Dangers(NamedTuple):
    weights: Vectors
    bias: Vectors
    cutoffs: tuple[float, ...]
    recalls: tuple[float, ...]
    texts: tuple[str, ...]


async def _fit_dangers(embedder: Embedder, data: list[Example], vectors: Vectors) -> _Dangers:
    """One head a category: its examples against everything else, ordinary utterances included."""
    given = [
        (category, text, _fold(at, len(lines)))
        for category in (*MODEL_CATEGORIES, "ordinary")
        for lines in (examples(category, language) for language in Language)
        for at, text in enumerate(lines)
    ]
    texts = tuple(text for _, text, _ in given)
    harmless = np.array([not signs_in(example.text) for example in data])
    parts = _parts([example for example, fine in zip(data, harmless, strict=True) if fine])
    ours, theirs = await _embed(embedder, texts), await _embed(embedder, [text for text, _ in parts])
    everything = np.concatenate([ours, vectors[harmless], theirs])
    labels = np.array([category for category, _, _ in given] + ["ordinary"] * (int(harmless.sum()) + len(parts)))
    folds = np.array(
        [fold for _, _, fold in given]
        + [example.fold for example, fine in zip(data, harmless, strict=True) if fine]
        + [fold for _, fold in parts]
    )
    heads = [_fit_head(everything, labels == category, folds) for category in MODEL_CATEGORIES]
    return _Dangers(
        weights=np.stack([head[0] for head in heads]).astype(np.float32),
        bias=np.array([head[1] for head in heads], dtype=np.float32),
        cutoffs=tuple(head[2] for head in heads),
        recalls=tuple(head[3] for head in heads),
        texts=texts,
    )


def _parts(harmless: list[Example]) -> list[tuple[str, int]]:
    """The single sentences of longer utterances with their folds: the heads read sentences too, and what leads up to a
    question looks like nothing that is asked."""
    split = [(sentences_of(gist_of(example.text)), example.fold) for example in harmless]
    return [(sentence, fold) for sentences, fold in split if len(sentences) > 1 for sentence in sentences]


def _fit_head(
    vectors: Vectors, positive: NDArray[np.bool_], folds: NDArray[np.int_]
) -> tuple[Vectors, float, float, float]:
    """Weights, bias, cut-off and cross-validated recall of one category."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, cross_val_predict

    head = LogisticRegression(C=CATEGORY_C, max_iter=300, tol=1e-3, class_weight="balanced")
    splits = PredefinedSplit(folds)
    unseen = cross_val_predict(head, vectors, positive, cv=splits, method="predict_proba")[:, 1]
    cutoff = max(0.5, float(np.quantile(unseen[~positive], 1 - WANTED_FALSE_ALARMS)))
    head.fit(vectors, positive)
    return head.coef_[0], float(head.intercept_[0]), round(cutoff, 4), float((unseen[positive] >= cutoff).mean())


def _write(folder: Path, trained: Trained, embedder: str, arrays: dict[str, NDArray[Any]]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "intents.npz"
    np.savez_compressed(weights, allow_pickle=False, **arrays)
    card = {
        "version": f"intents-{trained.data_hash[:12]}",
        "embedder": embedder,
        "data_hash": trained.data_hash,
        "classes": CLASSES,
        "categories": MODEL_CATEGORIES,
        "temperature": trained.temperature,
        "cutoffs": list(trained.cutoffs.values()),
        "figures": {
            figure.language: {"n": figure.n, "macro_f1": round(figure.f1, 4), "low": round(figure.low, 4),
                              "high": round(figure.high, 4)}
            for figure in trained.figures
        },
    }  # fmt: skip
    (folder / "intents.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return weights.stat().st_size
