"""What generated passages are put together from: sentences that were really embedded, analysed and cut into pieces."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from domain.vocabulary import Kind, Language
from retrieval.alignment import Pieces, pieces_of
from retrieval.analysis import grams, terms
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.postings import term_hash
from retrieval.vectors import Matrix, pack
from tests.bench.retrieval_texts import Sentence, name, sentences, things

AT_ONCE = 512
NAMES = 1_000
"""Names that were embedded; the vector of any other is that of one of these."""


@dataclass(frozen=True)
class Material:
    """Texts with all that is worked out of them, by place."""

    texts: list[str]
    terms: list[list[str]]
    pieces: list[Pieces]
    vectors: Matrix
    packed: list[bytes]


@dataclass(frozen=True)
class Pool:
    """One language's material."""

    language: Language
    said: list[Sentence]
    sentences: Material
    things: Material
    names: Material

    @cached_property
    def places(self) -> dict[tuple[Kind, int], npt.NDArray[np.int64]]:
        """The sentences about each thing that a document of each kind may hold."""
        allowed = {Kind.PRODUCT: (Kind.PRODUCT,), Kind.POLICY: (Kind.POLICY,), Kind.FAQ: (Kind.PRODUCT, Kind.POLICY)}
        found = {
            (kind, thing): [at for at, one in enumerate(self.said) if one.kind in kinds and one.thing == thing]
            for kind, kinds in allowed.items()
            for thing in range(len(self.things.texts))
        }
        return {key: np.array(places or range(len(self.said)), dtype=np.int64) for key, places in found.items()}


def make_pool(language: Language, count: int, seed: int) -> Pool:
    """Embeds `count` sentences, about a second for a thousand."""
    said = sentences(language, count, seed)
    return Pool(
        language,
        said,
        _material([one.text for one in said], language),
        _material([one[:1].upper() + one[1:] for one in things(language)], language),
        _material([name(rank) for rank in range(1, NAMES + 1)], language),
    )


def _material(texts: list[str], language: Language) -> Material:
    vectors = np.concatenate(
        [
            np.asarray(UniversalSentenceEmbedder.embed_now(texts[start : start + AT_ONCE]), dtype=np.float32)
            for start in range(0, len(texts), AT_ONCE)
        ]
    )
    return Material(
        texts,
        [terms(text, language) for text in texts],
        [pieces_of(text) for text in texts],
        vectors,
        [pack(vectors[at : at + 1]) for at in range(len(texts))],
    )


class Hashed(dict[str, bytes]):
    """The terms of a store and language as elements of a binary array; each is hashed once."""

    def __init__(self, store: str, language: Language) -> None:
        self._store, self._language = store, language
        self._grams: dict[str, int] = {}

    def __missing__(self, term: str) -> bytes:
        self[term] = found = b"\0\0\0\x08" + term_hash(self._store, self._language, term).to_bytes(
            8, "big", signed=True
        )
        return found

    def grams(self, term: str) -> str:
        """The hashes of a term's trigrams as an array literal."""
        return "{" + ",".join(str(self._gram(gram)) for gram in grams(term)) + "}"

    def _gram(self, gram: str) -> int:
        found = self._grams.get(gram)
        if found is None:
            self._grams[gram] = found = term_hash(self._store, self._language, gram)
        return found
