"""Training: the same examples give the same weights, and what was shipped belongs to the shipped examples."""

import json
from pathlib import Path

import numpy as np
import pytest

from activities.classification.model import MODELS, IntentModel
from activities.classification.signs import CATEGORIES
from activities.training.classifier import Sources, train
from activities.training.dangers import ordinary_of
from activities.training.examples import (
    INTENTS,
    SENTIMENTS,
    UNSEEN,
    URGENCIES,
    read_dangers,
    read_examples,
    read_in_passing,
    read_moods,
)
from domain.errors import BadInput, SetupError
from domain.vocabulary import Language
from retrieval.embedders import HashEmbedder

SMALL = {
    "order_status": "where is order", "refund": "money back", "payment": "card pay", "closing": "thanks bye",
}  # fmt: skip


DANGEROUS = {"legal_threat": "my lawyer writes", "threat": "watch your back", "chargeback": "my bank takes it back"}
FELT = {
    "sentiment_negative": "bad", "sentiment_neutral": "so", "sentiment_positive": "good",
    "urgency_high": "now", "urgency_normal": "whenever",
}  # fmt: skip


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A few lines of everything."""
    for language in ("en", "de"):
        for name, words in SMALL.items():
            _write(tmp_path / "utterances" / language / f"{name}.txt", f"{words} {language}")
        for name, words in DANGEROUS.items():
            _write(tmp_path / "escalation" / name / f"{language}.examples.txt", f"{words} {language}")
            _write(tmp_path / "escalation" / name / f"{language}.near.txt", f"not {words} {language}")
        for name, words in FELT.items():
            _write(tmp_path / "moods" / language / f"{name}.txt", f"{words} {language}")
    return Sources(tmp_path / "utterances", tmp_path / "escalation", tmp_path / "moods")


def _write(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(f"{words} {n}" for n in range(6)), encoding="utf-8")


async def test_training_twice_gives_the_same_weights(sources: Sources, tmp_path: Path) -> None:
    first = await train(HashEmbedder(), tmp_path / "one", sources=sources)
    second = await train(HashEmbedder(), tmp_path / "two", sources=sources)
    assert first == second
    assert (tmp_path / "one" / "intents.json").read_bytes() == (tmp_path / "two" / "intents.json").read_bytes()
    with np.load(tmp_path / "one" / "intents.npz") as one, np.load(tmp_path / "two" / "intents.npz") as two:
        assert all(np.array_equal(one[name], two[name]) for name in one.files)
    assert first.figures[0].f1 > 0.9


async def test_a_dry_run_writes_nothing(sources: Sources, tmp_path: Path) -> None:
    await train(HashEmbedder(), None, sources=sources)
    assert {path.name for path in tmp_path.iterdir()} == {"utterances", "escalation", "moods"}


async def test_a_model_refuses_vectors_of_another_encoder(sources: Sources, tmp_path: Path) -> None:
    await train(HashEmbedder(), tmp_path / "model", sources=sources)
    model = IntentModel.load(tmp_path / "model")
    with pytest.raises(SetupError, match="train classifier"):
        model.check_embedder("another/1")


@pytest.mark.parametrize("broken", ["missing", "json", "npz"])
async def test_broken_weights_are_one_clear_sentence(broken: str, sources: Sources, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    if broken != "missing":
        await train(HashEmbedder(), folder, sources=sources)
        (folder / f"intents.{broken}").write_bytes(b"no")
    with pytest.raises(SetupError, match="missing or broken"):
        IntentModel.load(folder)


def test_a_file_that_names_no_class_is_refused(sources: Sources) -> None:
    (sources.utterances / "en" / "strange.txt").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput, match="strange"):
        read_examples(sources.utterances)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("where is order en 3", "line 7: it stands in this file already"),
        ("x" * 5_000, "longer than"),
        ("a\x07b", "control"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(sources: Sources, line: str, said: str) -> None:
    path = sources.utterances / "en" / "order_status.txt"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}", encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        read_examples(sources.utterances)


def test_a_line_break_inside_a_message_is_written_as_two_characters(sources: Sources) -> None:
    path = sources.utterances / "en" / "refund.txt"
    path.write_text("Hello,\\nmoney back please", encoding="utf-8")
    assert "Hello,\nmoney back please" in {example.text for example in read_examples(sources.utterances)}


def test_lines_below_the_comment_were_not_shown_to_the_authors_of_the_rules(sources: Sources) -> None:
    path = sources.escalation / "threat" / "en.examples.txt"
    path.write_text(f"seen one\nseen two\n{UNSEEN}\nfresh one\nfresh two\nfresh three", encoding="utf-8")
    own = {each.text: each for each in read_dangers(sources.escalation) if each.label == "threat"}
    assert {text for text, each in own.items() if each.unseen} == {"fresh one", "fresh two", "fresh three"}
    assert [own[text].fold for text in ("fresh one", "fresh two", "fresh three")] == [0, 1, 2]
    assert UNSEEN not in own


def test_an_utterance_that_belongs_to_a_category_in_passing_is_no_ordinary_one(sources: Sources) -> None:
    (sources.escalation / "in_passing.tsv").write_text("threat\twhere is order en 3\n", encoding="utf-8")
    in_passing = read_in_passing(sources.escalation)
    labels = {each.text: each.label for each in ordinary_of(read_examples(sources.utterances), in_passing)}
    assert labels["where is order en 3"] == "threat"
    assert labels["where is order en 4"] == "none"


def test_a_line_in_passing_that_names_no_category_is_refused(sources: Sources) -> None:
    (sources.escalation / "in_passing.tsv").write_text("anger\twhere is order en 3\n", encoding="utf-8")
    with pytest.raises(BadInput, match="anger"):
        read_in_passing(sources.escalation)


def test_every_line_in_passing_is_one_of_the_utterances() -> None:
    assert set(read_in_passing()) <= {each.text for each in read_examples()}


@pytest.mark.parametrize("language", list(Language))
def test_there_are_enough_different_messages_to_learn_from(language: Language) -> None:
    for label in INTENTS:
        own = [each.text for each in read_examples() if each.label == label and each.language is language]
        assert len(own) >= 60
        assert len({text.casefold() for text in own}) >= 0.98 * len(own)
    for category in CATEGORIES:
        grave = [each for each in read_dangers() if each.language is language]
        assert sum(each.label == category for each in grave) >= 40
        assert sum(each.near == category for each in grave) >= 40
    for subject, labels in (("sentiment", SENTIMENTS), ("urgency", URGENCIES)):
        assert all(
            sum(each.label == label and each.language is language for each in read_moods(subject, labels)) >= 30
            for label in labels
        )


def test_the_shipped_weights_know_every_class_and_are_small() -> None:
    card = IntentModel.load().card
    assert card.classes == INTENTS
    assert set(card.figures) >= {"all", "en", "es", "fr", "de", "pt"}
    assert sum(path.stat().st_size for path in MODELS.iterdir()) < 5_000_000
    assert json.loads((MODELS / "intents.json").read_text())["data_hash"] == card.data_hash
