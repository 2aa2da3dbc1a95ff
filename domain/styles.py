"""How a store speaks: what templates choose their wording by, and prompts tell a model."""

from typing import Literal

from pydantic import Field

from domain.values import Value
from domain.vocabulary import Language

Formality = Literal["formal", "informal"]
"""Sie / usted / vous, or du / tú / tu. English knows no difference."""
Tone = Literal["warm", "plain"]
"""`plain` leaves out courtesies that say nothing."""


class StyleGuide(Value):
    """The style of one store."""

    tone: Tone = "warm"
    formality: dict[Language, Formality] = {}
    """A language that is not named is formal."""
    forbidden: tuple[str, ...] = Field(default=(), max_length=100)
    """Words and phrases that no reply may use; a draft that needs one waits for a person."""

    def formality_in(self, language: Language) -> Formality:
        """How customers are addressed in a language."""
        return self.formality.get(language, "formal")
