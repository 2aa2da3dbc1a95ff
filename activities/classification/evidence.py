"""What speaks for a message belonging to a must-escalate category, as numbers that a logistic regression weighs. Pure.

No single witness is enough: rules find what their authors thought of and some things that only sound like it; the two
machines know wordings that no rule has, and take some ordinary stories for grave ones.
"""

from collections.abc import Collection

import numpy as np

from activities.classification.model import Numbers
from activities.classification.signs import CATEGORIES

LETTERS_WEIGH = 0.5
"""What the linear machine says is multiplied by this where both are added."""
FEATURES = 8
HIGH = 30.0
"""Log-odds beyond this, either way, count as this."""


def margins_of(scores: Numbers) -> Numbers:
    """(texts, CATEGORIES): by how much each category is ahead of `none`, the last class."""
    return np.asarray(scores[:, :-1] - scores[:, -1:])


def together_of(by_meaning: Numbers, by_letters: Numbers) -> Numbers:
    """The margins of both machines, one weighed against the other."""
    return np.asarray(by_meaning + LETTERS_WEIGH * by_letters)


def evidence_of(by_meaning: Numbers, by_letters: Numbers, ruled: Collection[str], listed: Collection[str]) -> Numbers:
    """(CATEGORIES, FEATURES). The margins are of the whole message, in the first row, and of its sentences; `ruled` and
    `listed` are the categories that a rule or a word list has met."""
    together = together_of(by_meaning, by_letters)
    rules = np.array([float(category in ruled) for category in CATEGORIES])
    lists = np.array([float(category in listed) for category in CATEGORIES])
    others = (rules.sum() - rules > 0).astype(float)
    return np.stack(
        [
            by_meaning.max(axis=0), by_letters.max(axis=0), by_meaning[0], by_letters[0], together.max(axis=0),
            rules, lists, others,
        ],
        axis=1,
    )  # fmt: skip


def judged(evidence: Numbers, judges: Numbers) -> Numbers:
    """The probability of each row by its own weights, the last of which is the constant, or of all by the same."""
    log_odds = (evidence * judges[..., :-1]).sum(axis=-1) + judges[..., -1]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -HIGH, HIGH))))
