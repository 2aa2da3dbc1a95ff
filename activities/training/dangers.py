"""The head that tells the must-escalate categories from everything else.

A message belongs to a category when one of its sentences does, so the head reads whole messages and single sentences.
What it must not take for danger are ordinary messages, their sentences, and near misses, all examples of `none`.
"""

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.evidence import margins_of
from activities.classification.model import NONE, Numbers
from activities.training.corpus import Corpus
from activities.training.examples import DANGERS, FOLDS, Example
from activities.training.heads import (
    SEED,
    Head,
    Recipe,
    Space,
    Sums,
    fit_head,
    rarity_of,
    read_apart,
    space_of_rows,
    sums_of,
)
from activities.wording import units_of

RECIPE = Recipe()
DANGER_WEIGHS, NEAR_WEIGHS = 4.0, 2.0
"""One example of a category counts as much as this many ordinary sentences; one near miss as this many."""
SENTENCES_FITTED = 4
"""Every how manieth sentence of ordinary messages is learnt from, for the time it takes; all of them are tried on."""
LANDMARKS = (800, 1_900, 500)
"""How many ordinary messages, grave ones and near misses all others are compared with. Landmarks among ordinary
messages alone tell one grave message from another badly: .07 of recall less at the same false alarms."""


class Units(NamedTuple):
    """Messages and their sentences as rows."""

    texts: list[str]
    owner: NDArray[np.int_]
    """Index of the message that a row belongs to."""
    whole: NDArray[np.bool_]
    """Whether the row is a whole message."""


class FittedDangers(NamedTuple):
    """The head, and what heads that had not seen a message said of its units."""

    head: Head
    space: Space
    rarity: Numbers
    by_meaning: Numbers
    """(units, CATEGORIES): margins over `none`."""
    by_letters: Numbers


def asking_for_a_person(utterances: list[Example]) -> list[Example]:
    """Utterances of the intent `human_agent`: they belong to `person_requested` as well, and no rule was made from
    them."""
    return [each._replace(label="person_requested", unseen=True) for each in utterances if each.label == "human_agent"]


def ordinary_of(utterances: list[Example], in_passing: dict[str, str]) -> list[Example]:
    """Utterances as examples of `none`: all but those of `human_agent`; what belongs to a category in passing is an
    example of that. All are judged, although rules were tried on them: there are no others in such numbers."""
    return [
        each._replace(label=in_passing.get(each.text, NONE), unseen=True)
        for each in utterances
        if each.label != "human_agent"
    ]


def units_in(examples: list[Example]) -> Units:
    """Every message, then its sentences where it has several."""
    split = [units_of(example.text) for example in examples]
    owner = np.repeat(np.arange(len(split)), [len(parts) for parts in split])
    whole = np.array([place == 0 for parts in split for place in range(len(parts))])
    return Units([part for parts in split for part in parts], owner, whole)


def fit_dangers(examples: list[Example], units: Units, corpus: Corpus) -> FittedDangers:
    """`corpus` reads `units`, which are of `examples`. Fits on everything, and once a fold on the rest."""
    labels = np.array([example.label for example in examples])
    near = np.array([example.near for example in examples])
    folds = np.array([example.fold for example in examples])
    weights = np.where(labels != NONE, DANGER_WEIGHS, np.where(near != "", NEAR_WEIGHS, 1.0))[units.owner]
    own, fold_of = labels[units.owner], folds[units.owner]
    rows = units.whole | ((own == NONE) & (np.arange(len(units.owner)) % SENTENCES_FITTED == 0))
    kinds = ((labels == NONE) & (near == ""), labels != NONE, near != "")
    space = _space(corpus, [np.flatnonzero(units.whole & kind[units.owner]) for kind in kinds])
    rarity = rarity_of(corpus.grams[rows])
    likenesses, grams = corpus.likenesses(space), corpus.weighed(rarity)
    parts = [
        sums_of(likenesses[at], own[at], DANGERS, weights[at])
        for at in (rows & (fold_of == fold) for fold in range(FOLDS))
    ]
    together = reduce(Sums.plus, parts)

    def fit(seen: NDArray[np.bool_], sums: Sums) -> Head:
        return fit_head(sums, space, grams[seen], own[seen], classes=DANGERS, recipe=RECIPE, weights=weights[seen])

    unseen = np.zeros((2, len(own), len(DANGERS)))
    for fold, part in enumerate(parts):
        test = fold_of == fold
        rest = fit(rows & ~test, together.plus(part, -1))
        unseen[:, test] = read_apart(rest, likenesses[test], grams[test])
    return FittedDangers(fit(rows, together), space, rarity, margins_of(unseen[0]), margins_of(unseen[1]))


def _space(corpus: Corpus, kinds: list[NDArray[np.int_]]) -> Space:
    """Landmarks drawn from each kind of message, the same ones every time."""
    random = np.random.default_rng(SEED)
    drawn = [
        random.choice(rows, min(wanted, len(rows)), replace=False)
        for rows, wanted in zip(kinds, LANDMARKS, strict=True)
        if len(rows)
    ]
    return space_of_rows(corpus.vectors[np.concatenate(drawn)])
