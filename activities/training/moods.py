"""The heads for how a customer feels and whether something presses."""

from typing import NamedTuple

import numpy as np

from activities.classification.model import Numbers
from activities.training.corpus import Corpus
from activities.training.examples import FOLDS, Example
from activities.training.heads import Head, Recipe, Space, fit_head, fit_temperature, rarity_of, scores_of, sums_of

RECIPE = Recipe(ridge=1.0, grams_c=0.1, grams_weigh=0.5)


class FittedMood(NamedTuple):
    """The head, its temperature, and the share of unseen messages that it read rightly."""

    head: Head
    temperature: float
    accuracy: float


def fit_mood(
    examples: list[Example], corpus: Corpus, space: Space, rarity: Numbers, classes: tuple[str, ...]
) -> FittedMood:
    """Fits on everything, and once a fold on the rest."""
    labels = np.array([example.label for example in examples])
    folds = np.array([example.fold for example in examples])
    likenesses = corpus.likenesses(space)
    scores = np.zeros((len(labels), len(classes)))
    for fold in range(FOLDS):
        unseen = folds == fold
        grams = corpus.weighed(rarity_of(corpus.grams[~unseen]))
        sums = sums_of(likenesses[~unseen], labels[~unseen], classes)
        head = fit_head(sums, space, grams[~unseen], labels[~unseen], classes=classes, recipe=RECIPE)
        scores[unseen] = scores_of(head, likenesses[unseen], grams[unseen], RECIPE)
    head = fit_head(
        sums_of(likenesses, labels, classes), space, corpus.weighed(rarity), labels, classes=classes, recipe=RECIPE
    )
    right = np.array(classes)[scores.argmax(axis=1)] == labels
    return FittedMood(head, fit_temperature(scores, labels, classes), float(right.mean()))
