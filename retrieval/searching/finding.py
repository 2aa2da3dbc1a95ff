"""Finds candidates in PostgreSQL: by meaning and by words, in a few round trips on one connection."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from psycopg import sql

from domain.ports import Embedder
from domain.vocabulary import Kind, Language
from retrieval.analysis import grams, similar_terms
from retrieval.database import Connection, Database
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.postings import term_hash
from retrieval.searching.candidates import K1, B, Candidate
from retrieval.searching.pool import pool_of, shortlist
from retrieval.searching.question import AskedTerm, Question, Vocabulary, WeightedTerms, unknown_terms, weigh
from retrieval.searching.settings import SearchSettings
from retrieval.statements import Statements
from retrieval.vectors import halfvec_literal

SQL = Statements(Path(__file__).with_name("searching.sql"))
GUESS_TRUST = 0.7
"""A term that stands in for a misspelt one counts for this share of its rarity."""
MAX_MISSPELT = 8


@dataclass(frozen=True)
class Scope:
    """Which passages may be found."""

    kinds: tuple[Kind, ...]
    at: datetime
    """They are in effect then."""
    as_of: datetime | None = None
    """Null: what stands now. Otherwise what stood here then, to explain an earlier search."""


@dataclass(frozen=True)
class Found:
    """What both searches found for a question."""

    embedder: str
    terms: WeightedTerms
    candidates: tuple[Candidate, ...]


class Finder:
    """Candidates of one question after another. Holds no state of its own."""

    def __init__(self, database: Database, shelf: EmbedderShelf, settings: SearchSettings) -> None:
        self._database = database
        self._shelf = shelf
        self._settings = settings

    async def find(
        self, question: Question, scopes: Sequence[Scope], *, enough: Callable[[Sequence[Candidate]], bool]
    ) -> Found:
        """Candidates of the first scope, and of the following ones while what was found is not `enough`.

        Those of the first count as preferred. Raises Unavailable.
        """
        chosen = asyncio.ensure_future(embed_question(self._shelf.chosen, question))
        try:
            embedder, terms = await self._read(question)
            # Between two transactions: a remote model takes its time, and a store that is not yet served by the
            # chosen one can do without it.
            vector = await (chosen if embedder is self._shelf.chosen else embed_question(embedder, question))
        finally:
            chosen.cancel()
        async with self._database.in_store(question.store) as connection:
            asked = _Asked(connection, question, terms, (embedder, vector), self._settings)
            found: list[Candidate] = []
            for scope in scopes:
                found += await asked.candidates(scope, preferred=scopes[0].kinds)
                if enough(found):
                    break
        return Found(embedder.name, terms, tuple(found))

    async def _read(self, question: Question) -> tuple[Embedder, WeightedTerms]:
        store = {"store": question.store}
        hashes = [term.hash for term in question.terms]
        async with self._database.in_store(question.store) as connection:
            serving = await connection.execute(SQL["serving_embedder"], store | {"chosen": self._shelf.chosen.name})
            counted = await connection.execute(SQL["vocabularies"], store)
            known = await connection.execute(SQL["term_frequencies"], store | {"hashes": hashes})
            row = await serving.fetchone()
            vocabularies = {
                Language(each["language"]): Vocabulary(each["passages"], each["length"] / each["passages"])
                for each in await counted.fetchall()
            }
            frequencies = {each["hash"]: each["passages"] for each in await known.fetchall()}
            guessing = self._settings.guess_typos
            terms = await _with_guesses(connection, question, frequencies) if guessing else question.terms
        embedder = self._shelf.named(row["embedder"]) if row else None
        weighed = weigh(terms, frequencies, vocabularies, foreign=self._settings.foreign_words)
        return embedder or self._shelf.chosen, weighed


async def embed_question(embedder: Embedder, question: Question) -> list[float]:
    """The mean of the question and of what is left of it without words that say nothing: how it is put (`how long do
    I have to …`) otherwise brings whatever is put the same way. On own questions first hits rise from .68 to .75."""
    texts = list(dict.fromkeys((question.text, question.content)))
    vectors = np.asarray(await embedder.embed(texts, role="question"), dtype=np.float32)
    mean = vectors.mean(axis=0)
    unit: list[float] = (mean / max(float(np.linalg.norm(mean)), 1e-9)).tolist()
    return unit


async def _with_guesses(
    connection: Connection, question: Question, frequencies: dict[int, int]
) -> tuple[AskedTerm, ...]:
    """The terms, with known ones in place of those that seem misspelt. Adds their frequencies."""
    misspelt = {term.term: term for term in unknown_terms(question, frequencies)[:MAX_MISSPELT]}
    guesses: dict[int, AskedTerm] = {}
    for word, rows in (await _similar(connection, question, list(misspelt))).items():
        near = {row["term"]: row for row in rows}
        for other in similar_terms(word, list(near))[:1]:  # a second guess does not help
            frequencies[near[other]["hash"]] = near[other]["passages"]
            guesses[misspelt[word].hash] = AskedTerm(other, question.language, near[other]["hash"], GUESS_TRUST)
    return tuple(dict.fromkeys(guesses.get(term.hash, term) for term in question.terms))


async def _similar(connection: Connection, question: Question, words: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Terms of the store that share trigrams with each of the words. The statements travel together."""
    cursors = {}
    for word in words:
        wanted = [term_hash(question.store, question.language, gram) for gram in grams(word)]
        values = {"store": question.store, "grams": wanted, "at_least": max(1, len(wanted) // 2 - 1)}
        cursors[word] = await connection.execute(SQL["similar_terms"], values)
    return {word: await cursor.fetchall() for word, cursor in cursors.items()}


class _Asked:
    """One question on one connection."""

    def __init__(
        self,
        connection: Connection,
        question: Question,
        terms: WeightedTerms,
        embedded: tuple[Embedder, Sequence[float]],
        settings: SearchSettings,
    ) -> None:
        embedder, vector = embedded
        self._connection = connection
        self._question = question
        self._vector = vector
        self._terms = terms
        self._settings = settings
        self._dimensions = embedder.dimensions
        self._values: dict[str, Any] = {
            "store": question.store,
            "embedder": embedder.name,
            "vector": halfvec_literal(vector),
            "asked": [terms.terms[place].hash for place in terms.known],
            "asked_in": [terms.terms[place].language.value for place in terms.known],
            "weights": [terms.weights[place] for place in terms.known],
            "lengths": [terms.average_lengths[place] for place in terms.known],
            "pool": settings.pool,
            "budget": settings.keyword_budget,
            "ef_search": str(settings.ef_search),
            "language": question.language.value,
            "k1": K1,
            "b": B,
        }

    async def candidates(self, scope: Scope, *, preferred: Sequence[Kind]) -> list[Candidate]:
        """The best documents of both searches within the scope, and their passages in the customer's language."""
        if not scope.kinds:
            return []
        values = self._values | {
            "kinds": [kind.value for kind in scope.kinds],
            "at": scope.at,
            "as_of": scope.as_of,
        }
        found = await self._pool(values)
        kept = await self._kept(found, values, scope, preferred)
        own = self._question.language
        missing = {item.document_id for item in kept} - {item.document_id for item in kept if item.language is own}
        if not missing or scope.as_of is not None:
            return kept
        rows = await self._run("siblings", values | {"document_ids": sorted(missing)})
        siblings = [row["passage_id"] for row in rows if row["passage_id"] not in found]
        return await self._kept([*found, *siblings], values, scope, preferred) if siblings else kept

    async def _pool(self, values: dict[str, Any]) -> list[str]:
        rare = self._terms.rare(self._settings.keyword_budget)
        words = {"rare": rare, "together": [] if rare else self._terms.together(self._question.language)}
        await self._connection.execute(SQL["widen_index_search"], values)
        near = await self._execute("nearest" if values["as_of"] is None else "nearest_as_of", values)
        with_terms = await self._execute("by_terms", values | words) if rare or words["together"] else None
        found = [row["passage_id"] for row in await near.fetchall()]
        if with_terms is not None and values["as_of"] is None:
            found += [row["passage_id"] for row in await with_terms.fetchall()]
        return list(dict.fromkeys(found))

    async def _kept(
        self, passage_ids: Sequence[str], values: dict[str, Any], scope: Scope, preferred: Sequence[Kind]
    ) -> list[Candidate]:
        if not passage_ids:
            return []
        rows = await self._run("details", values | {"passage_ids": list(passage_ids)})
        pool = pool_of(rows, self._question, self._vector, self._terms, kinds=preferred, at=scope.at)
        return shortlist(pool, semantic_k=self._settings.semantic_k, keyword_k=self._settings.keyword_k)

    async def _run(self, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await (await self._execute(name, values)).fetchall()
        return rows

    async def _execute(self, name: str, values: dict[str, Any]) -> Any:
        # Never prepared: a plan made for any store would not know the index that belongs to this one.
        statement = sql.SQL(SQL[name]).format(dimensions=sql.Literal(self._dimensions))
        return await self._connection.execute(statement, values, prepare=False, binary=True)
