"""A store that is loaded and searched with other models than the shipped ones: real weights, a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.errors import Unavailable
from domain.vocabulary import Language
from retrieval.embedding.cohere_api import CohereApi
from retrieval.embedding.cohere_model import CohereEmbedder
from retrieval.embedding.fastembed_model import FastembedEmbedder
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading.reindexing import reindex_store
from retrieval.reranking.cohere_rerank import CohereReranker
from retrieval.reranking.fastembed_cross_encoder import FastembedCrossEncoder
from retrieval.reranking.port import Reranker
from retrieval.search import PostgresKnowledge
from tests.cohere_server import KEY, Cohere, Fault, a_cohere
from tests.integration.knowledge_world import KnowledgeWorld, Record
from tests.onnx_models import CROSS_ENCODER, MINILM, build_cross_encoder, build_minilm


def faq(document_id: str, title: str, text: str) -> Record:
    return {"id": document_id, "kind": "faq", "language": "en", "title": title, "text": text}


RETURNS = faq("returns", "Returns", "You may send goods back within thirty days.")
PARCEL = faq("parcel", "Tracking", "See where your parcel is with the number in our e-mail.")
HOURS = faq("hours", "Opening hours", "The shop is open from nine to five.")
GIFTS = faq("gifts", "Gift cards", "A card is valid for three years.")


@pytest.fixture
def cohere() -> Iterator[Cohere]:
    with a_cohere() as server:
        yield server


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> FastembedEmbedder:
    folder = build_minilm(tmp_path_factory.mktemp("minilm"))
    return FastembedEmbedder(MINILM, model_path=folder, cache=folder)


def api_of(cohere: Cohere) -> CohereApi:
    return CohereApi(SecretStr(KEY), url=cohere.url)


async def found(knowledge: PostgresKnowledge, shop: KnowledgeWorld, question: str) -> list[str]:
    """Ids of the documents that were found, best first."""
    result = await knowledge.search(shop.store, question, language=Language.EN, top=4)
    return [passage.document_id for passage in result.passages]


async def test_what_cohere_embedded_is_found_by_a_question(shop: KnowledgeWorld, cohere: Cohere) -> None:
    embedder = CohereEmbedder(api_of(cohere), dimensions=512)

    report = await shop.load([RETURNS, PARCEL, HOURS], embedder=embedder)
    first = (await found(PostgresKnowledge(shop.database, embedder), shop, "where is my parcel"))[0]

    assert (report.added, first) == (3, "parcel")
    assert await shop.vectors("cohere/embed-v4.0/512") == await shop.live()
    assert [each["input_type"] for each in cohere.requests][-1] == "search_query"
    assert {each["input_type"] for each in cohere.requests[:-1]} == {"search_document"}


async def test_a_load_that_cohere_breaks_off_leaves_what_was_there_and_is_run_again(
    shop: KnowledgeWorld, cohere: Cohere
) -> None:
    embedder = CohereEmbedder(api_of(cohere), dimensions=256, passage_seconds=1.0)
    knowledge = PostgresKnowledge(shop.database, embedder)
    await shop.load([RETURNS], embedder=embedder)

    cohere.then(*[Fault(503)] * 100)
    with pytest.raises(Unavailable, match=r"^Cohere failed \(503\)"):
        await shop.load([RETURNS, PARCEL, HOURS], embedder=embedder)
    cohere.faults.clear()

    assert await found(knowledge, shop, "send goods back") == ["returns"]
    assert (await shop.load([RETURNS, PARCEL, HOURS], embedder=embedder)).added == 2
    assert (await found(knowledge, shop, "where is my parcel"))[0] == "parcel"


async def test_searches_stay_with_the_old_vectors_until_the_new_model_has_all(
    shop: KnowledgeWorld, cohere: Cohere, minilm: FastembedEmbedder
) -> None:
    old = CohereEmbedder(api_of(cohere), dimensions=256)
    await shop.load([RETURNS, PARCEL, HOURS, GIFTS], embedder=old)
    shelf = EmbedderShelf(minilm, {old.name: old}.get)
    knowledge = PostgresKnowledge(shop.database, shelf)

    cohere.requests.clear()
    assert (await found(knowledge, shop, "where is my parcel"))[0] == "parcel"
    assert [each["texts"] for each in cohere.requests] == [["where is my parcel", "parcel"]]

    await reindex_store(shop.database, shelf, shop.store)
    cohere.requests.clear()
    assert (await found(knowledge, shop, "I want a refund for what I bought"))[0] == "returns"
    assert (await found(knowledge, shop, "What time does the store close?"))[0] == "hours"
    assert cohere.requests == []
    assert await shop.vectors(minilm.name) == await shop.live()


async def test_a_chosen_model_that_is_away_harms_no_store_that_is_not_moved_over_yet(
    shop: KnowledgeWorld, minilm: FastembedEmbedder
) -> None:
    await shop.load([RETURNS, PARCEL, HOURS], embedder=minilm)
    away = CohereEmbedder(CohereApi(SecretStr(KEY), url="http://127.0.0.1:1"), question_seconds=0.5)
    knowledge = PostgresKnowledge(shop.database, EmbedderShelf(away, {minilm.name: minilm}.get))

    assert (await found(knowledge, shop, "where is my parcel"))[0] == "parcel"


@pytest.mark.parametrize("kind", ["cohere", "fastembed"])
async def test_a_reranker_has_the_last_word_on_the_order(
    shop: KnowledgeWorld, cohere: Cohere, minilm: FastembedEmbedder, tmp_path: Path, kind: str
) -> None:
    await shop.load([RETURNS, PARCEL, HOURS, GIFTS], embedder=minilm)
    reranker: Reranker = CohereReranker(api_of(cohere))
    if kind == "fastembed":
        folder = build_cross_encoder(tmp_path / "pairs")
        reranker = FastembedCrossEncoder(CROSS_ENCODER, model_path=folder, cache=folder)
    knowledge = PostgresKnowledge(shop.database, minilm, reranker=reranker)

    explained = await knowledge.explain(shop.store, "where is my parcel", language=Language.EN)

    assert explained.result.passages[0].document_id == "parcel"
    scores = [passage.score for passage in explained.result.passages]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
    if kind == "cohere":
        [request] = cohere.requests
        assert f"{PARCEL['title']}\n{PARCEL['text']}" in request["documents"]
