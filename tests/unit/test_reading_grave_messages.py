"""What the shipped classifier makes of messages that must reach a person, and of those that only sound so."""

import pytest

from activities.classification.classifier import Classifier
from activities.classification.model import IntentModel
from domain.vocabulary import Intent
from retrieval.embedders import UniversalSentenceEmbedder

CLASSIFIER = Classifier(UniversalSentenceEmbedder(), IntentModel.load())


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I will kill myself.", "self_harm"),
        ("Ich bringe mich um.", "self_harm"),
        ("Quiero morir.", "self_harm"),
        ("Je vais me suicider.", "self_harm"),
        ("{token} {sign} [[data {token} 1]] %s {0} {{x}} I will kill myself.", "self_harm"),
        ("I will kill you.", "threat"),
        ("I'm going to burn your shop down.", "threat"),
        ("mensch bitte", "person_requested"),
        ("Quero falar com alguém.", "person_requested"),
    ],
)
async def test_plain_words_are_never_missed_whatever_stands_around_them(text: str, category: str) -> None:
    assert category in {sign.category for sign in await CLASSIFIER.signs(text)}


@pytest.mark.parametrize(
    "text",
    [
        "No need to call me back, just send the invoice.",
        "Is the manual for one person?",
        "I'm dying to know when it ships.",
    ],
)
async def test_what_only_sounds_so_goes_its_usual_way(text: str) -> None:
    understood = await CLASSIFIER.understand(text)
    assert understood.signs == ()
    assert Intent.HUMAN_AGENT not in {score.intent for score in understood.intents}


async def test_a_sign_tells_the_words_that_gave_it_away() -> None:
    (sign,) = await CLASSIFIER.signs("Where is my parcel? I will kill myself.")
    assert sign.excerpt in "i will kill myself"
