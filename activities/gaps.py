"""Knowledge gaps: what customers asked and nothing in the store's knowledge answers, for whoever writes it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from domain.errors import NotFound, Unavailable
from domain.steps import RetrieveInput, RetrieveResult
from domain.values import Value
from domain.vocabulary import Intent, Language
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("gaps.sql"))
NOT_FROM_KNOWLEDGE = frozenset({Intent.HUMAN_AGENT, Intent.COMPLAINT, Intent.ORDER_STATUS})
"""Answered by a person, or by looking an order up: a missing text is not what such a customer lacks."""
FROM_ORDER_TOO = frozenset({Intent.CANCEL, Intent.REFUND, Intent.RETURN_REQUEST})
"""Answered by the order where one is named and found, by a policy otherwise."""
PER_GROUP = 20
log = structlog.get_logger(__name__)


class KnowledgeGap(Value):
    """A query that nothing found answers."""

    store: str
    query_id: str
    language: Language
    intent: Intent
    score: float
    """The chance that the best passage found answers, 0 to 1; 0 when none was found."""
    passage_id: str | None = None
    """That passage."""


class GapBook(Protocol):
    """Where gaps are written down."""

    async def note(self, gap: KnowledgeGap) -> None:
        """Writes a gap down; one that is there already stays one. Raises Unavailable."""
        ...


class ListedGap(KnowledgeGap):
    """A gap with the customer's words, as they are read from its query."""

    asked_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    text: str | None = None
    """None once the query is gone."""
    document_id: str | None = None
    """Of the best passage."""
    title: str | None = None


class GapGroup(Value):
    """Gaps of one language and intent."""

    language: Language
    intent: Intent
    gaps: int
    """How many there are."""
    newest: datetime
    latest: tuple[ListedGap, ...]
    """The newest of them, at most PER_GROUP."""


def gap_of(request: RetrieveInput, result: RetrieveResult) -> KnowledgeGap | None:
    """The gap that a search shows; None where something answers, or knowledge is not what answers. Pure."""
    asked = request.classification
    if result.answerable or asked.nothing_to_answer or asked.must_escalate or asked.intent in NOT_FROM_KNOWLEDGE:
        return None
    if asked.intent in FROM_ORDER_TOO and asked.order_ids and result.lookup.orders:
        return None
    best = result.passages[0] if result.passages else None
    return KnowledgeGap(
        store=request.case.query.store,
        query_id=request.case.query.query_id,
        language=asked.language,
        intent=asked.intent,
        score=best.score if best else 0.0,
        passage_id=best.passage_id if best else None,
    )


async def note_gap(book: GapBook, request: RetrieveInput, result: RetrieveResult) -> None:
    """Writes down what a search shows. A customer never waits for the book: without it, it is said in the log."""
    gap = gap_of(request, result)
    if gap is None:
        return
    try:
        await book.note(gap)
    except Unavailable as error:
        log.warning("knowledge_gap_not_noted", query_id=gap.query_id, error=error.message)


class PostgresGaps:
    """The book in the database. Satisfies `GapBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, gap: KnowledgeGap) -> None:
        async with self._database.in_store(gap.store) as connection:
            await connection.execute(SQL["note_gap"], gap.model_dump(mode="json"))


async def close_gap(database: Database, store: str, query_id: str, agent: str) -> bool:
    """Someone has seen to it. False when it was closed before. Raises NotFound."""
    values = {"store": store, "query_id": query_id, "agent": agent}
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["close_gap"], values)).fetchone()
        known = row or await (await connection.execute(SQL["find_gap"], values)).fetchone()
    if known is None:
        raise NotFound(f"{store} has no knowledge gap {query_id[:80]!r}; `holdpoint knowledge gaps` lists them.")
    return row is not None


async def gap_groups(database: Database, store: str, *, closed_too: bool = False) -> tuple[GapGroup, ...]:
    """The gaps by language and intent: the most frequent group first, in each the newest first.

    Those of queries that a newer message answers for are left out: the newer one has its own.
    """
    values = {"store": store, "closed_too": closed_too, "most": PER_GROUP}
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["list_gaps"], values)).fetchall()
    groups: dict[tuple[str, str], list[ListedGap]] = {}
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row["language"], row["intent"])
        counts[key] = row.pop("gaps")
        groups.setdefault(key, []).append(ListedGap.model_validate(row))
    found = [_group(gaps, counts[key]) for key, gaps in groups.items()]
    return tuple(sorted(found, key=lambda group: (-group.gaps, -group.newest.timestamp())))


def _group(gaps: Sequence[ListedGap], count: int) -> GapGroup:
    first = gaps[0]
    return GapGroup(language=first.language, intent=first.intent, gaps=count, newest=first.asked_at, latest=tuple(gaps))
