"""Stores that are made up: distributions of scores with a chance of being right at each, so that the truth is known."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.certification import Item

ACCURACIES = (0.86, 0.91)
LEVELS = 200
"""Scores a made-up store can give: so few that its truth is a sum and not an estimate."""
Column = npt.NDArray[np.float64]


class World(NamedTuple):
    """A made-up store."""

    scores: Column
    weights: Column
    """Share of drafts with each score."""
    right: Column
    """Chance of being right at each score."""

    def above(self, threshold: float) -> tuple[float, float]:
        """Share of drafts at or above a threshold, and how many of these are right."""
        taken = self.scores >= threshold
        kept = float(self.weights[taken].sum())
        return kept, float((self.weights * self.right)[taken].sum() / kept) if kept else 1.0


def made_up_store(random: np.random.Generator) -> World:
    """A store of overall accuracy .86 to .91 whose score tells anything between nothing and much."""
    scores = (np.arange(LEVELS) + 0.5) / LEVELS
    strong, weak = random.uniform(2, 8), random.uniform(1, 2)
    weights = scores ** (strong - 1) * (1 - scores) ** (weak - 1)
    weights /= weights.sum()
    slope, wanted = random.uniform(0, 6), random.uniform(*ACCURACIES)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        too_low = float((weights / (1 + np.exp(-(middle + slope * scores)))).sum()) < wanted
        low, high = (middle, high) if too_low else (low, middle)
    return World(scores, weights, 1 / (1 + np.exp(-(low + slope * scores))))


def drawn_labels(world: World, labels: int, random: np.random.Generator) -> list[Item]:
    """A random sample of the store's drafts, each judged."""
    places = random.choice(LEVELS, size=labels, p=world.weights)
    right = random.random(labels) < world.right[places]
    return [Item(score=float(world.scores[place]), right=bool(good)) for place, good in zip(places, right, strict=True)]
