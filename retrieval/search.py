"""Knowledge search on PostgreSQL: by meaning and by words, joined by a fitted ranking."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from domain.knowledge import FoundPassage, Passage, SearchResult
from domain.ports import Embedder
from domain.vocabulary import Intent, Kind, Language
from retrieval.database import Database
from retrieval.ingest import vector_literal
from retrieval.ranking import Candidate, Scored, Weights, rank, shipped_weights
from retrieval.statements import Statements
from retrieval.words import question_words

SQL = Statements(Path(__file__).with_name("queries.sql"))
MAX_QUESTION_CHARACTERS = 2_000
ALL_KINDS = tuple(Kind)
KINDS_OF_INTENT: dict[Intent, tuple[Kind, ...]] = {
    Intent.PRODUCT_QUESTION: (Kind.PRODUCT, Kind.FAQ),
    Intent.ORDER_STATUS: (Kind.FAQ, Kind.POLICY),
    Intent.SHIPPING: (Kind.POLICY, Kind.FAQ),
    Intent.PAYMENT: (Kind.POLICY, Kind.FAQ),
    Intent.ACCOUNT: (Kind.POLICY, Kind.FAQ),
    Intent.RETURN_REQUEST: (Kind.POLICY, Kind.FAQ),
    Intent.REFUND: (Kind.POLICY, Kind.FAQ),
    Intent.CANCEL: (Kind.POLICY, Kind.FAQ),
    Intent.COMPLAINT: (Kind.POLICY, Kind.FAQ),
}
"""Where answers to an intent are; all kinds for an intent that is not named here."""


class PostgresKnowledge:
    """Satisfies `domain.ports.KnowledgeSearch`. One embedding and one statement a search."""

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        *,
        semantic_k: int = 5,
        keyword_k: int = 3,
        weights: Weights | None = None,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._semantic_k = semantic_k
        self._keyword_k = keyword_k
        self._weights = weights or shipped_weights()

    async def search(
        self,
        store: str,
        text: str,
        *,
        language: Language,
        intent: Intent | None = None,
        kinds: Sequence[Kind] = (),
        at: datetime | None = None,
        top: int = 3,
    ) -> SearchResult:
        """Best first, at most `top` documents in force at `at`. Named `kinds` are never left; those of an intent are,
        when they hold no answer. Raises Unavailable."""
        candidates = await self.candidates(store, text, language=language, intent=intent, kinds=kinds, at=at)
        ranked = rank(candidates, language, self._weights, top)
        return SearchResult(
            passages=tuple(_found(item) for item in ranked),
            answerable=bool(ranked) and ranked[0].score >= self._weights.threshold,
        )

    async def candidates(
        self,
        store: str,
        text: str,
        *,
        language: Language,
        intent: Intent | None = None,
        kinds: Sequence[Kind] = (),
        at: datetime | None = None,
    ) -> list[Candidate]:
        """What both legs found, unranked: `search` ranks it, the calibration learns from it. Raises Unavailable."""
        question = text[:MAX_QUESTION_CHARACTERS].replace("\0", " ")
        if not question.strip():
            return []
        [vector] = await self._embedder.embed([question])
        suggested = KINDS_OF_INTENT.get(intent, ALL_KINDS) if intent else ALL_KINDS
        values = {
            "store": store,
            "words": question_words(question.encode("utf-8", errors="replace").decode("utf-8")),
            "embedding": vector_literal(vector),
            "embedder": self._embedder.name,
            "kinds": [kind.value for kind in kinds or suggested],
            "fallback": not kinds,
            "at": at or datetime.now(UTC),
            "language": language.value,
            "semantic_k": self._semantic_k,
            "keyword_k": self._keyword_k,
        }
        async with self._database.in_store(store) as connection:
            rows = await (await connection.execute(SQL["find_candidates"], values)).fetchall()
        return [Candidate.model_validate(row) for row in rows]

    async def passages(self, store: str, passage_ids: Sequence[str]) -> tuple[Passage, ...]:
        """The passages in the order asked for; ids that are gone are left out. Raises Unavailable."""
        if not passage_ids:
            return ()
        async with self._database.in_store(store) as connection:
            values = {"store": store, "passage_ids": list(passage_ids)}
            rows = await (await connection.execute(SQL["read_passages"], values)).fetchall()
        known = {row["passage_id"]: Passage.model_validate(row) for row in rows}
        return tuple(known[passage_id] for passage_id in passage_ids if passage_id in known)


def _found(scored: Scored) -> FoundPassage:
    candidate = scored.candidate
    return FoundPassage(
        passage_id=candidate.passage_id,
        document_id=candidate.document_id,
        kind=candidate.kind,
        language=candidate.language,
        title=candidate.title,
        content_hash=candidate.content_hash,
        url=candidate.url,
        score=scored.score,
    )
