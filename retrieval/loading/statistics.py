"""How many live passages hold each term, and how long they are: kept exact by every transaction that changes them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from domain.vocabulary import Language
from retrieval.analysis import grams
from retrieval.database import Connection
from retrieval.loading.preparing import Indexed
from retrieval.postings import hashes, term_hash
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("loading.sql"))


class TermCounts:
    """What one transaction adds to the statistics of a store."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._terms: Counter[tuple[Language, str]] = Counter()
        self._passages: Counter[Language] = Counter()
        self._lengths: defaultdict[Language, int] = defaultdict(int)

    def add(self, language: Language, indexed: Indexed, *, live: bool) -> None:
        """Counts one passage. The terms of one that is not live are written down without being counted."""
        for term in indexed.postings.terms:
            self._terms[language, term] += int(live)
        if live:
            self._passages[language] += 1
            self._lengths[language] += indexed.postings.length

    async def write(self, connection: Connection) -> None:
        """Adds everything to the tables. The transaction holds the store's lock."""
        if not self._terms:
            return
        by_hash = {term_hash(self._store, *key): key for key in self._terms}
        known = await self._known(connection, list(by_hash))
        rows = sorted(by_hash.items())
        await connection.execute(
            SQL["count_terms"],
            {
                "store": self._store,
                "hashes": [hash_ for hash_, _ in rows],
                "languages": [language.value for _, (language, _) in rows],
                "terms": [term for _, (_, term) in rows],
                "grams": [self._grams(*key) if hash_ not in known else "{}" for hash_, key in rows],
                "passages": [self._terms[key] for _, key in rows],
            },
        )
        for language in sorted(self._passages):
            count = {"passages": self._passages[language], "length": self._lengths[language]}
            await connection.execute(
                SQL["count_vocabulary"], {"store": self._store, "language": language.value, **count}
            )

    def _grams(self, language: Language, term: str) -> str:
        """As an array literal: one statement takes the grams of all terms, and arrays of arrays must be rectangular."""
        return array_literal(hashes(self._store, language, grams(term)))

    async def _known(self, connection: Connection, wanted: list[int]) -> set[int]:
        cursor = await connection.execute(SQL["known_terms"], {"store": self._store, "hashes": wanted})
        return {row["hash"] for row in await cursor.fetchall()}


def array_literal(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL reads an array."""
    return "{" + ",".join(map(str, numbers)) + "}"
