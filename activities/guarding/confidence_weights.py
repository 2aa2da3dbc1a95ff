"""The weights of the confidence as they ship, with what they were fitted on; and how a row becomes a chance. Pure.

A logistic function of the features, then a calibration: Platt's (a line through the log odds) or isotonic (steps that
never fall). `holdpoint train confidence` writes the file.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from activities.guarding.confidence_features import NAMES, Features, group_of
from activities.wording import RESOURCES
from domain.values import Value
from domain.vocabulary import Intent, Language

WEIGHTS = RESOURCES / "confidence.json"
CLARIFICATION, HOLDING = 0.9, 0.1
"""What a clarifying question and a draft that only says that a person will look get. Neither answers: nothing was
measured that a chance could be taken from. A question is sent when the guard passed it and the intent was clear; a
holding draft never leaves by itself, whatever its number."""
UNCLEAR = 0.5
"""What a clarifying question gets where the intent was not clear, or the guard found something."""


class Calibration(Value):
    """Turns what the logistic function says into how often that is right."""

    method: Literal["platt", "isotonic"]
    slope: float = 1.0
    offset: float = 0.0
    """Platt: `slope * log odds + offset` are the calibrated log odds."""
    at: tuple[float, ...] = ()
    chances: tuple[float, ...] = ()
    """Isotonic: log odds, rising, and the chance at each; in between along a line."""

    def chance(self, odds: float) -> float:
        """The calibrated chance of these log odds."""
        if self.method == "platt":
            return sigmoid(self.slope * odds + self.offset)
        if odds <= self.at[0]:
            return self.chances[0]
        if odds >= self.at[-1]:
            return self.chances[-1]
        place = bisect_right(self.at, odds)
        low, high = self.at[place - 1], self.at[place]
        share = (odds - low) / (high - low) if high > low else 1.0
        return self.chances[place - 1] + share * (self.chances[place] - self.chances[place - 1])


class Card(Value):
    """What the weights were fitted on, and how good they were on questions kept from them."""

    data: Mapping[str, str] = {}
    """Name of each set or file to its SHA-256."""
    fitted_on: int = 0
    calibrated_on: int = 0
    strength: float = 1.0
    """Of the penalty on the weights."""
    figures: Mapping[str, float] = {}
    """Cross-validated on the fitting questions, and after calibration on those that calibrated; never on `test`."""


class Weights(Value):
    """The whole file."""

    version: str
    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float
    prior_weight: float = 0.0
    priors: Mapping[str, float] = {}
    """Group of intent and language to the log odds that its answers are right, against the mean of all; others: 0."""
    usual: tuple[float, ...] = ()
    """Mean of each feature among right answers: what pulls a score down is told against it."""
    calibration: Calibration
    card: Card = Field(default_factory=Card)

    @model_validator(mode="after")
    def _belong_together(self) -> "Weights":
        if not len(self.features) == len(self.weights) == len(self.usual):
            raise ValueError("confidence.json: there must be one weight and one usual value for each feature")
        if self.features != NAMES:
            raise ValueError("confidence.json is of other features; run `holdpoint train confidence`")
        return self

    def odds(self, row: Features, intent: Intent, language: Language) -> float:
        """Log odds before calibration."""
        return self.bias + self.prior(intent, language) + sum(self.pulls(row, against=(0.0,) * len(NAMES)).values())

    def prior(self, intent: Intent, language: Language) -> float:
        """What the group of a query adds to the log odds."""
        return self.prior_weight * self.priors.get(group_of(intent, language), 0.0)

    def pulls(self, row: Features, against: tuple[float, ...] | None = None) -> dict[str, float]:
        """What each feature adds to the log odds, or takes from them, against what is usual for right answers."""
        usual = self.usual if against is None else against
        triples = zip(self.features, self.weights, usual, strict=True)
        return {name: weight * (row[name] - mean) for name, weight, mean in triples}

    def chance(self, row: Features, intent: Intent, language: Language) -> float:
        """The calibrated chance, 0 to 1, that an answer is right."""
        return self.calibration.chance(self.odds(row, intent, language))


@cache
def shipped_weights() -> Weights:
    """The weights in resources, read once a process. Raises ValueError when they are of other features."""
    return read_weights(WEIGHTS)


def read_weights(path: Path) -> Weights:
    """The weights of a file. Raises ValueError when it holds none, or such as are of other features."""
    return Weights.model_validate_json(path.read_text(encoding="utf-8"))


def sigmoid(odds: float) -> float:
    """The chance of log odds, without overflow."""
    if odds >= 0:
        return 1 / (1 + math.exp(-odds))
    return math.exp(odds) / (1 + math.exp(odds))
