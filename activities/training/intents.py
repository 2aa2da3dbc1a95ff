"""The head that tells intents apart."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.classification.model import Numbers
from activities.training.corpus import Corpus
from activities.training.examples import FOLDS, INTENTS, Example
from activities.training.heads import Head, Labels, Recipe, Space, fit_head, fit_temperature, rarity_of, scores_of

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
    head = fit_head(likenesses, space, grams, labels, INTENTS, RECIPE)
    unseen = unseen_scores(corpus, space, labels, folds)
    return FittedIntents(head, fit_temperature(unseen, labels, INTENTS), unseen, labels)


def unseen_scores(corpus: Corpus, space: Space, labels: Labels, folds: NDArray[np.int_]) -> Numbers:
    """Scores of each example by a head that was fitted on the other folds."""
    scores = np.zeros((len(labels), len(INTENTS)))
    likenesses = corpus.likenesses(space)
    for fold in range(FOLDS):
        unseen = folds == fold
        if not unseen.any() or unseen.all():
            continue
        grams = corpus.weighed(rarity_of(corpus.grams[~unseen]))
        head = fit_head(likenesses[~unseen], space, grams[~unseen], labels[~unseen], INTENTS, RECIPE)
        scores[unseen] = scores_of(head, likenesses[unseen], grams[unseen], RECIPE)
    return scores
