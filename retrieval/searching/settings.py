"""How wide the search looks. Each number is a setting of the installation (app/settings.py)."""

from pydantic import Field

from domain.values import Value
from retrieval.searching.question import FOREIGN_WORDS


class SearchSettings(Value):
    """Numbers of the search."""

    semantic_k: int = Field(default=5, ge=1, le=100)
    """Documents kept of the search by meaning."""
    keyword_k: int = Field(default=3, ge=0, le=100)
    """Documents kept of the search by words."""
    pool: int = Field(default=40, ge=5, le=500)
    """Passages that each search looks at closely before it keeps its best."""
    ef_search: int = Field(default=200, ge=10, le=1000)
    """How far the HNSW index of a large store is searched: recall against time."""
    guess_typos: bool = True
    """Whether words that the store does not know are taken for the known ones that they resemble."""
    foreign_words: float = Field(default=FOREIGN_WORDS, ge=0, le=1)
    """What a word of the customer's language counts for in a passage of another one."""
    keyword_budget: int = Field(default=400, ge=50, le=20_000)
    """Passages that are scored by words at most: the rarest words of the question choose them."""
