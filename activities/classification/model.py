"""The classifier's weights and their arithmetic: numpy only, from one small file with a card beside it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.ngrams import counts
from domain.errors import SetupError

MODELS = Path(__file__).parent.parent / "resources" / "models"
CLOSING = "closing"
"""The class beside the twelve intents: thanks, goodbyes, automatic mail. Nothing to answer."""

Vectors = NDArray[np.float32]
Numbers = NDArray[np.float64]


GRAMS_WEIGH = 0.4
"""Share of the character n-grams in the joint answer; the sentence vectors have the rest."""


class Card(NamedTuple):
    """Where weights come from: read by people and pinned as a version."""

    version: str
    embedder: str
    data_hash: str
    """SHA-256 over the examples it was fitted on."""
    classes: tuple[str, ...]
    categories: tuple[str, ...]
    temperature: float
    cutoffs: tuple[float, ...]
    """One a category: at this probability and above the message counts as belonging to it."""
    figures: dict[str, dict[str, float]]


class IntentModel:
    """Two multinomial logistic regressions, on sentence vectors and on hashed character n-grams, joined by a geometric
    mean under one temperature; and on the vectors one head a must-escalate category."""

    def __init__(self, card: Card, arrays: dict[str, Vectors]) -> None:
        self.card = card
        self.classes = card.classes
        self.categories = card.categories
        self._weights = arrays["weights"].astype(np.float64)
        self._bias = arrays["bias"].astype(np.float64)
        self._grams = np.ascontiguousarray(arrays["gram_weights"].T.astype(np.float32))
        self._gram_bias = arrays["gram_bias"].astype(np.float64)
        self._rarity = arrays["rarity"].astype(np.float64)
        self._category_weights = arrays["category_weights"].astype(np.float64)
        self._category_bias = arrays["category_bias"].astype(np.float64)

    @classmethod
    def load(cls, folder: Path = MODELS, name: str = "intents") -> "IntentModel":
        """Reads `{name}.npz` and `{name}.json`. Raises SetupError when one is missing or broken."""
        try:
            fields = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
                arrays = {key: stored[key] for key in stored.files}
            card = Card(**{**fields, **{key: tuple(fields[key]) for key in ("classes", "categories", "cutoffs")}})
            return cls(card, arrays)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SetupError(
                "The classifier's files are missing or broken; run `holdpoint train classifier`."
            ) from error

    def check_embedder(self, name: str) -> None:
        """Raises SetupError when the vectors would come from another model than the one it was fitted on."""
        if name != self.card.embedder:
            raise SetupError(
                f"The classifier was fitted on {self.card.embedder} and cannot read vectors of {name}; "
                "run `holdpoint train classifier`."
            )

    def probabilities(self, texts: Sequence[str], vectors: Vectors) -> Numbers:
        """One row a text with its vector, one column a class; rows add up to 1."""
        by_meaning = log_softmax(vectors.astype(np.float64) @ self._weights.T + self._bias)
        by_letters = log_softmax(np.stack([self._letters(text) for text in texts]))
        joint = (1 - GRAMS_WEIGH) * by_meaning + GRAMS_WEIGH * by_letters
        return np.asarray(np.exp(log_softmax(joint / self.card.temperature)))

    def _letters(self, text: str) -> Numbers:
        buckets, often = counts(text)
        values = often * self._rarity[buckets]
        length = float(np.sqrt((values**2).sum())) or 1.0
        return np.asarray((values / length) @ self._grams[buckets] + self._gram_bias)

    def category_probabilities(self, vectors: Vectors) -> Numbers:
        """One row a vector, one column a must-escalate category; each 0 to 1 by itself."""
        logits = vectors.astype(np.float64) @ self._category_weights.T + self._category_bias
        return np.asarray(1.0 / (1.0 + np.exp(-logits)))


def log_softmax(logits: Numbers) -> Numbers:
    """Logarithms of the probabilities that belong to rows of logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
