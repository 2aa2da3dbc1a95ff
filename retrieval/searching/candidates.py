"""A candidate passage with all that ranking weighs of it."""

from pydantic import Field

from domain.values import Value
from domain.vocabulary import Kind, Language

K1, B = 1.2, 0.75
"""Of BM25: how soon a repeated word stops counting, and how much long passages are held back."""
MEANING_WEIGHTS = (0.5, 1.0, 1.6)
"""Of the whole passage, of its title or nearest sentence, and of word-by-word likeness."""


class Candidate(Value):
    """A passage that may answer, with what both searches say of it."""

    passage_id: str
    document_id: str
    language: Language
    kind: Kind
    title: str
    content_hash: str
    url: str | None = None
    preferred: bool = True
    """It is of a kind that was asked for, or that the intent suggests."""
    closeness: float
    """Cosine between the question and the whole passage, -1 to 1."""
    title_closeness: float
    """Cosine between the question and the passage's title, -1 to 1."""
    sentence_closeness: float
    """The best cosine between the question and a sentence of the passage, -1 to 1."""
    alignment: float = Field(ge=0, le=1)
    """Word-by-word likeness, across languages too (retrieval/alignment.py)."""
    weakest_word: float = Field(default=0.0, ge=0, le=1)
    """How well it covers the telling word of the question that it covers least."""
    weaker_words: float = Field(default=0.0, ge=0, le=1)
    """The mean of the two that it covers least."""
    bm25: float = Field(ge=0)
    coverage: float = Field(ge=0)
    """Share of the question's words, weighed by rarity, that the passage holds, 0 to 1."""
    title_coverage: float = Field(ge=0)
    """The same for the title alone."""
    title_rarity: float = Field(ge=0)
    """How rare the question's words in the title are together: high when a product is called by its name."""
    rarest_word: float = Field(default=0.0, ge=0)
    """The inverse document frequency of the rarest word that it shares with the question."""
    codes: float = Field(default=0.0, ge=0, le=1)
    """Share of the question's codes and numbers that the passage holds; 0 where it has none."""
    codes_missing: float = Field(default=0.0, ge=0, le=1)
    """Share that it lacks; 0 where the question has none."""
    age_years: float = Field(default=0.0, ge=0)
    """Since it is in effect, or was loaded."""
    meaning_rank: int | None = None
    """Place of its document in the search by meaning, from 1; null: not among those kept."""
    word_rank: int | None = None
    """The same for the search by words."""

    @property
    def meaning(self) -> float:
        """What the search by meaning orders by."""
        whole, part, words = MEANING_WEIGHTS
        return (
            whole * self.closeness + part * max(self.title_closeness, self.sentence_closeness) + words * self.alignment
        )
