"""The injection model's weights and their arithmetic: numpy only, from one small file with a card beside it.

Three judges read a text and its parts: a small network on the encoder's vectors, of the parts that the classifier reads
too, and logistic regressions on hashed n-grams and on shapes, of pieces. What they say, the most that they say of a
part, and the traits of the text are weighed by one logistic regression; by another where there are no vectors.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.injection import grams, shapes
from activities.injection.looking import Look
from domain.errors import SetupError

MODELS = Path(__file__).parent.parent / "resources" / "models"
LETTER_FEATURES, FEATURES = 5, 8
LIMIT = 8.0
"""Judges' log-odds beyond this, either way, count as this."""

Vectors = NDArray[np.float32]
Numbers = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]


class Card(NamedTuple):
    """Where weights come from: read by people and pinned as a version."""

    version: str
    embedder: str
    data_hash: str
    """SHA-256 over the examples it was fitted on."""
    threshold: float
    """A message is taken for an attack from this probability on."""
    letters_threshold: float
    """The same where there are no vectors."""
    figures: dict[str, dict[str, float]]


class Judged(NamedTuple):
    """How likely a text is an attack, and the words that say so most."""

    probability: float
    excerpt: str


class InjectionModel:
    """Weighs what was looked at. One instance serves any number of threads."""

    def __init__(self, card: Card, arrays: Arrays) -> None:
        self.card = card
        self._arrays = {name: value.astype(np.float64) for name, value in arrays.items() if not name.startswith("gram")}
        self._grams = (arrays["gram_weights"].astype(np.float32), arrays["gram_rarity"].astype(np.float32))
        self._gram_bias = float(arrays["gram_bias"])

    @classmethod
    def load(cls, folder: Path = MODELS, name: str = "injection") -> "InjectionModel":
        """Reads `{name}.npz` and `{name}.json`. Raises SetupError when one is missing or broken."""
        try:
            card = Card(**json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
            with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
                return cls(card, {key: stored[key] for key in stored.files})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SetupError(
                "The injection model's files are missing or broken; run `holdpoint train injection`."
            ) from error

    def check_embedder(self, name: str) -> None:
        """Raises SetupError when the vectors would come from another model than the one it was fitted on."""
        if name != self.card.embedder:
            raise SetupError(
                f"The injection model was fitted on {self.card.embedder} and cannot read vectors of {name}; "
                "run `holdpoint train injection`."
            )

    def letters_of(self, texts: Sequence[str]) -> Numbers:
        """One row a text: the log-odds by n-grams and by shapes."""
        rows = [(self._by_grams(text), self._by_shapes(text)) for text in texts]
        return np.clip(np.array(rows, dtype=np.float64).reshape(len(texts), 2), -LIMIT, LIMIT)

    def _by_grams(self, text: str) -> float:
        weights, rarity = self._grams
        return linear(*grams.counts(text), weights, rarity, self._gram_bias)

    def _by_shapes(self, text: str) -> float:
        own = self._arrays
        return linear(*shapes.counts(text), own["shape_weights"], own["shape_rarity"], float(own["shape_bias"]))

    def meaning_of(self, vectors: Vectors) -> Numbers:
        """The log-odds of each vector."""
        return np.clip(network(vectors.astype(np.float64), self._arrays), -LIMIT, LIMIT)

    def judge_letters(self, look: Look) -> Judged:
        """The probability without vectors."""
        letters = self.letters_of(look.read)
        return self._judged("letters", letter_features(letters), look, letters.sum(axis=1))

    def judge(self, look: Look, vectors: Vectors) -> Judged:
        """The probability with the vectors of the look's units, in their order."""
        letters, meaning = self.letters_of(look.read), self.meaning_of(vectors)
        together = letters.sum(axis=1)
        together[1 : 1 + len(meaning)] += meaning
        return self._judged("full", all_features(letters, meaning), look, together)

    def _judged(self, name: str, features: Numbers, look: Look, together: Numbers) -> Judged:
        weights, bias = self._arrays[f"{name}_weights"], float(self._arrays[f"{name}_bias"])
        logit = float(np.concatenate([features, look.traits]) @ weights + bias)
        excerpt = look.read[int(together.argmax())]
        return Judged(1.0 / (1.0 + float(np.exp(-np.clip(logit, -50, 50)))), excerpt)


def letter_features(letters: Numbers) -> Numbers:
    """Of the whole, the most of any piece, and the most of both together."""
    return np.concatenate([letters[0], letters.max(axis=0), [letters.sum(axis=1).max()]]) / 4


def all_features(letters: Numbers, meaning: Numbers) -> Numbers:
    """The same with the log-odds by meaning of the units: of the gist, the most of any, the most of all three."""
    together = letters[1 : 1 + len(meaning)].sum(axis=1) + meaning
    more = np.array([meaning[0], meaning.max(), together.max()]) / 4
    return np.concatenate([letter_features(letters), more])


def linear(
    buckets: NDArray[np.int64], often: Numbers, weights: NDArray[Any], rarity: NDArray[Any], bias: float
) -> float:
    """Log-odds of a text's counts under a logistic regression on rows of unit length."""
    values = often * rarity[buckets]
    length = float(np.sqrt((values**2).sum())) or 1.0
    return float(values @ weights[buckets] / length + bias)


def network(vectors: Numbers, arrays: Arrays) -> Numbers:
    """Log-odds by small networks with one hidden layer each, whose mean counts."""
    hidden = np.maximum(vectors @ arrays["hidden_weights"] + arrays["hidden_bias"], 0.0)
    return np.asarray(hidden @ arrays["output_weights"] + arrays["output_bias"])
