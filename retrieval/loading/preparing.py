"""What is worked out of a document before it is written: passages, their terms, the texts that are embedded. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.canonical import content_hash
from domain.knowledge import Document, Passage
from retrieval.alignment import VERSION as PIECES
from retrieval.alignment import pack_pieces, pieces_of
from retrieval.analysis import VERSION as TERMS
from retrieval.analysis import terms
from retrieval.chunking import VERSION as CHUNKING
from retrieval.chunking import passages_of, sentences_of
from retrieval.postings import Postings, postings_of
from retrieval.quarantine import suspicions

Suspicions = Sequence[dict[str, Any]]
Inspect = Callable[[Document], Suspicions]
"""What in a document is aimed at a model rather than a reader; such a document waits for a person."""
ANALYSIS = f"terms/{TERMS} {PIECES}"
"""Changes whenever the index by words would hold something else: passages are then indexed anew."""


@dataclass(frozen=True)
class Indexed:
    """What the search by words needs of one passage."""

    postings: Postings
    title_terms: tuple[str, ...]
    """Each once."""
    pieces: bytes
    """What `passages.pieces` keeps."""


@dataclass(frozen=True)
class PreparedPassage:
    """A passage with all that can be said of it without a model. Its id is that of version 1."""

    passage: Passage
    position: int
    indexed: Indexed
    parts: tuple[str, ...]
    """The title, then each sentence."""

    @property
    def texts(self) -> tuple[str, ...]:
        """What is embedded: the whole, then its parts."""
        return (embedded_text(self.passage.title, self.passage.text), *self.parts)


@dataclass(frozen=True)
class PreparedDocument:
    """A document that is to be written."""

    document: Document
    content_hash: str
    passages: tuple[PreparedPassage, ...]
    suspicions: Suspicions = ()

    @property
    def texts(self) -> int:
        """How many texts are embedded for it."""
        return sum(len(passage.parts) + 1 for passage in self.passages)


def document_hash(document: Document) -> str:
    """Changes with the document, and with how it would be cut. Terms and vectors are made anew apart from it."""
    return content_hash([CHUNKING, document.model_dump(mode="json")])


def look_through(document: Document) -> Suspicions:
    """What a person should see before the document answers anything."""
    return [found.model_dump(mode="json") for found in suspicions(document)]


def prepare(document: Document, inspect: Inspect = look_through) -> PreparedDocument:
    """Cuts a document and works out its terms."""
    passages = tuple(prepare_passage(passage, position) for position, passage in enumerate(passages_of(document)))
    return PreparedDocument(document, document_hash(document), passages, inspect(document))


def prepare_passage(passage: Passage, position: int = 0) -> PreparedPassage:
    """Works out the terms and parts of a passage."""
    parts = (passage.title, *sentences_of(passage.text))
    return PreparedPassage(passage, position, indexed(passage), parts)


def indexed(passage: Passage) -> Indexed:
    """The terms of a passage. Those of the title count like any other, and are known apart."""
    title = terms(passage.title, passage.language)
    text = terms(passage.text, passage.language)
    pieces = pack_pieces(pieces_of(embedded_text(passage.title, passage.text)))
    return Indexed(postings_of([*title, *text]), tuple(dict.fromkeys(title)), pieces)


def embedded_text(title: str, text: str) -> str:
    """What stands for a passage by meaning: its title and its text."""
    return f"{title}\n{text}"
