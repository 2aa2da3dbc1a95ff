"""Cited passages that speak to a machine: whatever a draft makes of them, a person looks first."""

from functools import lru_cache

from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT
from domain.findings import Finding
from domain.knowledge import Document
from domain.vocabulary import Kind, Language
from retrieval.quarantine import Suspicion, suspicions

MAX_READ = 20_000
"""A passage is read so far; the store's own are far shorter."""


class InjectionInPassage:
    """Text in a passage that is aimed at a model, by the rules that keep such documents out when they are loaded.

    Personal data in a passage is none of its findings: a store publishes its own addresses."""

    name = "injection_in_passage"

    def check(self, context: Context) -> list[Finding]:
        return [
            Finding(check=self.name, on="passage", excerpt=each.excerpt[:MAX_EXCERPT], why=each.why)
            for passage in context.passages
            for each in _suspicions(passage[:MAX_READ])
        ]


@lru_cache(maxsize=2_048)
def _suspicions(text: str) -> tuple[Suspicion, ...]:
    return suspicions(Document(id="passage", kind=Kind.FAQ, language=Language.EN, title="", text=text))
