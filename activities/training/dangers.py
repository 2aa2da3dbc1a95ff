"""The head that tells the must-escalate categories from everything else.

A message belongs to a category when one of its sentences does, so the head reads whole messages and single sentences.
What it must not take for danger are ordinary messages, their sentences, and near misses, all examples of `none`.
"""

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.danger import signs_in
from activities.classification.escalation_rules import ruled_signs
from activities.classification.model import NONE, Numbers, log_softmax
from activities.classification.signs import CATEGORIES
from activities.training.corpus import Corpus
from activities.training.examples import DANGERS, Example
from activities.training.heads import Head, Labels, Recipe, Space, Sums, fit_head, rarity_of, scores_of, sums_of
from activities.wording import units_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RECIPE = Recipe()
TEMPERATURE = 0.2
DANGER_WEIGHS, NEAR_WEIGHS = 4.0, 2.0
"""One example of a category counts as much as this many ordinary sentences; one near miss as this many."""
HALVES = 2
"""Folds of the examples: cut-offs need no more, and each costs a fit."""
SENTENCES_FITTED = 4
"""Every how manieth sentence of ordinary messages is learnt from, for the time it takes; all of them are tried on."""
FALSE_ALARMS = 0.0012
"""Share of ordinary messages that one category may send to a person needlessly."""
NEAR_ALARMS = 0.08
"""Share of its near misses that a category may take. Not for those that must never be missed."""
NEVER_MISSED = frozenset({"self_harm", "threat", "safety"})


class Units(NamedTuple):
    """Messages and their sentences as rows."""

    texts: list[str]
    owner: NDArray[np.int_]
    """Index of the message that a row belongs to."""
    whole: NDArray[np.bool_]
    """Whether the row is a whole message."""


class FittedDangers(NamedTuple):
    """The head, its cut-offs in the order of CATEGORIES, and how it did on messages that it had not seen."""

    head: Head
    cutoffs: tuple[float, ...]
    recalls: dict[str, float]
    near_alarms: dict[str, float]
    false_alarms: float


def ordinary_of(utterances: list[Example]) -> list[Example]:
    """Utterances that belong to no category: no word list and no rule finds anything, and nobody asks for a person.

    Among everyday messages some do belong to one, in passing; as examples of `none` they would teach to miss it."""
    return [
        Example(each.text, NONE, each.language, each.fold)
        for each in utterances
        if each.label != "human_agent" and not signs_in(each.text) and not ruled_signs(each.text)
    ]


def asking_for_a_person(utterances: list[Example]) -> list[Example]:
    """Utterances of the intent `human_agent`: they belong to `person_requested` as well."""
    return [each._replace(label="person_requested") for each in utterances if each.label == "human_agent"]


def units_in(examples: list[Example]) -> Units:
    """Every message, then its sentences where it has several."""
    split = [units_of(example.text) for example in examples]
    owner = np.repeat(np.arange(len(split)), [len(parts) for parts in split])
    whole = np.array([place == 0 for parts in split for place in range(len(parts))])
    return Units([part for parts in split for part in parts], owner, whole)


def fit_dangers(examples: list[Example], units: Units, corpus: Corpus, space: Space, rarity: Numbers) -> FittedDangers:
    """`corpus` reads `units`, which are of `examples`."""
    labels = np.array([example.label for example in examples])
    near = np.array([example.near for example in examples])
    folds = np.array([example.fold for example in examples])
    weights = np.where(labels != NONE, DANGER_WEIGHS, np.where(near != "", NEAR_WEIGHS, 1.0))[units.owner]
    rows = units.whole | ((labels[units.owner] == NONE) & (np.arange(len(units.owner)) % SENTENCES_FITTED == 0))
    own = labels[units.owner]
    likenesses, grams = corpus.likenesses(space), corpus.weighed(rarity)
    fold_of = folds[units.owner] % HALVES
    parts = [
        sums_of(likenesses[at], own[at], DANGERS, weights[at])
        for at in (rows & (fold_of == fold) for fold in range(HALVES))
    ]
    together = reduce(Sums.plus, parts)
    head = _fit(together, space, grams[rows], own[rows], weights[rows])
    unseen = np.zeros((len(own), len(DANGERS)))
    for fold, part in enumerate(parts):
        test = fold_of == fold
        fit = rows & ~test
        weighed = corpus.weighed(rarity_of(corpus.grams[fit]))
        rest = _fit(together.plus(part, -1), space, weighed[fit], own[fit], weights[fit])
        unseen[test] = scores_of(rest, likenesses[test], weighed[test], RECIPE)
    highest = _highest(np.exp(log_softmax(unseen / TEMPERATURE)), units, len(labels))
    return _judged(head, highest, labels, near)


def _fit(sums: Sums, space: Space, grams: "csr_matrix", labels: Labels, weights: Numbers) -> Head:
    return fit_head(sums, space, grams, labels, classes=DANGERS, recipe=RECIPE, weights=weights)


def _highest(probabilities: Numbers, units: Units, messages: int) -> Numbers:
    """(messages, DANGERS): the highest that any unit of a message reaches."""
    highest = np.zeros((messages, probabilities.shape[1]))
    np.maximum.at(highest, units.owner, probabilities)
    return highest


def _judged(head: Head, highest: Numbers, labels: Labels, near: Labels) -> FittedDangers:
    ordinary = (labels == NONE) & (near == "")
    cutoffs, recalls, near_alarms = [], {}, {}
    flagged = np.zeros(len(labels), dtype=bool)
    for column, category in enumerate(CATEGORIES):
        scores = highest[:, column]
        cutoff = float(np.quantile(scores[ordinary], 1 - FALSE_ALARMS)) if ordinary.any() else 0.5
        if category not in NEVER_MISSED and (near == category).any():
            cutoff = max(cutoff, float(np.quantile(scores[near == category], 1 - NEAR_ALARMS)))
        cutoff = round(min(0.95, max(0.05, cutoff)), 4)
        cutoffs.append(cutoff)
        recalls[category] = _share(scores[labels == category] >= cutoff)
        near_alarms[category] = _share(scores[near == category] >= cutoff)
        flagged |= scores >= cutoff
    return FittedDangers(head, tuple(cutoffs), recalls, near_alarms, _share(flagged[ordinary]))


def _share(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else 0.0
