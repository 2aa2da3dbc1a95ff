"""The head that tells intents apart."""

from functools import reduce
from typing import NamedTuple

import numpy as np

from activities.classification.model import Numbers
from activities.training.corpus import Corpus
from activities.training.examples import FOLDS, INTENTS, Example
from activities.training.heads import (
    Head,
    Labels,
    Recipe,
    Space,
    Sums,
    fit_head,
    fit_temperature,
    rarity_of,
    scores_of,
    sums_of,
)

RECIPE = Recipe()


class FittedIntents(NamedTuple):
    """The head on all examples, and what heads that had not seen an example said of it."""

    head: Head
    temperature: float
    unseen: Numbers
    """(examples, INTENTS): scores before the temperature."""
    labels: Labels


def fit_intents(examples: list[Example], corpus: Corpus, space: Space, rarity: Numbers) -> FittedIntents:
    """Fits on everything, and once a fold on the rest."""
    labels = np.array([example.label for example in examples])
    folds = np.array([example.fold for example in examples])
    likenesses, grams = corpus.likenesses(space), corpus.weighed(rarity)
    parts = [sums_of(likenesses[folds == fold], labels[folds == fold], INTENTS) for fold in range(FOLDS)]
    together = reduce(Sums.plus, parts)
    head = fit_head(together, space, grams, labels, classes=INTENTS, recipe=RECIPE)
    unseen = np.zeros((len(labels), len(INTENTS)))
    for fold, own in enumerate(parts):
        test = folds == fold
        if not test.any() or test.all():
            continue
        weighed = corpus.weighed(rarity_of(corpus.grams[~test]))
        rest = fit_head(together.plus(own, -1), space, weighed[~test], labels[~test], classes=INTENTS, recipe=RECIPE)
        unseen[test] = scores_of(rest, likenesses[test], weighed[test], RECIPE)
    return FittedIntents(head, fit_temperature(unseen, labels, INTENTS), unseen, labels)
