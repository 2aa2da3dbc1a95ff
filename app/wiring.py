"""The only constructor of what the steps need. Everything here is built once a process and given away as arguments."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from activities.classification.classifier import Classifier
from activities.classification.entities import OrderIdReader
from activities.classification.model import IntentModel
from activities.embedding import RememberingEmbedder
from activities.generation.template import TemplateGenerator
from activities.guarding.guard import Guard
from activities.language import LanguageReader
from activities.orders import PostgresOrders
from activities.steps import SupportSteps
from app.settings import Settings
from domain.snapshots import StepModes
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.search import PostgresKnowledge


def step_modes(settings: Settings) -> StepModes:
    """Which steps run as which: only the offline generator, which stays in the process, may run locally."""
    return StepModes(generate="local" if settings.generator == "extractive" else "activity")


@asynccontextmanager
async def open_steps(settings: Settings, database: Database) -> AsyncIterator[SupportSteps]:
    """The real steps over an open database."""
    del settings  # one generator so far
    embedder = RememberingEmbedder(UniversalSentenceEmbedder())
    languages, order_ids = LanguageReader(), OrderIdReader()
    yield SupportSteps(
        classifier=Classifier(embedder, IntentModel.load(), order_ids),
        languages=languages,
        knowledge=PostgresKnowledge(database, embedder),
        orders=PostgresOrders(database),
        generator=TemplateGenerator(embedder),
        guard=Guard.usual(languages, order_ids),
    )
