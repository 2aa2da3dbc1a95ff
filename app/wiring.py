"""The only constructor of what the steps need. Everything here is built once a process and given away as arguments."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.answering_versions import versions_of
from activities.certificates import read_pinned
from activities.classification.classifier import Classifier
from activities.classification.entities import OrderIdReader
from activities.classification.model import IntentModel
from activities.embedding import RememberingEmbedder
from activities.generation.circuit import Circuit
from activities.guarding.guard import Guard
from activities.injection.detector import InjectionDetector
from activities.language import LanguageReader
from activities.steps import SupportSteps
from app.embedded.lease import database as leased_database
from app.generators import build_generator, circuits_of, instructions_of
from app.lookups import build_lookups
from app.models import (
    build_classifier,
    build_embedder,
    build_reranker,
    embedder_provider,
    embedder_reviver,
    reranker_provider,
)
from app.settings import Settings
from domain.policies import StorePolicy
from domain.ports import Embedder, KnowledgeSearch
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.search import PostgresKnowledge
from retrieval.searching.settings import SearchSettings

if TYPE_CHECKING:
    from app.telemetry import Tracing


@dataclass(frozen=True)
class Workshop:
    """The steps with the clients they work with."""

    database: Database
    embedder: Embedder
    knowledge: KnowledgeSearch
    languages: LanguageReader
    guard: Guard
    steps: SupportSteps
    versions: dict[str, str]
    """Of everything that shapes an answer."""
    circuits: tuple[Circuit, ...] = ()
    """Of the language models that write replies; none: no such model is set."""

    async def policy(self, store: str) -> StorePolicy:
        """The store's settings now, with what certificates say and the versions of what answers. Raises NotFound."""
        return await read_pinned(self.database, store, self.versions)


def build_workshop(settings: Settings, database: Database, traces: "Tracing | None" = None) -> Workshop:
    """Everything that steps need over an open database. Loads the classifier's weights; the encoder loads at its first
    use. Raises SetupError when the weights are missing or of another encoder."""
    encoder: Embedder = UniversalSentenceEmbedder()
    embedder = RememberingEmbedder(encoder if traces is None else traces.embedder(encoder))
    generator = build_generator(settings, database, embedder)
    languages, order_ids = LanguageReader(), OrderIdReader()
    knowledge = build_knowledge(settings, database, embedder, traces)
    guard = Guard.usual(languages, order_ids, InjectionDetector(embedder))
    steps = SupportSteps(
        classifier=build_classifier(settings, Classifier(embedder, IntentModel.load(), order_ids), traces),
        languages=languages,
        knowledge=knowledge,
        lookups=build_lookups(database, order_ids, settings.lookups),
        generator=generator if traces is None else traces.generator(generator),
        guard=guard,
        top=settings.top_passages,
        instructions=instructions_of(generator),
    )
    versions = versions_of(steps.versions, knowledge.version)
    return Workshop(database, embedder, knowledge, languages, guard, steps, versions, circuits_of(generator))


def build_knowledge(
    settings: Settings, database: Database, encoder: Embedder, traces: "Tracing | None" = None
) -> PostgresKnowledge:
    """The search over what the stores know, with the embedder and the reranker of the settings. `encoder` is the
    shipped one, which other steps use too: where it is the chosen one, a text is embedded once. Raises SetupError."""
    chosen = build_embedder(settings)
    if chosen.name == encoder.name:
        chosen = encoder
    else:
        provider = embedder_provider(settings)
        chosen = RememberingEmbedder(chosen if traces is None else traces.embedder(chosen, provider=provider))
    shelf = EmbedderShelf(chosen, embedder_reviver(settings))
    reranker = build_reranker(settings)
    if reranker is not None and traces is not None:
        reranker = traces.reranker(reranker, provider=reranker_provider(settings))
    return PostgresKnowledge(database, shelf, settings=search_settings(settings), reranker=reranker)


def search_settings(settings: Settings) -> SearchSettings:
    """The numbers of the search."""
    return SearchSettings(
        semantic_k=settings.semantic_k,
        keyword_k=settings.keyword_k,
        pool=settings.search_pool,
        ef_search=settings.search_ef,
        keyword_budget=settings.keyword_budget,
    )


@asynccontextmanager
async def open_workshop(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[Workshop]:
    """The workshop over this installation's database, which is started and migrated where needed; closed at the end.

    Raises SetupError or Unavailable.
    """
    with leased_database(settings, say) as urls:
        database = Database(urls.app)
        await database.open()
        try:
            yield build_workshop(settings, database)
        finally:
            await database.close()
