"""Generated passages as the bytes that PostgreSQL's binary COPY takes: a million of them in minutes."""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain

import numpy as np
import numpy.typing as npt

from domain.vocabulary import Kind, Language
from retrieval.analysis import terms
from retrieval.loading.preparing import ANALYSIS
from tests.bench.retrieval_pool import NAMES, Hashed, Pool
from tests.bench.retrieval_texts import code, name, ranks

CHUNK = 4_096
LANGUAGES = {Language.EN: 0.40, Language.ES: 0.20, Language.DE: 0.20, Language.FR: 0.17, Language.PT: 0.03}
KINDS = {Kind.PRODUCT: 0.60, Kind.FAQ: 0.32, Kind.POLICY: 0.08}
PASSAGES_OF_DOCUMENT = 2
EXTRA_WORDS = 5
EXPIRED, FUTURE, WITHDRAWN = 0.03, 0.01, 0.02
NOISE = 0.15
"""Length of what is added to a passage's vector in a direction of chance; the rest of it has length 1."""
ALWAYS, NEVER = -(2**63), 2**63 - 1
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
DOCUMENTS = (
    "COPY documents (store, document_id, language, kind, title, content_hash, effective_from, effective_to, "
    "withdrawn_at, withdrawn_because) FROM STDIN (FORMAT binary)"
)
PASSAGES = (
    "COPY passages (store, passage_id, document_id, language, kind, position, title, text, content_hash, live, "
    "effective_from, effective_to, analysis, terms, frequencies, title_terms, length, pieces) "
    "FROM STDIN (FORMAT binary)"
)
VECTORS = (
    "COPY passage_vectors (store, embedder, passage_id, kind, language, live, effective_from, effective_to, "
    "embedding, parts) FROM STDIN (FORMAT binary)"
)
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"


@dataclass
class Chunk:
    """Rows for the three tables, and what is needed to ask about them and to search them exactly."""

    rows: dict[str, list[bytes]] = field(default_factory=lambda: {DOCUMENTS: [], PASSAGES: [], VECTORS: []})
    passage_ids: list[str] = field(default_factory=list)
    vectors: list[npt.NDArray[np.float16]] = field(default_factory=list)
    facts: list[tuple[int, int, bool]] = field(default_factory=list)
    """Of each passage the places of its language and kind, and whether it can be found now."""
    asked: list[tuple[int, int, int, int, str]] = field(default_factory=list)
    """Of some passages the places of language, kind and sentence, rank of the name, code."""


@dataclass(frozen=True)
class Drawn:
    """One document, as chance wants it."""

    number: int
    language: Language
    kind: Kind
    thing: int
    rank: int
    window: tuple[int, int]
    live: bool


class Rows:
    """Makes the passages of one store, a chunk at a time."""

    def __init__(self, store: str, embedder: str, pools: dict[Language, Pool], seed: int) -> None:
        self._store, self._embedder, self._pools = _text(store), _text(embedder), pools
        self._draw = np.random.default_rng(seed)
        self.hashed = {language: Hashed(store, language) for language in pools}
        self._named: dict[Language, dict[str, list[str]]] = {language: {} for language in pools}
        self._now = _micros(datetime.now(UTC))
        self._year = int(timedelta(days=365) / timedelta(microseconds=1))

    def chunks(self, count: int) -> Iterator[Chunk]:
        """Passages until there are `count`."""
        done = 0
        while done < count:
            some = min(CHUNK, count - done)
            yield self._chunk(done, some)
            done += some

    def _chunk(self, start: int, count: int) -> Chunk:
        chunk = Chunk()
        for place, drawn in enumerate(self._documents(start, -(-count // PASSAGES_OF_DOCUMENT))):
            self._document(chunk, drawn)
            for position in range(min(PASSAGES_OF_DOCUMENT, count - place * PASSAGES_OF_DOCUMENT)):
                self._passage(chunk, drawn, position)
        return chunk

    def _documents(self, start: int, count: int) -> Iterator[Drawn]:
        languages = self._draw.choice(len(LANGUAGES), size=count, p=list(LANGUAGES.values()))
        kinds = self._draw.choice(len(KINDS), size=count, p=list(KINDS.values()))
        chances = self._draw.random((2, count))
        of_names = ranks(self._draw, (count,))
        for at in range(count):
            language, kind = list(LANGUAGES)[languages[at]], list(KINDS)[kinds[at]]
            thing = int(self._draw.integers(len(self._pools[language].things.texts)))
            window = (ALWAYS, NEVER)
            if chances[0, at] < EXPIRED:
                window = (ALWAYS, self._now - self._year)
            elif chances[0, at] < EXPIRED + FUTURE:
                window = (self._now + self._year, NEVER)
            live = bool(chances[1, at] >= WITHDRAWN)
            yield Drawn(start + at * PASSAGES_OF_DOCUMENT, language, kind, thing, int(of_names[at]), window, live)

    def _document(self, chunk: Chunk, drawn: Drawn) -> None:
        since, until = (NULL if edge in (ALWAYS, NEVER) else _long(edge) for edge in drawn.window)
        gone = NULL + NULL if drawn.live else _long(self._now) + _text("replaced")
        title = _text(self._title(drawn))
        head = [self._store, _text(f"d{drawn.number:09}"), _text(drawn.language.value), _text(drawn.kind.value), title]
        chunk.rows[DOCUMENTS].append(b"\0\x0a" + b"".join((*head, _text(f"d{drawn.number}"), since, until, gone)))

    def _title(self, drawn: Drawn) -> str:
        thing = self._pools[drawn.language].things.texts[drawn.thing]
        return f"{thing} {name(drawn.rank)} {code(drawn.number)}"

    def _passage(self, chunk: Chunk, drawn: Drawn, position: int) -> None:
        pool, number = self._pools[drawn.language], drawn.number + position
        said = self._said(pool, drawn, 3 + position % 2)
        extra = ranks(self._draw, (EXTRA_WORDS,)).tolist()
        words = [name(rank) for rank in extra]
        passage_id = _text(f"d{drawn.number:09}/{drawn.language.value}/{position}")
        kind, language = _text(drawn.kind.value), _text(drawn.language.value)
        validity = b"\0\0\0\1" + bytes([drawn.live]) + _long(drawn.window[0]) + _long(drawn.window[1])
        text = " ".join([*(pool.sentences.texts[at] for at in said), ", ".join(words) + "."])
        own = [self._store, passage_id, _text(f"d{drawn.number:09}"), language, kind, b"\0\0\0\2", _short(position)]
        own += [_text(self._title(drawn)), _text(text), _text(f"p{number}"), validity, _text(ANALYSIS)]
        chunk.rows[PASSAGES].append(b"\0\x12" + b"".join(own) + self._words(pool, drawn, said, extra))
        vector = self._vector(pool, drawn, said, extra)
        parts = [pool.things.packed[drawn.thing], *(pool.sentences.packed[at] for at in said)]
        parts.append(pool.names.packed[extra[0] % NAMES])
        row = [self._store, self._embedder, passage_id, kind, language, validity, _halfvec(vector)]
        chunk.rows[VECTORS].append(b"\0\x0a" + b"".join(row) + _bytes(b"".join(parts)))
        found = drawn.live and drawn.window[0] <= self._now < drawn.window[1]
        known = list(LANGUAGES).index(drawn.language), list(KINDS).index(drawn.kind)
        chunk.passage_ids.append(passage_id[4:].decode())
        chunk.vectors.append(vector)
        chunk.facts.append((*known, found))
        chunk.asked.append((*known, said[0], drawn.rank, code(drawn.number)))

    def _said(self, pool: Pool, drawn: Drawn, count: int) -> list[int]:
        """Neighbours in a shuffled list: to draw without repeating takes longer than all the rest."""
        places = pool.places[drawn.kind, drawn.thing]
        start = int(self._draw.random() * len(places))
        step = 1 + int(self._draw.random() * (len(places) // count - 1)) if len(places) >= count else 1
        return [int(places[(start + at * step) % len(places)]) for at in range(min(count, len(places)))]

    def _terms(self, language: Language, word: str) -> list[str]:
        known = self._named[language]
        found = known.get(word)
        if found is None:
            known[word] = found = terms(word, language)
        return found

    def _words(self, pool: Pool, drawn: Drawn, said: list[int], ranks_of: list[int]) -> bytes:
        """Terms, frequencies, title terms, length and pieces."""
        hashed, language = self.hashed[drawn.language], drawn.language
        title = [*pool.things.terms[drawn.thing], *self._terms(language, name(drawn.rank))]
        title += terms(code(drawn.number), language)
        extra = [self._terms(language, name(rank)) for rank in ranks_of]
        counts = Counter(chain(title, *(pool.sentences.terms[at] for at in said), *extra))
        distinct = dict.fromkeys(title)
        pieces = [pool.things.pieces[drawn.thing], *(pool.sentences.pieces[at] for at in said)]
        pieces += [pool.names.pieces[rank % NAMES] for rank in ranks_of]
        return b"".join(
            (
                _array(20, len(counts), b"".join([hashed[term] for term in counts])),
                _array(21, len(counts), b"".join([b"\0\0\0\2" + _short(count) for count in counts.values()])),
                _array(20, len(distinct), b"".join([hashed[term] for term in distinct])),
                b"\0\0\0\4" + struct.pack(">i", counts.total()),
                _bytes(np.unique(np.concatenate(pieces)).astype("<i4").tobytes()),
            )
        )

    def _vector(self, pool: Pool, drawn: Drawn, said: list[int], extra: list[int]) -> npt.NDArray[np.float16]:
        whole = pool.things.vectors[drawn.thing] + pool.sentences.vectors[said].sum(axis=0)
        whole += pool.names.vectors[[rank % NAMES for rank in (drawn.rank, *extra)]].sum(axis=0) / 3
        whole /= np.linalg.norm(whole)
        whole += self._draw.standard_normal(len(whole), dtype=np.float32) * (NOISE / np.sqrt(len(whole)))
        return np.asarray(whole / np.linalg.norm(whole), dtype=np.float16)


def _micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _bytes(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def _text(value: str) -> bytes:
    return _bytes(value.encode())


def _long(value: int) -> bytes:
    return b"\0\0\0\x08" + value.to_bytes(8, "big", signed=True)


def _short(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _array(element: int, count: int, values: bytes) -> bytes:
    return _bytes(struct.pack(">iiiii", 1, 0, element, count, 1) + values if count else bytes(8) + b"\0\0\0\x14")


def _halfvec(vector: npt.NDArray[np.float16]) -> bytes:
    return _bytes(struct.pack(">hh", len(vector), 0) + vector.astype(">f2").tobytes())
