"""Rerankers of Cohere, over the network."""

from collections.abc import Sequence
from typing import Any

from retrieval.embedding.cohere_api import CohereApi, misfit
from retrieval.embedding.local_models import clean

BATCH = 1_000
"""Passages in one request: more than they recommend would be slow."""
SECONDS = 4.0
"""All attempts of a request: a customer waits, and the step that searches has 10 s."""


class CohereReranker:
    """Satisfies `retrieval.reranking.port.Reranker`. Question and passages leave the installation."""

    provider = "cohere"

    def __init__(self, api: CohereApi, *, model: str = "rerank-v4.0-pro", seconds: float = SECONDS) -> None:
        self._api = api
        self._model = model
        self._seconds = seconds

    @property
    def name(self) -> str:
        return f"cohere/{self._model}"

    async def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """The relevance of each passage from 0 to 1, in order; nothing is relevant to an empty question.

        Raises Unavailable when Cohere does not answer in time or not with a score a passage, ModelUnusable when it
        refuses.
        """
        if not question.strip():
            return [0.0] * len(passages)
        scores: list[float] = []
        for start in range(0, len(passages), BATCH):
            batch = [clean(passage) if passage.strip() else "-" for passage in passages[start : start + BATCH]]
            request = {"model": self._model, "query": clean(question), "documents": batch, "top_n": len(batch)}
            scores += _scores(await self._api.post("/v2/rerank", request, patience=self._seconds), len(batch))
        return scores


def _scores(answer: dict[str, Any], count: int) -> list[float]:
    try:
        by_index = {each["index"]: float(each["relevance_score"]) for each in answer["results"]}
    except (LookupError, TypeError, ValueError) as error:
        raise misfit("holds no scores") from error
    if len(answer["results"]) != count or by_index.keys() != set(range(count)):
        raise misfit(f"holds scores of other passages than the {count} that were sent")
    scores = [by_index[index] for index in range(count)]
    if not all(0.0 <= score <= 1.0 for score in scores):
        raise misfit("holds scores that are not between 0 and 1")
    return scores
