"""What a store knows: documents, and the passages that answers cite."""

from datetime import datetime

from domain.values import Value
from domain.vocabulary import Kind, Language


class Document(Value):
    """One document as it was loaded, before it is cut into passages."""

    id: str
    """Chosen by the store and stable across loads; for files the path without its suffixes."""
    kind: Kind
    language: Language
    title: str
    text: str
    url: str | None = None
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    attributes: dict[str, str] = {}
    hidden: str = ""
    """What the file held and showed to no reader, a piece a line: never searched or told, only examined."""


class Passage(Value):
    """A piece of a document, as it is searched and cited."""

    passage_id: str
    document_id: str
    kind: Kind
    language: Language
    title: str
    text: str
    content_hash: str
    url: str | None = None
    attributes: dict[str, str] = {}
    """Of its document: what a policy fixes, such as `return_window_days`."""


class FoundPassage(Value):
    """A passage without its text (that stays in the database), with how well it fits. Best first in lists."""

    passage_id: str
    document_id: str
    kind: Kind
    language: Language
    title: str
    content_hash: str
    url: str | None = None
    score: float
    """Calibrated chance that this passage answers, 0 to 1."""


class SearchResult(Value):
    """What was found for a question. `answerable` is false when nothing found fits."""

    passages: tuple[FoundPassage, ...] = ()
    answerable: bool = False
