"""Fitting all that the classifier reads of a message, in one go: under two minutes, the same weights every time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from activities.classification.evidence import LETTERS_WEIGH
from activities.classification.figures import Figure, calibration_error_of, figures_of
from activities.classification.model import MODELS, HeadCard, Numbers, log_softmax
from activities.training import dangers, intents, judges, moods
from activities.training.corpus import Reader
from activities.training.examples import (
    DANGERS,
    ESCALATION,
    INTENTS,
    MOODS,
    SENTIMENTS,
    URGENCIES,
    UTTERANCES,
    Example,
    read_dangers,
    read_examples,
    read_in_passing,
    read_moods,
)
from activities.training.heads import Head, Labels, Space, rarity_of, space_of
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
    """Of the must-escalate categories, on messages that neither the model nor the rules' authors had seen."""
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


class _Read(NamedTuple):
    """Everything that was fitted, before it is written."""

    intents: intents.FittedIntents
    dangers: dangers.FittedDangers
    judged: judges.Judged
    sentiment: moods.FittedMood
    urgency: moods.FittedMood
    space: Space
    rarity: Numbers
    languages: Labels
    """Of the utterances, in their order."""
    data_hash: str


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
    with threadpool_limits(limits=1, user_api="blas"):  # sums in another order would be other weights
        fitted = await _fit(embedder, sources, languages, say)
    trained = _figures_of(fitted)
    if folder is None:
        return trained
    size = write_weights(
        folder, heads=_heads(fitted), spaces=_spaces(fitted), judges=fitted.judged.weights, embedder=embedder.name,
        data_hash=fitted.data_hash, figures=trained.figures, more=_card_figures(trained),
    )  # fmt: skip
    return trained._replace(bytes_written=size)


async def _fit(embedder: Embedder, sources: Sources, languages: tuple[Language, ...], say: Say) -> _Read:
    utterances = _of(languages, read_examples(sources.utterances))
    say(f"intents: {len(utterances)} messages")
    reader = Reader(embedder)
    corpus = await reader.corpus([gist_of(each.text) for each in utterances])
    space, rarity = space_of(corpus.vectors), rarity_of(corpus.grams)
    # Both fits spend their time outside the interpreter's lock, so two cores share them.
    fitting = asyncio.create_task(asyncio.to_thread(intents.fit_intents, utterances, corpus, space, rarity))
    grave = _of(languages, read_dangers(sources.escalation))
    in_passing = read_in_passing(sources.escalation)
    grave += dangers.asking_for_a_person(utterances) + dangers.ordinary_of(utterances, in_passing)
    units = dangers.units_in(grave)
    say(f"must-escalate: {len(grave)} messages, {len(units.texts)} with their sentences")
    read = await reader.corpus(units.texts)
    danger = await asyncio.to_thread(dangers.fit_dangers, grave, units, read)
    judged = await asyncio.to_thread(judges.fit_judges, grave, units, danger)
    felt, pressing = read_moods("sentiment", SENTIMENTS, sources.moods), read_moods("urgency", URGENCIES, sources.moods)
    say(f"moods: {len(felt) + len(pressing)} messages")
    everything = [*utterances, *grave, *felt, *pressing]
    return _Read(
        await fitting,
        danger,
        judged,
        await _mood(reader, felt, SENTIMENTS, space, rarity),
        await _mood(reader, pressing, URGENCIES, space, rarity),
        space,
        rarity,
        np.array([each.language.value for each in utterances]),
        content_hash([[each.text, each.label, each.language, each.near, each.unseen] for each in everything]),
    )


def _of(languages: tuple[Language, ...], examples: list[Example]) -> list[Example]:
    return [each for each in examples if each.language in languages]


async def _mood(
    reader: Reader, examples: list[Example], classes: tuple[str, ...], space: Space, rarity: Numbers
) -> moods.FittedMood:
    corpus = await reader.corpus([gist_of(each.text) for each in examples])
    return moods.fit_mood(examples, corpus, space, rarity, classes)


def _figures_of(fitted: _Read) -> Trained:
    own, classes = fitted.intents, np.array(INTENTS)
    unseen = np.exp(log_softmax(own.unseen / own.temperature))
    return Trained(
        figures=figures_of(classes[own.unseen.argmax(axis=1)], own.labels, fitted.languages),
        temperature=own.temperature,
        calibration_error=calibration_error_of(unseen, classes, own.labels),
        recalls=fitted.judged.recalls,
        near_alarms=fitted.judged.near_alarms,
        false_alarms=fitted.judged.false_alarms,
        sentiment_accuracy=fitted.sentiment.accuracy,
        urgency_accuracy=fitted.urgency.accuracy,
        data_hash=fitted.data_hash,
        bytes_written=0,
    )


def _spaces(fitted: _Read) -> dict[str, tuple[Space, Numbers]]:
    return {"intents": (fitted.space, fitted.rarity), "dangers": (fitted.dangers.space, fitted.dangers.rarity)}


def _heads(fitted: _Read) -> dict[str, tuple[Head, HeadCard]]:
    danger, felt, pressing = fitted.dangers, fitted.sentiment, fitted.urgency
    return {
        "intents": (
            fitted.intents.head,
            HeadCard(INTENTS, intents.RECIPE.grams_weigh, fitted.intents.temperature),
        ),
        "dangers": (
            danger.head,
            HeadCard(DANGERS, LETTERS_WEIGH, 1.0, fitted.judged.cutoffs, space="dangers"),
        ),
        "sentiment": (felt.head, HeadCard(SENTIMENTS, moods.RECIPE.grams_weigh, felt.temperature)),
        "urgency": (pressing.head, HeadCard(URGENCIES, moods.RECIPE.grams_weigh, pressing.temperature)),
    }


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
