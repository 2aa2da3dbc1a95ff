"""Training: the same examples give the same weights, and what was shipped belongs to the shipped examples."""

import json
from pathlib import Path

import numpy as np
import pytest

from activities.classification.model import MODELS, IntentModel
from activities.training.classifier import Sources, train
from activities.training.examples import INTENTS, read_dangers, read_examples, read_moods
from domain.errors import BadInput, SetupError
from retrieval.embedders import HashEmbedder

SMALL = {
    "order_status": "where is order", "refund": "money back", "payment": "card pay", "closing": "thanks bye",
}  # fmt: skip


@pytest.fixture
def utterances(tmp_path: Path) -> Path:
    for language in ("en", "de"):
        for name, words in SMALL.items():
            path = tmp_path / "utterances" / language / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(f"{words} {language} {n}" for n in range(6)), encoding="utf-8")
    return tmp_path / "utterances"


async def test_training_twice_gives_the_same_weights(utterances: Path, tmp_path: Path) -> None:
    first = await train(HashEmbedder(), tmp_path / "one", sources=Sources(utterances=utterances))
    second = await train(HashEmbedder(), tmp_path / "two", sources=Sources(utterances=utterances))
    assert first == second
    assert (tmp_path / "one" / "intents.json").read_bytes() == (tmp_path / "two" / "intents.json").read_bytes()
    with np.load(tmp_path / "one" / "intents.npz") as one, np.load(tmp_path / "two" / "intents.npz") as two:
        assert all(np.array_equal(one[name], two[name]) for name in one.files)
    assert first.figures[0].f1 > 0.9


async def test_a_dry_run_writes_nothing(utterances: Path, tmp_path: Path) -> None:
    await train(HashEmbedder(), None, sources=Sources(utterances=utterances))
    assert [path.name for path in tmp_path.iterdir()] == ["utterances"]


async def test_a_model_refuses_vectors_of_another_encoder(utterances: Path, tmp_path: Path) -> None:
    await train(HashEmbedder(), tmp_path / "model", sources=Sources(utterances=utterances))
    model = IntentModel.load(tmp_path / "model")
    with pytest.raises(SetupError, match="train classifier"):
        model.check_embedder("another/1")


@pytest.mark.parametrize("broken", ["missing", "json", "npz"])
async def test_broken_weights_are_one_clear_sentence(broken: str, utterances: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    if broken != "missing":
        await train(HashEmbedder(), folder, sources=Sources(utterances=utterances))
        (folder / f"intents.{broken}").write_bytes(b"no")
    with pytest.raises(SetupError, match="missing or broken"):
        IntentModel.load(folder)


def test_a_file_that_names_no_class_is_refused(utterances: Path) -> None:
    (utterances / "en" / "strange.txt").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput, match="strange"):
        read_examples(utterances)


def test_the_shipped_weights_know_every_class_and_are_small() -> None:
    card = IntentModel.load().card
    assert card.classes == INTENTS
    assert set(card.figures) >= {"all", "en", "es", "fr", "de", "pt"}
    assert sum(path.stat().st_size for path in MODELS.iterdir()) < 5_000_000
    assert json.loads((MODELS / "intents.json").read_text())["data_hash"] == card.data_hash
