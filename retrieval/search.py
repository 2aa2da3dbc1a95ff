"""Knowledge search on PostgreSQL: by meaning and by words, reranked, with a chance that says when nothing answers."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from domain.canonical import content_hash
from domain.errors import Unavailable
from domain.knowledge import FoundPassage, Passage, SearchResult
from domain.ports import Embedder
from domain.vocabulary import Intent, Kind, Language
from retrieval.alignment import warm_up
from retrieval.database import Database
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.reranking.features import Weights, chances, shipped_weights
from retrieval.reranking.port import Reranker
from retrieval.reranking.ranking import Scored, rank
from retrieval.searching.candidates import Candidate
from retrieval.searching.explanation import FEATURE_MODEL, Clock, Explanation, explain_search
from retrieval.searching.finding import SQL, Finder, Found, Scope
from retrieval.searching.question import Question, read_question
from retrieval.searching.settings import SearchSettings

log = logging.getLogger(__name__)
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
    """Satisfies `domain.ports.KnowledgeSearch`."""

    def __init__(
        self,
        database: Database,
        embedder: Embedder | EmbedderShelf,
        *,
        settings: SearchSettings | None = None,
        weights: Weights | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._database = database
        shelf = embedder if isinstance(embedder, EmbedderShelf) else EmbedderShelf(embedder)
        self._finder = Finder(database, shelf, settings or SearchSettings())
        self._weights = weights or shipped_weights()
        self._reranker = reranker
        chosen = [shelf.chosen.name, reranker.name if reranker else "", (settings or SearchSettings()).model_dump()]
        self.version = content_hash(["search", *chosen, self._weights.model_dump(mode="json")])[:12]
        """Names all that decides what is found in the same knowledge."""

    async def warm_up(self) -> None:
        """Loads the vectors of word pieces, some two seconds."""
        await asyncio.to_thread(warm_up)

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
        """Best first, at most `top` documents in effect at `at`. Named `kinds` are never left; those of an intent are,
        when they hold no answer. Raises Unavailable."""
        explained = await self.explain(store, text, language=language, intent=intent, kinds=kinds, at=at, top=top)
        return explained.result

    async def explain(
        self,
        store: str,
        text: str,
        *,
        language: Language,
        intent: Intent | None = None,
        kinds: Sequence[Kind] = (),
        at: datetime | None = None,
        as_of: datetime | None = None,
        top: int = 3,
    ) -> Explanation:
        """The same search with all that led to its result. `as_of`: with the versions that stood here at that moment.

        Raises Unavailable.
        """
        clock = Clock()
        question = read_question(store, text, language)
        if question.is_empty:
            return explain_search(question, None, (), SearchResult(), self._weights)
        clock.end("reading")
        found = await self.find(question, intent=intent, kinds=kinds, at=at, as_of=as_of)
        clock.end("finding")
        certain = chances(found.candidates, language, self._weights)
        reranked = await self._scores(question, found.candidates)
        ranked = rank(found.candidates, reranked or certain, language, self._weights.threshold)
        clock.end("ranking")
        result = SearchResult(
            passages=tuple(_found(item) for item in ranked[:top]),
            answerable=_knows_codes(question, found) and self._answers(ranked, found.candidates, certain, language),
        )
        reranker = self._reranker.name if self._reranker is not None and reranked is not None else FEATURE_MODEL
        explained = explain_search(question, found, ranked, result, self._weights)
        return explained.model_copy(update={"reranker": reranker, "seconds": clock.seconds})

    def _answers(
        self, ranked: Sequence[Scored], candidates: Sequence[Candidate], certain: Sequence[float], language: Language
    ) -> bool:
        """Whether the best document answers by the fitted chance, whichever reranker put it first."""
        if not ranked:
            return False
        if self._reranker is None:
            return ranked[0].score >= self._weights.threshold
        by_chance = rank(candidates, certain, language, self._weights.threshold)
        first = ranked[0].candidate.document_id
        return any(item.candidate.document_id == first and item.score >= self._weights.threshold for item in by_chance)

    async def find(
        self,
        question: Question,
        *,
        intent: Intent | None = None,
        kinds: Sequence[Kind] = (),
        at: datetime | None = None,
        as_of: datetime | None = None,
    ) -> Found:
        """What both searches found, unranked: `search` ranks it, the training learns from it. Raises Unavailable."""
        moment = at or as_of or datetime.now(UTC)
        suggested = tuple(kinds) or (KINDS_OF_INTENT.get(intent, ALL_KINDS) if intent else ALL_KINDS)
        rest = () if kinds else tuple(kind for kind in ALL_KINDS if kind not in suggested)
        scopes = [Scope(each, moment, as_of) for each in (suggested, rest) if each]

        def enough(candidates: Sequence[Candidate]) -> bool:
            found = chances(candidates, question.language, self._weights)
            return bool(found) and max(found) >= self._weights.threshold

        return await self._finder.find(question, scopes, enough=enough)

    async def _scores(self, question: Question, candidates: Sequence[Candidate]) -> list[float] | None:
        """The relevance of each candidate by the chosen reranker; null for the default one, and while it is away."""
        if self._reranker is None or not candidates:
            return None
        known = {
            passage.passage_id: passage
            for passage in await self.passages(question.store, [item.passage_id for item in candidates])
        }
        texts = [
            f"{known[item.passage_id].title}\n{known[item.passage_id].text}" if item.passage_id in known else item.title
            for item in candidates
        ]
        try:
            return await self._reranker.score(question.text, texts)
        except Unavailable as error:
            # Better the default order than no search; an expired key or a model that is down is said every time.
            log.warning("the reranker %s is not used: %s", self._reranker.name, error)
            return None

    async def passages(self, store: str, passage_ids: Sequence[str]) -> tuple[Passage, ...]:
        """The passages in the order asked for; ids that are gone are left out. Raises Unavailable."""
        if not passage_ids:
            return ()
        async with self._database.in_store(store) as connection:
            values = {"store": store, "passage_ids": list(passage_ids)}
            rows = await (await connection.execute(SQL["read_passages"], values)).fetchall()
        known = {row["passage_id"]: Passage.model_validate(row) for row in rows}
        return tuple(known[passage_id] for passage_id in passage_ids if passage_id in known)

    async def around(self, store: str, passage_ids: Sequence[str], *, reach: int = 2) -> tuple[Passage, ...]:
        """As the port says. Raises Unavailable."""
        if not passage_ids:
            return ()
        async with self._database.in_store(store) as connection:
            values = {"store": store, "passage_ids": list(passage_ids), "reach": reach}
            rows = await (await connection.execute(SQL["read_around"], values)).fetchall()
        return tuple(Passage.model_validate(row) for row in rows)


def _knows_codes(question: Question, found: Found) -> bool:
    """A model number alone is answered by a passage that has it, never by one that is merely the nearest."""
    codes = question.codes_alone
    held = {found.terms.terms[place].hash for place in found.terms.known}
    return not codes or any(code in held for code in codes)


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
