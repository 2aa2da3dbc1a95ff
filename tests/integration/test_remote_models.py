"""Cohere's models over HTTP: what is sent, what becomes of every kind of answer, and that the key is shown nowhere."""

import asyncio
import logging
import math
import time
import traceback
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from pydantic import SecretStr

from activities.tracing import TracedEmbedder
from domain.errors import HoldpointError, ModelUnusable, SetupError, Unavailable
from domain.ports import Embedder
from retrieval.embedding.cohere_api import MAX_ANSWER, CohereApi
from retrieval.embedding.cohere_model import CohereEmbedder
from retrieval.reranking.cohere_rerank import CohereReranker
from retrieval.reranking.port import Reranker
from tests.cohere_server import KEY, Body, Cohere, Fault, a_cohere

QUESTION = "Hallo, mein Name ist Rosalinde Zwingenberger, wo ist mein Paket?"
PASSAGES = ["Returns\nReturns are free for 30 days.", "Shipping\nWo ist mein Paket? See the link.", "Bread\nWe bake."]


@pytest.fixture
def cohere() -> Iterator[Cohere]:
    with a_cohere() as server:
        yield server


def api_of(cohere: Cohere, key: str = KEY) -> CohereApi:
    return CohereApi(SecretStr(key), url=cohere.url)


def embedder_of(cohere: Cohere, *, seconds: float = 4.0, **options: Any) -> CohereEmbedder:
    options = {"question_seconds": seconds, "passage_seconds": seconds} | options
    return CohereEmbedder(api_of(cohere), **options)


def reranker_of(cohere: Cohere, *, seconds: float = 4.0, **options: Any) -> CohereReranker:
    return CohereReranker(api_of(cohere), seconds=seconds, **options)


async def call(cohere: Cohere, model: str, *, key: str = KEY, seconds: float = 4.0) -> object:
    """One call of the embedder or the reranker."""
    if model == "embed":
        embedder = CohereEmbedder(api_of(cohere, key), question_seconds=seconds)
        return await embedder.embed([QUESTION], role="question")
    return await CohereReranker(api_of(cohere, key), seconds=seconds).score(QUESTION, PASSAGES)


BOTH = pytest.mark.parametrize("model", ["embed", "rerank"])


def cosine(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


# --- what goes well ---


async def test_a_question_and_a_passage_are_embedded_as_what_they_are(cohere: Cohere) -> None:
    embedder: Embedder = embedder_of(cohere)

    [asked] = await embedder.embed([QUESTION], role="question")
    answers = await embedder.embed(PASSAGES)

    assert [each["input_type"] for each in cohere.requests] == ["search_query", "search_document"]
    assert cohere.requests[0] == {
        "path": "/v2/embed",
        "model": "embed-v4.0",
        "texts": [QUESTION],
        "input_type": "search_query",
        "embedding_types": ["float"],
        "truncate": "END",
        "output_dimension": 1024,
    }
    assert all(math.isclose(cosine(each, each), 1.0, abs_tol=1e-6) for each in [asked, *answers])
    assert max(range(3), key=lambda index: cosine(asked, answers[index])) == 1


async def test_many_texts_go_in_requests_of_at_most_96_and_come_back_in_order(cohere: Cohere) -> None:
    texts = [f"number{index} of many" for index in range(200)]

    vectors = await embedder_of(cohere).embed(texts)

    assert [len(each["texts"]) for each in cohere.requests] == [96, 96, 8]
    assert vectors[150] == (await embedder_of(cohere).embed([texts[150]]))[0]
    assert len(cohere.connections) == 2, "one embedder keeps its connection"


@pytest.mark.parametrize("text", ["", " \n", "\0", "\ud800", "x" * 100_000, "😀"])
async def test_any_text_becomes_a_unit_vector_and_a_score(cohere: Cohere, text: str) -> None:
    [vector] = await embedder_of(cohere).embed([text])
    [score] = await reranker_of(cohere).score("x?", [text])
    await reranker_of(cohere).score(text, ["x"])

    assert len(vector) == 1024
    assert math.isclose(cosine(vector, vector), 1.0, abs_tol=1e-6)
    assert 0.0 <= score <= 1.0


@pytest.mark.parametrize(
    ("model", "asked", "expected", "sent"),
    [
        ("embed-v4.0", 256, 256, 256),
        ("embed-v4.0", 1536, 1536, 1536),
        ("embed-v5.0-fast", 2048, 2048, 2048),
        ("embed-multilingual-v3.0", 512, 1024, None),
    ],
)
async def test_vectors_have_the_length_asked_for_where_the_model_lets_one_ask(
    cohere: Cohere, model: str, asked: int, expected: int, sent: int | None
) -> None:
    embedder = embedder_of(cohere, model=model, dimensions=asked)

    [vector] = await embedder.embed(["hello"])

    assert len(vector) == embedder.dimensions == expected
    assert cohere.requests[0].get("output_dimension") == sent
    assert embedder.name == f"cohere/{model}/{expected}"


async def test_scores_come_in_the_order_of_the_passages_not_of_their_rank(cohere: Cohere) -> None:
    reranker: Reranker = reranker_of(cohere)

    scores = await reranker.score(QUESTION, PASSAGES)

    assert reranker.name == "cohere/rerank-v4.0-pro"
    assert cohere.requests == [
        {
            "path": "/v2/rerank",
            "model": "rerank-v4.0-pro",
            "query": QUESTION,
            "documents": PASSAGES,
            "top_n": 3,
        }
    ]
    assert scores[1] > scores[0] and scores[1] > scores[2]
    assert all(0.0 <= score <= 1.0 for score in scores)


async def test_nothing_to_do_asks_nobody(cohere: Cohere) -> None:
    assert await embedder_of(cohere).embed([]) == []
    assert await reranker_of(cohere).score(QUESTION, []) == []
    assert await reranker_of(cohere).score(" \n", PASSAGES) == [0.0, 0.0, 0.0]
    assert cohere.requests == []


def test_an_embedder_works_in_one_event_loop_after_the_other(cohere: Cohere) -> None:
    embedder = embedder_of(cohere)
    first = asyncio.run(embedder.embed(["hello"]))
    assert asyncio.run(embedder.embed(["hello"])) == first


async def test_a_closed_connection_is_opened_anew(cohere: Cohere) -> None:
    api = api_of(cohere)
    embedder = CohereEmbedder(api)
    await embedder.embed(["hello"])
    await api.aclose()
    await api.aclose()
    assert len(await embedder.embed(["hello"])) == 1


# --- what is worth another attempt ---


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        Fault(429),
        Fault(429, headers=(("retry-after", "0.1"),)),
        Fault(500),
        Fault(503, headers=(("retry-after", "0"),)),
        Fault(504, headers=(("retry-after", "not a time"),)),
        Fault(502, body=b"<html><h1>Bad Gateway</h1></html>"),
        Fault(499),
        Fault(408),
        Fault(cut=True),
        Fault(headers=(("content-encoding", "gzip"),)),
    ],
    ids=str,
)
async def test_a_passing_fault_is_tried_again(cohere: Cohere, model: str, fault: Fault) -> None:
    right = await call(cohere, model)
    cohere.then(fault, fault)

    assert await call(cohere, model, seconds=8.0) == right
    assert len(cohere.requests) == 4


@BOTH
@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
async def test_the_pause_asked_for_is_kept(cohere: Cohere, model: str, as_date: bool) -> None:
    asked = formatdate(time.time() + 2.5, usegmt=True) if as_date else "1.2"
    cohere.then(Fault(429, headers=(("retry-after", asked),)))

    await call(cohere, model, seconds=8.0)

    first, second = cohere.at
    assert (1.2 if not as_date else 1.0) <= second - first < 5.0


@BOTH
async def test_a_longer_pause_than_there_is_patience_ends_at_once(cohere: Cohere, model: str) -> None:
    cohere.then(Fault(429, headers=(("retry-after", "60"),)))
    begun = time.monotonic()

    with pytest.raises(Unavailable, match=r"^Cohere limits the number of requests \(429\): try again later\.$"):
        await call(cohere, model)

    assert time.monotonic() - begun < 3.0
    assert len(cohere.requests) == 1


@BOTH
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(503), r"^Cohere failed \(503\): try again later\.$"),
        (Fault(cut=True), r"^Cohere cannot be reached \(RemoteProtocolError\): try again later\.$"),
        (Fault(delay=8.0), r"^Cohere did not answer within 1 s: try again later\.$"),
        (Fault(trickle=0.05), r"^Cohere did not answer within 1 s: try again later\.$"),
    ],
    ids=str,
)
async def test_patience_has_an_end(cohere: Cohere, model: str, fault: Fault, sentence: str) -> None:
    cohere.then(*[fault] * 50)
    begun = time.monotonic()

    with pytest.raises(Unavailable, match=sentence):
        await call(cohere, model, seconds=1.0)

    assert time.monotonic() - begun < 5.0


@BOTH
async def test_nobody_there_is_unavailable(cohere: Cohere, model: str) -> None:
    gone = Cohere("http://127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"^Cohere cannot be reached \(ConnectError\): try again later\.$"):
        await call(gone, model, seconds=3.0)


# --- what is to be set right ---


@BOTH
@pytest.mark.parametrize(
    ("fault", "setting"),
    [
        (Fault(401, message="invalid api token"), "HOLDPOINT_COHERE_API_KEY"),
        (Fault(498, message="invalid token"), "HOLDPOINT_COHERE_API_KEY"),
        (Fault(402, message="please add a payment method"), "HOLDPOINT_COHERE_API_KEY"),
        (Fault(403, message="your key may not use this"), "HOLDPOINT_COHERE_API_KEY"),
        (Fault(404, message="model not found"), "HOLDPOINT_COHERE_URL"),
        (Fault(301, headers=(("location", "https://example.com/"),)), "HOLDPOINT_COHERE_URL"),
        (Fault(400, message="invalid request: something"), "HOLDPOINT_COHERE_DIMENSIONS; it says: invalid request"),
        (Fault(422, body=b"<html>"), "HOLDPOINT_COHERE_DIMENSIONS."),
        (Fault(418, body=b"[" * 100_000), "HOLDPOINT_COHERE_DIMENSIONS."),
    ],
    ids=str,
)
async def test_a_refusal_says_what_to_set_and_is_not_tried_again(
    cohere: Cohere, model: str, fault: Fault, setting: str
) -> None:
    cohere.then(fault)

    with pytest.raises(ModelUnusable) as refused:
        await call(cohere, model)

    assert refused.value.message.startswith("Cohere ")
    assert setting in refused.value.message
    assert "\n" not in refused.value.message
    assert len(cohere.requests) == 1


@BOTH
@pytest.mark.parametrize(
    "said",
    [
        f"cannot read 'Name ist {QUESTION[20:40]}'",
        QUESTION,
        f"the key {KEY} is not for this",
        "Zwingenberger, wo",
    ],
)
async def test_a_message_that_quotes_a_customer_or_the_key_is_not_repeated(
    cohere: Cohere, model: str, said: str
) -> None:
    cohere.then(Fault(400, message=said))

    with pytest.raises(ModelUnusable) as refused:
        await call(cohere, model)

    assert "it says" not in refused.value.message
    assert KEY not in refused.value.message


async def test_an_unknown_model_and_a_length_it_lacks_are_named(cohere: Cohere) -> None:
    with pytest.raises(ModelUnusable, match=r"does not know the model embed-v9 \(404\): correct HOLDPOINT_EMBEDDER"):
        await embedder_of(cohere, model="embed-v9").embed(["hello"])
    with pytest.raises(
        ModelUnusable, match=r"HOLDPOINT_COHERE_DIMENSIONS; it says: .* output_dimension is not supported"
    ):
        await embedder_of(cohere, dimensions=2048).embed(["hello"])


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused_before_it_is_sent(key: str) -> None:
    with pytest.raises(SetupError, match="HOLDPOINT_COHERE_API_KEY") as refused:
        CohereApi(SecretStr(key))
    assert not key.strip() or key not in refused.value.message


# --- answers that do not fit ---


def vectors_become(change: Any) -> Fault:
    def spoil(body: Body) -> Body:
        return body | {"embeddings": {"float": change(body["embeddings"]["float"])}}

    return Fault(change=spoil)


NO_JSON = [
    Fault(body=b"<!doctype html><title>Sign in</title>"),
    Fault(body=b'{"id": "5807", "embeddings": {"flo'),
    Fault(body=b""),
    Fault(body=b"\xff\xfe\x00"),
    Fault(body=b"[" * 100_000),
    Fault(body=b"[]"),
    Fault(body=b"null"),
    Fault(change=lambda body: {"id": body["id"]}),
]


@BOTH
@pytest.mark.parametrize("fault", NO_JSON, ids=range(len(NO_JSON)))
async def test_what_is_no_answer_makes_cohere_unavailable(cohere: Cohere, model: str, fault: Fault) -> None:
    cohere.then(fault)

    with pytest.raises(Unavailable, match=r"^Cohere gave an answer that (is not|holds no)"):
        await call(cohere, model)

    assert len(cohere.requests) == 1


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (vectors_become(lambda rows: [*rows, rows[0]]), "holds 2 × 1024 numbers where 1 × 1024"),
        (vectors_become(lambda rows: []), "holds 0 numbers where 1 × 1024"),
        (vectors_become(lambda rows: [rows[0][:-1]]), "holds 1 × 1023 numbers"),
        (vectors_become(lambda rows: [[0.0] * 1024]), "without a direction"),
        (vectors_become(lambda rows: [[1e400, *rows[0][1:]]]), "without a direction"),
        (vectors_become(lambda rows: [["many", *rows[0][1:]]]), "holds no vectors"),
        (vectors_become(lambda rows: [{}]), "holds no vectors"),
        (vectors_become(lambda rows: None), "where 1 × 1024"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_vectors_that_are_not_those_asked_for_are_refused(cohere: Cohere, fault: Fault, how: str) -> None:
    cohere.then(fault)
    with pytest.raises(Unavailable, match=how):
        await embedder_of(cohere).embed(["hello"])


def results_become(change: Any) -> Fault:
    return Fault(change=lambda body: body | {"results": change(body["results"])})


@pytest.mark.parametrize(
    "fault",
    [
        results_become(lambda found: found[:-1]),
        results_become(lambda found: [*found, found[0]]),
        results_become(lambda found: [*found[:-1], found[0]]),
        results_become(lambda found: [{**each, "index": each["index"] + 1} for each in found]),
        results_become(lambda found: [{**each, "relevance_score": 1.5} for each in found]),
        results_become(lambda found: [{**each, "relevance_score": float("nan")} for each in found]),
        results_become(lambda found: [{"index": each["index"]} for each in found]),
        results_become(lambda found: [each["relevance_score"] for each in found]),
        results_become(lambda found: 3),
    ],
    ids=range(9),
)
async def test_scores_that_are_not_those_asked_for_are_refused(cohere: Cohere, fault: Fault) -> None:
    cohere.then(fault)
    with pytest.raises(Unavailable, match="Cohere gave an answer that holds"):
        await reranker_of(cohere).score(QUESTION, PASSAGES)


@BOTH
async def test_an_answer_without_end_is_cut_off(cohere: Cohere, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ANSWER > 96 * 2048 * 25, "a full answer fits"
    monkeypatch.setattr("retrieval.embedding.cohere_api.MAX_ANSWER", 4 << 20)
    cohere.then(Fault(endless=True))
    with pytest.raises(Unavailable, match="beyond all measure"):
        await call(cohere, model, seconds=20.0)


# --- secrets and traces ---


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        Fault(401, message=f"the key {KEY} is not valid"),
        Fault(400, message=f"{KEY}"),
        Fault(429, message=KEY),
        Fault(body=KEY.encode()),
        Fault(cut=True),
        Fault(delay=2.0),
    ],
    ids=range(6),
)
async def test_the_key_is_in_no_error_log_or_picture_of_an_object(
    cohere: Cohere, model: str, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cohere.then(*[fault] * 50)

    with pytest.raises(HoldpointError) as raised:
        await call(cohere, model, seconds=1.0)

    shown = "".join(traceback.format_exception(raised.value)) + caplog.text
    api = api_of(cohere)
    shown += f"{api!r} {api!s} {vars(api)} {vars(CohereEmbedder(api))} {vars(CohereReranker(api))}"
    assert KEY not in shown
    assert "Zwingenberger" not in shown


async def test_a_span_names_cohere_and_shows_no_text(cohere: Cohere) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    embedder = embedder_of(cohere)

    traced = TracedEmbedder(embedder, provider.get_tracer("tests"), provider=embedder.provider)
    await traced.embed([QUESTION], role="question")

    [span] = spans.get_finished_spans()
    assert span.name == "embeddings cohere/embed-v4.0/1024"
    assert span.kind is SpanKind.CLIENT
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "cohere",
        "gen_ai.request.model": "cohere/embed-v4.0/1024",
        "gen_ai.embeddings.dimension.count": 1024,
        "holdpoint.texts": 1,
    }
