"""From which probability a text is taken for an attack, and how many are then caught. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.injection.examples import Example

Numbers = NDArray[np.float64]
LOOKALIKES_FLAGGED = 0.0075
"""Share of the harmless look-alikes that may be flagged: they are written to be hard, but so are others'."""
ORDINARY_FLAGGED = 0.003
"""Share of what customers ordinarily write that may be flagged."""


class Found(NamedTuple):
    """Every example with the probabilities that models gave it which had seen nothing like it."""

    data: Sequence[Example]
    attack: NDArray[np.bool_]
    full: Numbers
    letters: Numbers

    def of(self, *sources: str) -> NDArray[np.bool_]:
        """Which examples come from these sources."""
        return np.array([example.source in sources for example in self.data])


class Thresholds(NamedTuple):
    """One with vectors, one without."""

    full: float
    letters: float


def thresholds_of(found: Found) -> Thresholds:
    """The lowest that keep to the shares of false alarms."""
    return Thresholds(_least(found, found.full), _least(found, found.letters))


def _least(found: Found, scores: Numbers) -> float:
    wanted = [(found.of("message"), LOOKALIKES_FLAGGED), (found.of("ordinary"), ORDINARY_FLAGGED)]
    harmless = [(mask & ~found.attack, share) for mask, share in wanted]
    levels = [np.quantile(scores[mask], 1 - share) for mask, share in harmless if mask.any()]
    return round(float(max([*levels, 0.0])) + 1e-4, 4)


def figures_of(found: Found, levels: Thresholds) -> dict[str, dict[str, float]]:
    """Shares caught and flagged, cross-validated, with how many texts each is about."""
    told = {}
    for language in sorted({example.language for example in found.data if example.source == "message"}):
        own = np.array([example.language == language for example in found.data])
        told[f"{language} attacks caught"] = _share(found, found.attack & found.of("message") & own, levels)
    told["deepset attacks caught"] = _share(found, found.attack & found.of("deepset"), levels)
    told["deepset harmless flagged"] = _share(found, ~found.attack & found.of("deepset"), levels)
    told["look-alikes flagged"] = _share(found, ~found.attack & found.of("message"), levels)
    told["ordinary flagged"] = _share(found, ~found.attack & found.of("ordinary"), levels)
    return told


def _share(found: Found, mask: NDArray[np.bool_], levels: Thresholds) -> dict[str, float]:
    if not mask.any():
        return {"n": 0, "share": 0.0, "letters_share": 0.0}
    return {
        "n": int(mask.sum()),
        "share": round(float((found.full[mask] >= levels.full).mean()), 4),
        "letters_share": round(float((found.letters[mask] >= levels.letters).mean()), 4),
    }
