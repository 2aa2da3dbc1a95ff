"""Embedders give unit vectors, the same whatever else is embedded with them."""

import asyncio
import math

import pytest

from domain.ports import Embedder
from retrieval.embedders import HashEmbedder, UniversalSentenceEmbedder

EMBEDDERS: list[Embedder] = [UniversalSentenceEmbedder(), HashEmbedder()]


def cosine(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("embedder", EMBEDDERS, ids=lambda embedder: embedder.name)
@pytest.mark.parametrize("text", ["Hello", "", " ", "\0", "\ud800", "x" * 100_000, "😀"])
async def test_any_text_becomes_a_unit_vector(embedder: Embedder, text: str) -> None:
    [vector] = await embedder.embed([text])
    assert len(vector) == embedder.dimensions
    assert math.isclose(cosine(vector, vector), 1.0, abs_tol=1e-5)


@pytest.mark.parametrize("embedder", EMBEDDERS, ids=lambda embedder: embedder.name)
async def test_a_vector_does_not_depend_on_its_company(embedder: Embedder) -> None:
    [alone] = await embedder.embed(["Where is my parcel?"])
    crowd = await embedder.embed(["A", "Where is my parcel?", "B " * 50])
    assert math.isclose(cosine(alone, crowd[1]), 1.0, abs_tol=1e-5)
    assert await embedder.embed([]) == []


async def test_the_encoder_puts_translations_near_each_other() -> None:
    vectors = await UniversalSentenceEmbedder().embed(
        ["Where is my parcel?", "¿Dónde está mi paquete?", "The weather is fine today."]
    )
    assert cosine(vectors[0], vectors[1]) > 0.7 > 0.4 > cosine(vectors[0], vectors[2])


async def test_many_callers_share_one_model() -> None:
    results = await asyncio.gather(*(UniversalSentenceEmbedder().embed(["same"]) for _ in range(10)))
    assert all(result == results[0] for result in results)


def test_the_name_says_which_weights() -> None:
    assert UniversalSentenceEmbedder().name.startswith("use-multilingual-3/0.")
