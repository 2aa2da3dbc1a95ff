"""Models on this machine: real weights through the real fastembed, and every way in which a folder can be wrong."""

import asyncio
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import ModelUnusable, SetupError
from domain.ports import Embedder
from retrieval.embedding.fastembed_model import BATCH, FastembedEmbedder
from retrieval.embedding.prefixes import prefixes_of
from retrieval.reranking.fastembed_cross_encoder import FastembedCrossEncoder
from retrieval.reranking.port import Reranker
from tests.house import ROOT
from tests.model_hub import a_hub
from tests.onnx_models import CROSS_ENCODER, MINILM, build_cross_encoder, build_minilm


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_minilm(tmp_path_factory.mktemp("minilm"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_cross_encoder(tmp_path_factory.mktemp("pairs"))


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A cache in which nothing may appear."""
    return tmp_path / "cache"


def cosine(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


# --- the embedder ---


async def test_the_vectors_are_those_that_the_publisher_shows(minilm: Path, nowhere: Path) -> None:
    embedder: Embedder = FastembedEmbedder(MINILM, model_path=minilm, cache=nowhere)

    person, dog, very, day = await embedder.embed(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )

    assert embedder.dimensions == len(person) == 384
    assert cosine(person, dog) == pytest.approx(0.695, abs=0.001)
    assert cosine(person, very) == pytest.approx(0.943, abs=0.001)
    assert cosine(person, day) == pytest.approx(0.257, abs=0.001)
    assert not nowhere.exists()


@pytest.mark.parametrize("text", ["Hello", "", " ", "\0", "\ud800", "x" * 100_000, "word " * 20_000, "😀"])
async def test_any_text_becomes_a_unit_vector(minilm: Path, nowhere: Path, text: str) -> None:
    [vector] = await FastembedEmbedder(MINILM, model_path=minilm, cache=nowhere).embed([text])
    assert len(vector) == 384
    assert math.isclose(cosine(vector, vector), 1.0, abs_tol=1e-6)


async def test_a_vector_does_not_depend_on_its_company_nor_the_order_on_length(minilm: Path, nowhere: Path) -> None:
    embedder = FastembedEmbedder(MINILM, model_path=minilm, cache=nowhere)
    texts = [f"{'long ' * (index % 7)}text number {index}" for index in range(2 * BATCH + 5)]

    together = await embedder.embed(texts)

    assert await embedder.embed([]) == []
    for index in (0, 1, 40, len(texts) - 1):
        [alone] = await embedder.embed([texts[index]])
        assert math.isclose(cosine(alone, together[index]), 1.0, abs_tol=1e-5)


async def test_a_question_has_its_turn_while_a_load_goes_on(minilm: Path, nowhere: Path) -> None:
    embedder = FastembedEmbedder(MINILM, model_path=minilm, cache=nowhere)
    await embedder.warm_up()
    load = asyncio.create_task(embedder.embed([f"passage {index}" for index in range(6 * BATCH)]))
    await asyncio.sleep(0)

    await embedder.embed(["Where is my parcel?"], role="question")

    assert not load.done()
    assert len(await load) == 6 * BATCH


async def test_all_embedders_of_a_folder_share_one_loaded_model(minilm: Path, nowhere: Path) -> None:
    one, other = (FastembedEmbedder(MINILM, model_path=minilm, cache=nowhere) for _ in range(2))
    assert one._resident is other._resident
    first, *rest = await asyncio.gather(*(each.embed(["same"]) for each in (one, other, one)))
    assert all(each == first for each in rest)


def test_the_name_changes_with_the_weights_and_with_the_words(minilm: Path, tmp_path: Path, nowhere: Path) -> None:
    changed = build_minilm(tmp_path / "changed", change=0.01)
    words = tmp_path / "words"
    shutil.copytree(minilm, words)
    tokenizer = json.loads((words / "tokenizer.json").read_text(encoding="utf-8"))
    (words / "tokenizer.json").write_text(json.dumps(tokenizer, indent=1), encoding="utf-8")
    copied = tmp_path / "copied"
    shutil.copytree(minilm, copied)

    names = [
        FastembedEmbedder(MINILM, model_path=folder, cache=nowhere).name for folder in (minilm, changed, words, copied)
    ]

    assert len(set(names)) == 3
    assert names[0] == names[3], "the same files elsewhere are the same model"
    assert names[0].startswith(f"fastembed-0.9/{MINILM}/")
    assert FastembedEmbedder(MINILM.upper(), model_path=minilm, cache=nowhere).name == names[0]


def test_files_that_change_under_the_same_path_get_another_name(tmp_path: Path, nowhere: Path) -> None:
    folder = build_minilm(tmp_path / "here")
    before = FastembedEmbedder(MINILM, model_path=folder, cache=nowhere).name
    shutil.rmtree(folder)
    build_minilm(folder, change=0.01)
    assert FastembedEmbedder(MINILM, model_path=folder, cache=nowhere).name != before


async def test_a_model_that_fastembed_does_not_know_works_from_its_folder(minilm: Path, nowhere: Path) -> None:
    known = FastembedEmbedder(MINILM, model_path=minilm, cache=nowhere)
    own = FastembedEmbedder("our-shop/minilm", model_path=minilm, cache=nowhere)

    assert own.dimensions == 384
    assert own.name != known.name
    [left], [right] = await known.embed(["Where is my parcel?"]), await own.embed(["Where is my parcel?"])
    assert math.isclose(cosine(left, right), 1.0, abs_tol=1e-6)


async def test_a_model_that_tells_roles_apart_reads_them_in_a_prefix(minilm: Path, nowhere: Path) -> None:
    plain = FastembedEmbedder(MINILM, model_path=minilm, cache=nowhere)
    own = FastembedEmbedder("our-shop/e5-small", model_path=minilm, cache=nowhere)

    assert await own.embed(["returns"], role="question") == await plain.embed(["query: returns"], role="question")
    assert await own.embed(["returns"]) == await plain.embed(["passage: returns"])


@pytest.mark.parametrize(
    ("model", "question", "passage"),
    [
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("nomic-ai/nomic-embed-text-v1.5-Q", "search_query: ", "search_document: "),
        (MINILM, "", ""),
        ("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", "", ""),
        ("jinaai/jina-embeddings-v3", "", ""),
    ],
)
def test_prefixes_are_those_of_the_models_card(model: str, question: str, passage: str) -> None:
    assert prefixes_of(model) == {"question": question, "passage": passage}


def test_every_model_of_fastembed_that_needs_prefixes_has_them() -> None:
    from fastembed import TextEmbedding

    needy = [
        each["model"]
        for each in TextEmbedding.list_supported_models()
        if "Prefixes for queries/documents: necessary" in each["description"]
        or "{query}" in each["description"].replace("{content}", "{query}")
    ]
    assert len(needy) >= 12
    assert [model for model in needy if not prefixes_of(model)["question"]] == []


# --- the cross-encoder ---


async def test_a_passage_that_answers_scores_above_one_that_does_not(pairs: Path, nowhere: Path) -> None:
    reranker: Reranker = FastembedCrossEncoder(CROSS_ENCODER, model_path=pairs, cache=nowhere)

    scores = await reranker.score(
        "How can I send a product back?",
        ["Opening hours\nWe are open from nine to five.", "Returns\nYou can send any product back within 30 days.", ""],
    )

    assert scores[1] > 0.5 > max(scores[0], scores[2])
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert not nowhere.exists()


async def test_scores_are_in_order_whatever_their_number(pairs: Path, nowhere: Path) -> None:
    reranker = FastembedCrossEncoder(CROSS_ENCODER, model_path=pairs, cache=nowhere)
    passages = [f"passage about {word}" for word in ("parcels", "bread", "returns", "kettles") * 9]

    scores = await reranker.score("Where are my parcels?", passages)

    assert await reranker.score("Where are my parcels?", []) == []
    assert scores[4:8] == pytest.approx(scores[:4], abs=1e-4)
    assert max(scores[:4]) == scores[0]


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "x" * 100_000, "word " * 20_000, "😀"])
async def test_any_question_and_passage_have_a_score(pairs: Path, nowhere: Path, text: str) -> None:
    [score] = await FastembedCrossEncoder(CROSS_ENCODER, model_path=pairs, cache=nowhere).score(text, [text])
    assert 0.0 <= score <= 1.0


# --- folders that are wrong ---


@pytest.mark.parametrize("gone", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(minilm: Path, tmp_path: Path, nowhere: Path, gone: str) -> None:
    folder = tmp_path / "partly"
    shutil.copytree(minilm, folder)
    (folder / gone).unlink()
    with pytest.raises(SetupError, match=f"holds no {gone}, which the model {MINILM} needs"):
        FastembedEmbedder(MINILM, model_path=folder, cache=nowhere)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.onnx", b""),
        ("model.onnx", b"<!doctype html>"),
        ("model.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90000000\n"),
        ("tokenizer.json", b"{}"),
        ("tokenizer_config.json", b"{}"),
        ("tokenizer_config.json", b"no JSON"),
    ],
)
async def test_broken_files_are_a_set_up_error_at_the_first_use(
    minilm: Path, tmp_path: Path, nowhere: Path, file: str, content: bytes
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(minilm, folder)
    (folder / file).write_bytes(content)
    embedder = FastembedEmbedder(MINILM, model_path=folder, cache=nowhere)
    with pytest.raises(
        SetupError, match=rf"^The files in {folder} do not work as the model {MINILM}: fetch them again"
    ):
        await embedder.embed(["hello"])


async def test_the_files_of_another_model_are_a_set_up_error(minilm: Path, pairs: Path, nowhere: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"do not work as the model BAAI/bge-large-en-v1\.5"):
        await FastembedEmbedder("BAAI/bge-large-en-v1.5", model_path=minilm, cache=nowhere).embed(["hello"])
    with pytest.raises(ModelUnusable, match="do not work as the cross-encoder our-shop/not-pairs"):
        await FastembedCrossEncoder("our-shop/not-pairs", model_path=minilm, cache=nowhere).score("a", ["b"])


def test_an_unknown_model_is_refused_with_what_may_have_been_meant(tmp_path: Path, nowhere: Path) -> None:
    with pytest.raises(SetupError, match=r"knows no model all-MiniLM-L6-v2: choose one of its list, such as sentence-"):
        FastembedEmbedder("all-MiniLM-L6-v2", cache=nowhere)
    with pytest.raises(SetupError, match=r"knows no model ms-marco-MiniLM: choose one of its list, such as Xenova/"):
        FastembedCrossEncoder("ms-marco-MiniLM", cache=nowhere)
    with pytest.raises(SetupError, match=r"1_Pooling/config\.json does not say how its vectors are made"):
        FastembedEmbedder("our-shop/empty", model_path=tmp_path, cache=nowhere)
    with pytest.raises(SetupError, match=r"holds neither onnx/model\.onnx nor model\.onnx"):
        FastembedCrossEncoder("our-shop/empty", model_path=tmp_path, cache=nowhere)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"pooling_mode_mean_tokens": true}', '{"word_embedding_dimension": 3}']
)
def test_a_description_that_says_too_little_is_a_set_up_error(tmp_path: Path, nowhere: Path, content: str) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(SetupError, match="does not say how its vectors are made"):
        FastembedEmbedder("our-shop/vague", model_path=tmp_path, cache=nowhere)


def test_what_is_not_kept_here_is_not_looked_for_when_offline(nowhere: Path) -> None:
    with pytest.raises(SetupError, match=f"The model {MINILM} is not in {nowhere} and cannot be downloaded"):
        FastembedEmbedder(MINILM, cache=nowhere, offline=True)


# --- the network ---


REPOSITORY = "Qdrant/all-MiniLM-L6-v2-onnx"
"""Where fastembed looks for MiniLM."""
EMBED_ONCE = """
import asyncio, sys
from pathlib import Path
from domain.errors import SetupError
from retrieval.embedding.fastembed_model import FastembedEmbedder
path = Path(sys.argv[2]) if len(sys.argv) > 2 else None
try:
    embedder = FastembedEmbedder("sentence-transformers/all-MiniLM-L6-v2", model_path=path, cache=Path(sys.argv[1]))
    print(len(asyncio.run(embedder.embed(["hello"]))[0]))
except SetupError as error:
    print(error.message)
"""


def embed_once(hub: str, *arguments: Path) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, since the hub's address is read when its library is imported."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-c", EMBED_ONCE, *map(str, arguments)],
        cwd=ROOT,
        env=bare | {"HF_ENDPOINT": hub, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def test_with_a_folder_the_network_is_never_asked(minilm: Path, nowhere: Path) -> None:
    with a_hub({REPOSITORY: minilm}) as hub:
        done = embed_once(hub.url, nowhere, minilm)
    assert done.stdout.strip() == "384"
    assert hub.asked == []


def test_a_model_is_downloaded_once_and_then_works_without_the_network(minilm: Path, nowhere: Path) -> None:
    with a_hub({REPOSITORY: minilm}) as hub:
        first = embed_once(hub.url, nowhere)
        asked = list(hub.asked)
        again = embed_once(hub.url, nowhere)
    assert first.stdout.strip() == again.stdout.strip() == "384"
    assert any(each.startswith("GET") and each.endswith("model.onnx") for each in asked)
    assert hub.asked == asked, "the second time everything is here"


def test_a_model_that_cannot_be_fetched_is_one_sentence_that_says_what_to_do(nowhere: Path) -> None:
    with a_hub({}) as hub:
        done = embed_once(hub.url, nowhere)
    assert done.stdout.startswith(f"The model {MINILM} is not in {nowhere} and cannot be downloaded (")
    assert "allow the connection, or put its files into a folder and set HOLDPOINT_EMBEDDER_PATH" in done.stdout
    assert done.stdout.count("\n") == 1
    assert "Could not download" not in done.stderr
    assert any("all-MiniLM-L6-v2" in each for each in hub.asked)
