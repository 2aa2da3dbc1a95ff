"""Fitting all that the classifier reads of a message, in one go: under two minutes, the same weights every time."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from activities.classification.figures import Figure, calibration_error_of, figures_of
from activities.classification.model import MODELS, HeadCard, log_softmax
from activities.training import dangers, intents, moods
from activities.training.corpus import read_corpus
from activities.training.examples import (
    DANGERS,
    ESCALATION,
    INTENTS,
    MOODS,
    SENTIMENTS,
    URGENCIES,
    UTTERANCES,
    read_dangers,
    read_examples,
    read_moods,
)
from activities.training.heads import rarity_of, space_of
from activities.training.weights import write_weights
from activities.wording import gist_of
from domain.canonical import content_hash
from domain.ports import Embedder
from domain.vocabulary import Language

Say = Callable[[str], None]


class Trained(NamedTuple):
    """What a training run made: files were written when a folder was given."""

    figures: tuple[Figure, ...]
    temperature: float
    calibration_error: float
    recalls: dict[str, float]
    """Of the must-escalate categories, by the model alone, on messages that it had not seen."""
    near_alarms: dict[str, float]
    false_alarms: float
    sentiment_accuracy: float
    urgency_accuracy: float
    data_hash: str
    bytes_written: int


class Sources(NamedTuple):
    """Folders of examples."""

    utterances: Path = UTTERANCES
    escalation: Path = ESCALATION
    moods: Path = MOODS


async def train(
    embedder: Embedder,
    folder: Path | None = MODELS,
    *,
    sources: Sources = Sources(),  # noqa: B008 - frozen
    languages: tuple[Language, ...] = tuple(Language),
    say: Say = lambda _: None,
) -> Trained:
    """Fits, cross-validates and writes `intents.npz` and `intents.json` to `folder` (None: writes nothing).

    `languages` leaves examples of others out. Raises BadInput for examples that cannot be used.
    """
    utterances = [each for each in read_examples(sources.utterances) if each.language in languages]
    say(f"intents: {len(utterances)} messages")
    corpus = await read_corpus(embedder, [gist_of(each.text) for each in utterances])
    space, rarity = space_of(corpus.vectors), rarity_of(corpus.grams)
    fitted = intents.fit_intents(utterances, corpus, space, rarity)
    grave = [each for each in read_dangers(sources.escalation) if each.language in languages]
    grave += dangers.asking_for_a_person(utterances) + dangers.ordinary_of(utterances)
    units = dangers.units_in(grave)
    say(f"must-escalate: {len(grave)} messages, {len(units.texts)} with their sentences")
    danger = dangers.fit_dangers(grave, units, await read_corpus(embedder, units.texts), space, rarity)
    felt, pressing = read_moods("sentiment", SENTIMENTS, sources.moods), read_moods("urgency", URGENCIES, sources.moods)
    say(f"moods: {len(felt) + len(pressing)} messages")
    mood = [
        moods.fit_mood(each, await read_corpus(embedder, [gist_of(e.text) for e in each]), space, rarity, classes)
        for each, classes in ((felt, SENTIMENTS), (pressing, URGENCIES))
    ]
    data_hash = content_hash(
        [[each.text, each.label, each.language] for each in [*utterances, *grave, *felt, *pressing]]
    )
    languages_of = np.array([each.language.value for each in utterances])
    classes = np.array(INTENTS)
    trained = Trained(
        figures=figures_of(classes[fitted.unseen.argmax(axis=1)], fitted.labels, languages_of),
        temperature=fitted.temperature,
        calibration_error=calibration_error_of(
            np.exp(log_softmax(fitted.unseen / fitted.temperature)), classes, fitted.labels
        ),
        recalls=danger.recalls,
        near_alarms=danger.near_alarms,
        false_alarms=danger.false_alarms,
        sentiment_accuracy=mood[0].accuracy,
        urgency_accuracy=mood[1].accuracy,
        data_hash=data_hash,
        bytes_written=0,
    )
    if folder is None:
        return trained
    heads = {
        "intents": (fitted.head, HeadCard(INTENTS, intents.RECIPE.grams_weigh, fitted.temperature)),
        "dangers": (danger.head, HeadCard(DANGERS, dangers.RECIPE.grams_weigh, dangers.TEMPERATURE, danger.cutoffs)),
        "sentiment": (mood[0].head, HeadCard(SENTIMENTS, moods.RECIPE.grams_weigh, mood[0].temperature)),
        "urgency": (mood[1].head, HeadCard(URGENCIES, moods.RECIPE.grams_weigh, mood[1].temperature)),
    }
    size = write_weights(
        folder, heads=heads, space=space, rarity=rarity, embedder=embedder.name, data_hash=data_hash,
        figures=trained.figures, more=_card_figures(trained),
    )  # fmt: skip
    return trained._replace(bytes_written=size)


def _card_figures(trained: Trained) -> dict[str, dict[str, float]]:
    return {
        "must-escalate recall, unseen": {name: round(value, 4) for name, value in trained.recalls.items()},
        "must-escalate near misses flagged, unseen": {k: round(v, 4) for k, v in trained.near_alarms.items()},
        "others, unseen": {
            "calibration_error": round(trained.calibration_error, 4),
            "ordinary_flagged": round(trained.false_alarms, 4),
            "sentiment_accuracy": round(trained.sentiment_accuracy, 4),
            "urgency_accuracy": round(trained.urgency_accuracy, 4),
        },
    }
