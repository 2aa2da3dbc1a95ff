"""The chance that a piece of a passage answers a question in full, by a small fitted model. Pure.

A hundred shallow trees over the features (`holdpoint train answers` fits them), whose sum becomes a chance by Platt's
line through the log odds. Trees, since what counts differs from question to question: a number is a good sign where an
amount was asked for, and none elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from activities.generation.answer_features import NAMES
from activities.generation.offers import PLACES
from activities.wording import RESOURCES
from domain.values import Value

WEIGHTS = RESOURCES / "answers.json"
ROW = (*NAMES, *PLACES)
"""The columns of a row, in the order that the trees know them by."""
LEAF = -1
Rows = npt.NDArray[np.float64]


class Tree(Value):
    """One tree, node by node from its root: a row goes left where its feature is at most the threshold."""

    feature: tuple[int, ...]
    """Place in `AnswerWeights.features`; LEAF where it ends."""
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]
    """What a leaf adds to the log odds."""

    @model_validator(mode="after")
    def _nodes_belong_together(self) -> "Tree":
        lengths = {len(each) for each in (self.feature, self.threshold, self.left, self.right, self.value)}
        if len(lengths) != 1:
            raise ValueError("a tree of answers.json has nodes that lack something")
        return self


class AnswerWeights(Value):
    """The whole file."""

    version: str
    features: tuple[str, ...]
    bias: float
    trees: tuple[Tree, ...]
    slope: float = 1.0
    offset: float = 0.0
    """`slope * log odds + offset` are the calibrated log odds."""
    answered: float = Field(ge=0, le=1)
    """From this chance of its best piece on a question counts as answered."""
    data: Mapping[str, str] = {}
    """Name of each set it was fitted on to its SHA-256."""
    questions: int = 0
    figures: Mapping[str, float] = {}
    """Cross-validated on the fitting questions."""

    @model_validator(mode="after")
    def _fits_this_code(self) -> "AnswerWeights":
        if self.features != ROW:
            raise ValueError("answers.json is of other features; run `holdpoint train answers`")
        return self


class AnswerModel:
    """The trees as arrays, to judge many pieces at once."""

    def __init__(self, weights: AnswerWeights) -> None:
        self.weights = weights
        size = max(len(tree.feature) for tree in weights.trees)
        self._feature = _padded([tree.feature for tree in weights.trees], size, LEAF).astype(np.int64)
        self._threshold = _padded([tree.threshold for tree in weights.trees], size, 0.0)
        self._left = _padded([tree.left for tree in weights.trees], size, 0).astype(np.int64)
        self._right = _padded([tree.right for tree in weights.trees], size, 0).astype(np.int64)
        self._value = _padded([tree.value for tree in weights.trees], size, 0.0)

    def odds(self, rows: Rows) -> Rows:
        """Log odds of each row before calibration."""
        trees = np.arange(len(self._feature))[:, None]
        every = np.arange(len(rows))[None, :]
        node = np.zeros((len(self._feature), len(rows)), dtype=np.int64)
        while True:
            feature = self._feature[trees, node]
            inner = feature != LEAF
            if not inner.any():
                break
            goes_left = rows[every, np.maximum(feature, 0)] <= self._threshold[trees, node]
            node = np.where(inner, np.where(goes_left, self._left[trees, node], self._right[trees, node]), node)
        summed: Rows = self._value[trees, node].sum(axis=0) + self.weights.bias
        return summed

    def chances(self, rows: Rows) -> Rows:
        """The chance of each row that its piece answers, 0 to 1."""
        calibrated = self.weights.slope * self.odds(rows) + self.weights.offset
        result: Rows = 1 / (1 + np.exp(-np.clip(calibrated, -30, 30)))
        return result


@cache
def shipped_model() -> AnswerModel:
    """The model in resources, read once a process. Raises ValueError when it is of other features."""
    return AnswerModel(AnswerWeights.model_validate(json.loads(WEIGHTS.read_text(encoding="utf-8"))))


def _padded(columns: Sequence[Sequence[float]], size: int, filler: float) -> Rows:
    rows = np.full((len(columns), size), filler, dtype=np.float64)
    for place, column in enumerate(columns):
        rows[place, : len(column)] = column
    return rows
