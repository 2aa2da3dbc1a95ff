"""What the classifier makes of messages that it is asked once: intents, entities, feelings, and how sure it is."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from activities.classification.classifier import Classifier, Understood
from activities.classification.figures import figures_of
from activities.classification.model import IntentModel
from activities.training.classifier import train
from domain.ports import Embedder
from domain.vocabulary import Intent, Language
from evals.calibration import calibration_error, reliability
from evals.intervals import Estimate, mean_estimate, share
from evals.messages import IntentMessage, intent_messages
from evals.tables import Part, Table, written

BINS = 10
MACRO_F1, CALIBRATION = 0.90, 0.03
"""Least macro F1 in each language, and largest expected calibration error."""
Read = tuple[IntentMessage, Understood]


async def measure_understanding(embedder: Embedder, *, transfer: bool = True) -> Part:
    """All languages; with `transfer` beside a model that has learnt from English alone."""
    part = Part("intents")
    messages = {language: intent_messages(language) for language in Language}
    classifier = Classifier(embedder, IntentModel.load())
    read = {language: await _understand(classifier, own) for language, own in messages.items()}
    english = await _by_english_alone(embedder, messages) if transfer else {}
    part.tables.append(_intents_table(part, read, english))
    part.tables.append(_intents_each(part, read))
    part.tables.append(_several_table(part, read))
    part.tables.append(_calibration_table(part, read))
    part.tables.append(_rest_table(part, read))
    return part


async def _understand(classifier: Classifier, messages: Sequence[IntentMessage]) -> list[Read]:
    return [(message, await classifier.understand(message.text)) for message in messages]


async def _by_english_alone(
    embedder: Embedder, messages: dict[Language, list[IntentMessage]]
) -> dict[Language, list[Read]]:
    with TemporaryDirectory() as folder:
        await train(embedder, Path(folder), languages=(Language.EN,))
        classifier = Classifier(embedder, await asyncio.to_thread(IntentModel.load, Path(folder)))
        return {language: await _understand(classifier, own) for language, own in messages.items()}


def _single(read: Sequence[Read]) -> list[Read]:
    """Messages of one intent without entities to find: those of which there are equally many an intent."""
    return [(message, found) for message, found in read if len(message.intents) == 1 and message.entities is None]


def _intents_table(part: Part, read: dict[Language, list[Read]], english: dict[Language, list[Read]]) -> Table:
    rows = []
    for language, own in read.items():
        single = _single(own)
        if not single:
            continue
        whole = _macro_f1(single)
        part.figures[f"macro F1 {language.value}"] = whole
        beside = ""
        if english:
            alone = _macro_f1(_single(english[language]))
            part.figures[f"macro F1 {language.value}, learnt from English alone"] = alone
            beside = written(alone)
        aim = part.aim(f"macro F1 of intents in {language.value}", whole, MACRO_F1)
        rows.append([language.value, str(len(single)), written(whole), aim, beside])
    header = ("language", "n", "macro F1 [95%]", "aim", "learnt from English alone")
    return Table("Intents of sealed messages", header, rows, ("The intent that is named first; twelve intents.",))


def _macro_f1(read: Sequence[Read]) -> Estimate:
    guesses = np.array([found.intents[0].intent.value for _, found in read])
    labels = np.array([message.intents[0].value for message, _ in read])
    figure = figures_of(guesses, labels, np.full(len(labels), "x"))[0]
    return Estimate(value=figure.f1, low=figure.low, high=figure.high, n=figure.n)


def _intents_each(part: Part, read: dict[Language, list[Read]]) -> Table:
    single = [each for own in read.values() for each in _single(own)]
    rows = []
    for intent in Intent:
        own = [found for message, found in single if message.intents[0] is intent]
        right = share([found.intents[0].intent is intent for found in own])
        part.figures[f"recall {intent.value}"] = right
        others = [found.intents[0].intent for found in own if found.intents[0].intent is not intent]
        commonest = max(set(others), key=others.count).value if others else ""
        rows.append([intent.value, str(len(own)), written(right), commonest])
    return Table("Each intent, all languages", ("intent", "n", "found [95%]", "most taken for"), rows)


def _several_table(part: Part, read: dict[Language, list[Read]]) -> Table:
    rows = []
    for language, own in read.items():
        several = [(message, found) for message, found in own if len(message.intents) > 1]
        if not several:
            continue
        both = share([set(message.intents) <= _found(found) for message, found in several])
        one = share([bool(set(message.intents) & _found(found)) for message, found in several])
        more = share([bool(_found(found) - set(message.intents)) for message, found in _single(own)])
        part.figures[f"several intents {language.value}"] = {"all": both, "one": one, "too many": more}
        rows.append([language.value, str(both.n), written(both), written(one), written(more)])
    header = ("language", "n", "all found [95%]", "at least one [95%]", "of single ones, one too many [95%]")
    return Table("Messages with two intents", header, rows)


def _found(understood: Understood) -> set[Intent]:
    return {score.intent for score in understood.intents}


def _calibration_table(part: Part, read: dict[Language, list[Read]]) -> Table:
    single = [each for own in read.values() for each in _single(own)]
    sure = np.array([found.intents[0].probability for _, found in single])
    right = np.array([found.intents[0].intent is message.intents[0] for message, found in single])
    error = calibration_error(reliability(sure.tolist(), right.tolist(), BINS))
    brier = mean_estimate(list((sure - right) ** 2))
    part.figures["intent calibration"] = {"ece": error, "brier": brier, "n": len(single)}
    if error > CALIBRATION:
        part.missed.append(f"calibration error of intents: {error:.3f}, wanted at most {CALIBRATION}")
    met = "met" if error <= CALIBRATION else "MISSED"
    rows = [[str(len(single)), f"{error:.3f}", f"≤ {CALIBRATION} {met}", written(brier)]]
    return Table("Calibration of the first intent", ("n", "ECE, ten equal-mass bins", "aim", "Brier score [95%]"), rows)


def _rest_table(part: Part, read: dict[Language, list[Read]]) -> Table:
    rows = []
    for language, own in read.items():
        named = [(message.entities, found) for message, found in own if message.entities is not None]
        felt = [(message, found) for message, found in own if message.sentiment is not None]
        if not named and not felt:
            continue
        figures = {
            "order ids": share([set(want.order_ids) == set(found.order_ids) for want, found in named]),
            "amounts": share([_amounts(want.amounts) == _money(found) for want, found in named]),
            "dates": share([set(want.dates) == set(found.dates) for want, found in named]),
            "sentiment": share([message.sentiment == found.sentiment for message, found in felt]),
            "urgency": share([message.urgency == found.urgency for message, found in felt if message.urgency]),
        }
        part.figures[f"entities {language.value}"] = figures
        rows.append([language.value, str(len(named)), *(written(each) for each in figures.values())])
    header = ("language", "n entities", "order ids", "amounts", "dates", "sentiment", "urgency")
    note = "Entities: share of messages in which exactly those that are named are found."
    return Table("Entities, sentiment and urgency [95%]", header, rows, (note,))


def _amounts(wanted: Sequence[tuple[str, str]]) -> set[tuple[float, str]]:
    return {(float(number), currency) for number, currency in wanted}


def _money(found: Understood) -> set[tuple[float, str]]:
    return {(float(amount.number), amount.currency) for amount in found.amounts}
