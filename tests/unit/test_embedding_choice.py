"""Settings choose the embedder and the reranker; a bad choice is one sentence before anything is loaded."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from app import settings as settings_module
from app.models import build_embedder, build_reranker, embedder_provider, embedder_reviver, reranker_provider
from app.settings import Settings, SettingsError, load_settings
from app.telemetry import Tracing
from domain.errors import SetupError, Unavailable
from retrieval.embedders import HashEmbedder, UniversalSentenceEmbedder
from retrieval.embedding.cohere_model import CohereEmbedder
from retrieval.embedding.fastembed_model import FastembedEmbedder
from retrieval.reranking.cohere_rerank import CohereReranker
from retrieval.reranking.fastembed_cross_encoder import FastembedCrossEncoder
from tests.cohere_server import KEY, Cohere, a_cohere
from tests.onnx_models import CROSS_ENCODER, MINILM, build_cross_encoder, build_minilm


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No HOLDPOINT_ variable and no `.env`; the current folder is an empty one."""
    for name in list(os.environ):
        if name.startswith("HOLDPOINT_"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", (tmp_path / ".env",))
    monkeypatch.setattr(settings_module, "ENV_FILES", (tmp_path / ".env",))
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_minilm(tmp_path_factory.mktemp("minilm"))


@pytest.fixture
def cohere() -> Iterator[Cohere]:
    with a_cohere() as server:
        yield server


def settings_with(home: Path, **values: object) -> Settings:
    return Settings.model_validate({"home": home, **values})


def test_the_defaults_need_nothing(tmp_path: Path) -> None:
    settings = settings_with(tmp_path)

    assert isinstance(build_embedder(settings), UniversalSentenceEmbedder)
    assert build_reranker(settings) is None
    assert embedder_provider(settings) == reranker_provider(settings) == "holdpoint"
    assert list(tmp_path.iterdir()) == []


async def test_models_come_from_their_folders(tmp_path: Path, minilm: Path) -> None:
    pairs = build_cross_encoder(tmp_path / "pairs")
    settings = settings_with(
        tmp_path,
        embedder=f"fastembed:{MINILM}",
        embedder_path=minilm,
        reranker=f"fastembed:{CROSS_ENCODER}",
        reranker_path=pairs,
    )

    embedder, reranker = build_embedder(settings), build_reranker(settings)

    assert isinstance(embedder, FastembedEmbedder) and isinstance(reranker, FastembedCrossEncoder)
    assert len((await embedder.embed(["hello"]))[0]) == embedder.dimensions == 384
    assert len(await reranker.score("hello", ["hello", "you"])) == 2
    assert embedder_provider(settings) == reranker_provider(settings) == "holdpoint"


async def test_models_come_from_cohere(tmp_path: Path, cohere: Cohere) -> None:
    settings = settings_with(
        tmp_path,
        embedder="cohere:embed-v4.0",
        reranker="cohere:rerank-v4.0-fast",
        cohere_api_key=KEY,
        cohere_url=cohere.url + "/",
        cohere_dimensions="512",
    )

    embedder, reranker = build_embedder(settings), build_reranker(settings)

    assert isinstance(embedder, CohereEmbedder) and isinstance(reranker, CohereReranker)
    assert len((await embedder.embed(["hello"]))[0]) == embedder.dimensions == 512
    assert await reranker.score("hello", ["hello", "you"]) == [1.0, 0.0]
    assert [(each["path"], each["model"]) for each in cohere.requests] == [
        ("/v2/embed", "embed-v4.0"),
        ("/v2/rerank", "rerank-v4.0-fast"),
    ]
    assert embedder_provider(settings) == reranker_provider(settings) == "cohere"
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"EMBEDDER": "bert"}, "HOLDPOINT_EMBEDDER cannot be used: it has to be use-multilingual, fastembed:MODEL or"),
        ({"EMBEDDER": "features"}, "HOLDPOINT_EMBEDDER cannot be used"),
        ({"EMBEDDER": "fastembed:"}, "HOLDPOINT_EMBEDDER cannot be used"),
        ({"EMBEDDER": "fastembed"}, "HOLDPOINT_EMBEDDER cannot be used"),
        ({"EMBEDDER": "cohere: embed-v4.0"}, "HOLDPOINT_EMBEDDER cannot be used"),
        ({"EMBEDDER": "openai:ada"}, "HOLDPOINT_EMBEDDER cannot be used"),
        ({"RERANKER": "none"}, "HOLDPOINT_RERANKER cannot be used: it has to be features, fastembed:MODEL or"),
        ({"EMBEDDER": "cohere:embed-v4.0"}, "HOLDPOINT_EMBEDDER=cohere:MODEL needs HOLDPOINT_COHERE_API_KEY"),
        ({"RERANKER": "cohere:rerank-v4.0-pro"}, "HOLDPOINT_RERANKER=cohere:MODEL needs HOLDPOINT_COHERE_API_KEY"),
        ({"EMBEDDER_PATH": "here"}, "HOLDPOINT_EMBEDDER_PATH needs HOLDPOINT_EMBEDDER=fastembed:MODEL"),
        ({"RERANKER_PATH": "here"}, "HOLDPOINT_RERANKER_PATH needs HOLDPOINT_RERANKER=fastembed:MODEL"),
        ({"COHERE_API_KEY": "Bearer s3cret"}, "HOLDPOINT_COHERE_API_KEY cannot be used: it has to be the key alone"),
        ({"COHERE_API_KEY": "s3crét"}, "HOLDPOINT_COHERE_API_KEY cannot be used"),
        ({"COHERE_URL": "api.cohere.com/s3cret"}, "HOLDPOINT_COHERE_URL cannot be used"),
        ({"COHERE_DIMENSIONS": "1000"}, "HOLDPOINT_COHERE_DIMENSIONS cannot be used: it has to be 256, 512"),
        ({"COHERE_DIMENSIONS": "many"}, "HOLDPOINT_COHERE_DIMENSIONS cannot be used"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value.values()),
)
def test_a_bad_choice_is_one_sentence(
    bare_environment: pytest.MonkeyPatch, variables: dict[str, str], sentence: str
) -> None:
    for name, value in variables.items():
        bare_environment.setenv(f"HOLDPOINT_{name}", value)

    with pytest.raises(SettingsError) as refused:
        load_settings()

    assert sentence in refused.value.message
    assert "s3cr" not in refused.value.message
    assert "\n" not in refused.value.message


def test_the_embedder_of_older_vectors_is_found_by_their_name(tmp_path: Path, minilm: Path) -> None:
    chosen = settings_with(
        tmp_path, embedder=f"fastembed:{MINILM}", embedder_path=minilm, cohere_api_key=KEY, cohere_dimensions=1024
    )
    revive = embedder_reviver(chosen)

    for name in (
        UniversalSentenceEmbedder().name,
        build_embedder(chosen).name,
        "cohere/embed-v4.0/256",
        "cohere/embed-multilingual-light-v3.0/384",
    ):
        found = revive(name)
        assert found is not None and found.name == name
        assert type(found) is not HashEmbedder


@pytest.mark.parametrize(
    "name",
    [
        "use-multilingual-3/0.0.1",
        f"fastembed-0.9/{MINILM}/000000000000",
        f"fastembed-0.1/{MINILM}/000000000000",
        "fastembed-0.9/nobody/knows/000000000000",
        "cohere/embed-v4.0/256",
        "cohere/embed-v4.0/many",
        "cohere",
        "hash/1",
        "",
    ],
)
def test_an_embedder_that_cannot_be_had_any_more_is_none(tmp_path: Path, name: str) -> None:
    assert embedder_reviver(settings_with(tmp_path))(name) is None


def test_without_fastembed_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastembed", None)
    monkeypatch.setitem(sys.modules, "fastembed.rerank.cross_encoder", None)
    with pytest.raises(SetupError, match="fastembed is not installed"):
        build_embedder(settings_with(tmp_path, embedder=f"fastembed:{MINILM}"))
    with pytest.raises(SetupError, match="fastembed is not installed"):
        build_reranker(settings_with(tmp_path, reranker=f"fastembed:{CROSS_ENCODER}"))


async def test_spans_name_who_runs_a_model(tmp_path: Path, cohere: Cohere) -> None:
    settings = settings_with(tmp_path, reranker="cohere:rerank-v4.0-pro", cohere_api_key=KEY, cohere_url=cohere.url)
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    traces = Tracing(provider.get_tracer("tests"))
    reranker = build_reranker(settings)
    assert reranker is not None

    await traces.embedder(HashEmbedder(), embedder_provider(settings)).embed(["hello"])
    await traces.reranker(reranker, reranker_provider(settings)).score("hello", ["hello", "you"])

    local, remote = spans.get_finished_spans()
    assert (local.name, local.kind) == ("embeddings hash/1", SpanKind.INTERNAL)
    assert (remote.name, remote.kind) == ("rerank cohere/rerank-v4.0-pro", SpanKind.CLIENT)
    assert dict(remote.attributes or {}) == {
        "gen_ai.operation.name": "rerank",
        "gen_ai.provider.name": "cohere",
        "gen_ai.request.model": "cohere/rerank-v4.0-pro",
        "holdpoint.texts": 2,
    }


async def test_a_model_that_refuses_sends_queries_to_people_and_names_the_setting(
    tmp_path: Path, cohere: Cohere
) -> None:
    settings = settings_with(tmp_path, embedder="cohere:embed-v4.0", cohere_api_key="wrong", cohere_url=cohere.url)
    with pytest.raises(Unavailable, match="set HOLDPOINT_COHERE_API_KEY to one that is valid") as refused:
        await build_embedder(settings).embed(["hello"], role="question")
    assert isinstance(refused.value, SetupError)
