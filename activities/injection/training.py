"""Fitting the injection model on the lines in resources: deterministic, under two minutes, figures cross-validated.

Lines that say nearly the same, translations above all, share a fold: what is told of a line is told by models that saw
nothing like it. scikit-learn is needed here and nowhere else.
"""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from activities.injection import grams, shapes
from activities.injection.examples import Example, read_examples
from activities.injection.looking import Look, look_at
from activities.injection.model import (
    LIMIT,
    MODELS,
    Arrays,
    Numbers,
    Vectors,
    all_features,
    letter_features,
    network,
)
from activities.injection.rules import CERTAIN
from activities.injection.thresholds import Found, figures_of, thresholds_of
from domain.canonical import content_hash
from domain.ports import Embedder

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FOLDS = 5
GROUPS = 300
"""How many groups of lines that say nearly the same."""
HIDDEN, NETWORKS, ROUNDS = 48, 3, 12
GRAM_C, SHAPE_C, JOINT_C = 10.0, 10.0, 0.005
SMALLEST_SPREAD = 0.2
PART_WEIGHS = 0.3
"""A part counts as much as this share of a whole."""

Flags = NDArray[np.bool_]
Counted = list[tuple[NDArray[np.int64], Numbers]]


class Trained(NamedTuple):
    """What a training run made: files were written when `folder` was given."""

    figures: dict[str, dict[str, float]]
    threshold: float
    letters_threshold: float
    data_hash: str
    bytes_written: int


class Rows(NamedTuple):
    """Whole texts first, in their order, then the parts of all of them."""

    owner: NDArray[np.int_]
    """Row of the whole that each row belongs to."""
    attack: Flags
    weight: Numbers

    def of(self, owners: Flags) -> NDArray[np.int_]:
        """The rows of these wholes."""
        return np.flatnonzero(owners[self.owner])

    def fitted(self, owners: Flags) -> tuple[NDArray[np.int_], Flags, Numbers]:
        """Rows to learn from, with their labels and weights: the wholes, and the parts of harmless ones. Which part of
        an attack is its order is not known. Attacks weigh half as much as all else."""
        whole = self.owner == np.arange(len(self.owner))
        rows = np.flatnonzero(owners[self.owner] & (whole | ~self.attack))
        attack, weight = self.attack[rows], self.weight[rows]
        share = weight[~attack].sum() / max(1e-9, weight[attack].sum()) * 0.5
        return rows, attack, np.where(attack, weight * share, weight)


class Table(NamedTuple):
    """All examples as the judges take them."""

    fold: NDArray[np.int_]
    """Of each whole."""
    read: Rows
    """Wholes, units and windows, which are read by their letters."""
    grams: "csr_matrix"
    shapes: "csr_matrix"
    meant: Rows
    """Gists and units, which are read by their vectors."""
    vectors: Vectors


class Judges(NamedTuple):
    """Weights of the three judges."""

    arrays: Arrays

    def letters(self, table: Table, rows: NDArray[np.int_]) -> Numbers:
        """Log-odds of these rows by n-grams and by shapes."""
        read = [_decide(getattr(table, f"{name}s")[rows], self.arrays, name) for name in ("gram", "shape")]
        return np.clip(np.stack(read, axis=1), -LIMIT, LIMIT)

    def meaning(self, table: Table, rows: NDArray[np.int_]) -> Numbers:
        """Log-odds of these rows by their vectors."""
        return np.clip(network(table.vectors[rows].astype(np.float64), self.arrays), -LIMIT, LIMIT)


async def train(embedder: Embedder, folder: Path | None = MODELS, *, examples: Sequence[Example] = ()) -> Trained:
    """Fits, cross-validates and writes `injection.npz` and `injection.json` to `folder` (None: writes nothing)."""
    threadpool_limits(limits=1, user_api="blas")  # more threads only spin on matrices as small as these
    data = list(examples) or read_examples()
    looks = [look_at(example.text) for example in data]
    table = await _table(embedder, data, looks)
    traits = np.stack([look.traits for look in looks])
    full, letters = _unseen_features(table, len(data))
    count, attack = len(data), table.read.attack[: len(data)]
    scores = {
        "full": _unseen_scores(np.c_[full, traits], table, count),
        "letters": _unseen_scores(np.c_[letters, traits], table, count),
    }
    certain = np.array([any(hit.rule in CERTAIN for hit in look.hits) for look in looks])
    found = Found(data, attack, *(np.where(certain, 1.0, scores[name]) for name in ("full", "letters")))
    levels = thresholds_of(found)
    arrays = dict(_judges(table, np.ones(count, dtype=bool)).arrays)
    for name, features in (("full", full), ("letters", letters)):
        weights, bias = _joint(np.c_[features, traits], attack, table.read.weight[:count])
        arrays |= {f"{name}_weights": weights.astype(np.float32), f"{name}_bias": np.float32(bias)}  # type: ignore[dict-item]
    trained = Trained(figures_of(found, levels), *levels, content_hash([[*example] for example in data]), 0)
    return trained if folder is None else trained._replace(bytes_written=_write(folder, trained, embedder.name, arrays))


async def _table(embedder: Embedder, data: Sequence[Example], looks: Sequence[Look]) -> Table:
    read, texts = _rows(data, [look.read for look in looks])
    meant, units = _rows(data, [look.units for look in looks])
    vectors = await _embed(embedder, units)
    return Table(
        fold=_folds(vectors[: len(data)]),
        read=read,
        grams=_counted([grams.counts(text) for text in texts], grams.BUCKETS),
        shapes=_counted([shapes.counts(text) for text in texts], shapes.BUCKETS),
        meant=meant,
        vectors=vectors,
    )


def _rows(data: Sequence[Example], parts: Sequence[Sequence[str]]) -> tuple[Rows, list[str]]:
    """Of texts with their parts, the whole first; the texts of the rows beside them."""
    more = [(row, part) for row, own in enumerate(parts) for part in own[1:]]
    owner = np.array([*range(len(data)), *(row for row, _ in more)])
    attack = np.array([example.attack for example in data])[owner]
    weight = np.array([example.weight for example in data])[owner]
    weight = weight * np.where(np.arange(len(owner)) < len(data), 1.0, PART_WEIGHS)
    return Rows(owner, attack, weight), [*(own[0] for own in parts), *(part for _, part in more)]


async def _embed(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    unique = list(dict.fromkeys(texts))
    rows: list[list[float]] = []
    for start in range(0, len(unique), 64):
        rows += await embedder.embed(unique[start : start + 64])
    known = dict(zip(unique, range(len(unique)), strict=True))
    return np.asarray(rows, dtype=np.float32)[[known[text] for text in texts]]


def _folds(vectors: Vectors) -> NDArray[np.int_]:
    """Texts that lie near each other share a fold."""
    from sklearn.cluster import MiniBatchKMeans

    groups = min(GROUPS, max(FOLDS, len(vectors) // 4))
    found = MiniBatchKMeans(groups, n_init=1, random_state=0, batch_size=2_048, max_iter=20).fit_predict(vectors)
    return np.asarray(found % FOLDS, dtype=np.int_)


def _counted(rows: Counted, buckets: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    columns = np.concatenate([own for own, _ in rows])
    ends = np.cumsum([0, *(len(own) for own, _ in rows)])
    return csr_matrix((np.concatenate([often for _, often in rows]), columns, ends), shape=(len(rows), buckets))


def _judges(table: Table, seen: Flags) -> Judges:
    """Fitted on the examples that are seen."""
    rows, attack, weight = table.read.fitted(seen)
    arrays: Arrays = {}
    for name, strength in (("gram", GRAM_C), ("shape", SHAPE_C)):
        arrays |= _fit_linear(getattr(table, f"{name}s")[rows], attack, weight, strength, name)
    rows, attack, weight = table.meant.fitted(seen)
    return Judges(arrays | _fit_network(table.vectors[rows], attack, weight))


def _fit_linear(counted: "csr_matrix", attack: Flags, weight: Numbers, strength: float, name: str) -> Arrays:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import normalize

    seen = np.asarray((counted > 0).sum(axis=0)).ravel()
    rarity = np.where(seen < 2, 0.0, np.log((1 + counted.shape[0]) / (1 + seen)) + 1)
    fitted = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(
        normalize(counted.multiply(rarity).tocsr()), attack, weight
    )
    return {
        f"{name}_weights": fitted.coef_[0].astype(np.float16),
        f"{name}_rarity": rarity.astype(np.float16),
        f"{name}_bias": fitted.intercept_[0].astype(np.float32),
    }


def _decide(counted: "csr_matrix", arrays: Arrays, name: str) -> Numbers:
    from sklearn.preprocessing import normalize

    rows = normalize(counted.multiply(arrays[f"{name}_rarity"].astype(np.float64)).tocsr())
    return np.asarray(rows @ arrays[f"{name}_weights"].astype(np.float64) + float(arrays[f"{name}_bias"]))


def _fit_network(vectors: Vectors, attack: Flags, weight: Numbers) -> Arrays:
    """Networks on samples drawn by weight, joined to one whose answer is their mean."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    drawn = np.random.default_rng(0).choice(len(attack), size=int(1.5 * len(attack)), p=weight / weight.sum())
    size = min(256, len(drawn))
    fitted = [
        MLPClassifier(
            (HIDDEN,), alpha=0.003, max_iter=ROUNDS, random_state=seed, batch_size=size, learning_rate_init=2e-3
        )
        for seed in range(NETWORKS)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of rounds is meant
        for one in fitted:
            one.fit(vectors[drawn] * 8.0, attack[drawn])
    return {
        "hidden_weights": np.concatenate([one.coefs_[0] * 8.0 for one in fitted], axis=1).astype(np.float16),
        "hidden_bias": np.concatenate([one.intercepts_[0] for one in fitted]).astype(np.float32),
        "output_weights": np.concatenate([one.coefs_[1][:, 0] / NETWORKS for one in fitted]).astype(np.float32),
        "output_bias": np.float32(np.mean([one.intercepts_[1][0] for one in fitted])),  # type: ignore[dict-item]
    }


def _unseen_features(table: Table, count: int) -> tuple[Numbers, Numbers]:
    """What judges say of each whole that have seen nothing like it: with vectors, and by letters alone."""
    full, letters = [np.zeros(0)] * count, [np.zeros(0)] * count
    for fold in range(FOLDS):
        judges = _judges(table, table.fold != fold)
        read, meant = table.read.of(table.fold == fold), table.meant.of(table.fold == fold)
        by_letters = _grouped(table.read.owner[read], judges.letters(table, read))
        by_meaning = _grouped(table.meant.owner[meant], judges.meaning(table, meant))
        for owner, own in by_letters.items():
            letters[owner] = letter_features(own)
            full[owner] = all_features(own, by_meaning[owner])
    return np.stack(full), np.stack(letters)


def _grouped(owners: NDArray[np.int_], values: Numbers) -> dict[int, Numbers]:
    """The values of each owner's rows, its whole first."""
    places: dict[int, list[int]] = {}
    for place, owner in enumerate(owners.tolist()):
        places.setdefault(owner, []).append(place)
    return {owner: values[own] for owner, own in places.items()}


def _unseen_scores(features: Numbers, table: Table, count: int) -> Numbers:
    """Probabilities of each whole by weights that have not seen it."""
    attack, weight, fold = table.read.attack[:count], table.read.weight[:count], table.fold
    scores = np.zeros(count)
    for each in range(FOLDS):
        weights, bias = _joint(features[fold != each], attack[fold != each], weight[fold != each])
        scores[fold == each] = 1.0 / (1.0 + np.exp(-(features[fold == each] @ weights + bias)))
    return scores


def _joint(features: Numbers, attack: Flags, weight: Numbers) -> tuple[Numbers, float]:
    from sklearn.linear_model import LogisticRegression

    spread = np.maximum(features.std(axis=0), SMALLEST_SPREAD)
    fitted = LogisticRegression(C=JOINT_C, max_iter=3_000).fit(features / spread, attack, weight)
    return fitted.coef_[0] / spread, float(fitted.intercept_[0])


def _write(folder: Path, trained: Trained, embedder: str, arrays: dict[str, Any]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "injection.npz", allow_pickle=False, **arrays)
    card = {
        "version": f"injection-{trained.data_hash[:12]}",
        "embedder": embedder,
        "data_hash": trained.data_hash,
        "threshold": trained.threshold,
        "letters_threshold": trained.letters_threshold,
        "figures": trained.figures,
    }
    (folder / "injection.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return (folder / "injection.npz").stat().st_size
