"""The classifier's weights and their arithmetic: numpy only, from one small file with a card beside it.

Every question is put to two readers of a text. One is a kernel ridge regression over landmarks (the subset of
regressors of Smola and Bartlett 2001, "Sparse greedy Gaussian process regression"), the other a linear support vector
machine on hashed n-grams; their scores are added, the second weighed, and divided by one temperature.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.ngrams import counts
from domain.errors import SetupError

MODELS = Path(__file__).parent.parent / "resources" / "models"
CLOSING = "closing"
"""The class beside the twelve intents: thanks, goodbyes, automatic mail. Nothing to answer."""
NONE = "none"
"""The class of what belongs to no must-escalate category."""

Vectors = NDArray[np.float32]
Numbers = NDArray[np.float64]


class HeadCard(NamedTuple):
    """What one question can be answered with, and how its two readers are joined."""

    classes: tuple[str, ...]
    grams_weigh: float
    """The n-grams' scores are multiplied by this before they are added."""
    temperature: float
    cutoffs: tuple[float, ...] = ()
    """Of the must-escalate categories: at this probability and above the message counts as belonging to one."""
    space: str = "intents"
    """What texts are compared with for this question."""


class Card(NamedTuple):
    """Where weights come from: read by people and pinned as a version."""

    version: str
    embedder: str
    data_hash: str
    """SHA-256 over the examples it was fitted on."""
    gamma: float
    """Width of the kernel: exp(-gamma * squared distance)."""
    heads: dict[str, HeadCard]
    figures: dict[str, dict[str, float]]

    @property
    def classes(self) -> tuple[str, ...]:
        """The intents and `closing`."""
        return self.heads["intents"].classes


Grams = tuple[tuple[NDArray[np.int64], Numbers], ...]
"""A text's rows of the n-gram weights, and unit-length values; one pair a text."""


class Read(NamedTuple):
    """Texts as the heads take them, by space."""

    kernel: dict[str, Numbers]
    """(texts, landmarks), 0 to 1."""
    grams: dict[str, Grams]
    familiarity: Numbers
    """(texts,): mean cosine to the three nearest landmarks of the intents, -1 to 1: low for what training has not seen
    the like of."""

    @property
    def first(self) -> "Read":
        """Of the first text alone."""
        kernel = {space: rows[:1] for space, rows in self.kernel.items()}
        return Read(kernel, {space: rows[:1] for space, rows in self.grams.items()}, self.familiarity[:1])


class Space:
    """Landmarks of the kernel machines, and the n-grams that the linear ones know."""

    def __init__(self, name: str, arrays: dict[str, NDArray[np.generic]]) -> None:
        unpacked = arrays[f"{name}_landmarks"].astype(np.float32) * np.float32(arrays[f"{name}_scale"])
        self._landmarks = np.ascontiguousarray(unpacked.T)
        self._buckets = arrays[f"{name}_buckets"].astype(np.int64)
        self._rarity = arrays[f"{name}_rarity"].astype(np.float64)

    def cosines(self, vectors: Vectors) -> Vectors:
        """(texts, landmarks)."""
        return vectors @ self._landmarks

    def grams_of(self, text: str) -> tuple[NDArray[np.int64], Numbers]:
        """Rows of the n-gram weights, and values of unit length together."""
        buckets, often = counts(text)
        places = np.minimum(np.searchsorted(self._buckets, buckets), len(self._buckets) - 1)
        known = self._buckets[places] == buckets
        values = often[known] * self._rarity[places[known]]
        return places[known], values / (float(np.sqrt((values**2).sum())) or 1.0)


class IntentModel:
    """Heads over one reading of a text: intents, must-escalate categories, sentiment, urgency."""

    def __init__(self, card: Card, arrays: dict[str, NDArray[np.generic]]) -> None:
        self.card = card
        self.classes = card.classes
        self._spaces = {name: Space(name, arrays) for name in dict.fromkeys(each.space for each in card.heads.values())}
        self.judges = arrays["judges"].astype(np.float64)
        """(categories, features and a constant): how the evidence for a must-escalate category is weighed."""
        self._kernel = {name: arrays[f"{name}_kernel"].astype(np.float64) for name in card.heads}
        self._bias = {name: arrays[f"{name}_bias"].astype(np.float64) for name in card.heads}
        self._grams = {name: arrays[f"{name}_grams"].astype(np.float32) for name in card.heads}
        self._gram_bias = {name: arrays[f"{name}_gram_bias"].astype(np.float64) for name in card.heads}

    @classmethod
    def load(cls, folder: Path = MODELS, name: str = "intents") -> "IntentModel":
        """Reads `{name}.npz` and `{name}.json`. Raises SetupError when one is missing or broken."""
        try:
            card = _card(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
            with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
                return cls(card, {key: stored[key] for key in stored.files})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
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

    def read(self, texts: Sequence[str], vectors: Vectors) -> Read:
        """Texts with their vectors, one row each, as the heads take them."""
        near = {name: space.cosines(vectors) for name, space in self._spaces.items()}
        kernel = {name: np.exp(-2.0 * self.card.gamma * (1.0 - each.astype(np.float64))) for name, each in near.items()}
        grams = {name: tuple(space.grams_of(text) for text in texts) for name, space in self._spaces.items()}
        usual = near["intents"]
        nearest = np.partition(usual, -3, axis=1)[:, -3:] if usual.shape[1] > 3 else usual
        return Read(kernel, grams, nearest.mean(axis=1).astype(np.float64))

    def probabilities(self, read: Read, head: str = "intents") -> Numbers:
        """One row a text, one column a class of the head; rows add up to 1."""
        return np.asarray(np.exp(log_softmax(self.scores(read, head))))

    def scores(self, read: Read, head: str) -> Numbers:
        """The same before they are made probabilities."""
        card = self.card.heads[head]
        return np.asarray(
            (self.by_meaning(read, head) + card.grams_weigh * self.by_letters(read, head)) / card.temperature
        )

    def by_meaning(self, read: Read, head: str) -> Numbers:
        """(texts, classes): what the kernel machine says."""
        return np.asarray(read.kernel[self.card.heads[head].space] @ self._kernel[head] + self._bias[head])

    def by_letters(self, read: Read, head: str) -> Numbers:
        """(texts, classes): what the linear machine says."""
        weights, bias = self._grams[head], self._gram_bias[head]
        return np.stack([values @ weights[rows] + bias for rows, values in read.grams[self.card.heads[head].space]])


def _card(fields: dict[str, Any]) -> Card:
    """Of what the file says; a wrong one raises TypeError, KeyError or AttributeError."""
    heads = {
        name: HeadCard(**{**each, "classes": tuple(each["classes"]), "cutoffs": tuple(each.get("cutoffs", ()))})
        for name, each in fields["heads"].items()
    }
    return Card(**{**fields, "heads": heads})


def log_softmax(logits: Numbers) -> Numbers:
    """Logarithms of the probabilities that belong to rows of logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
