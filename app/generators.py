"""What writes drafts, by the settings: the offline default, or language models around it."""

from typing import TYPE_CHECKING

from pydantic import SecretStr

from activities.generation.circuit import Circuit
from activities.generation.fallback import ModelChain, PricedModel
from activities.generation.model_generator import ModelGenerator, Writing
from activities.generation.template import TemplateGenerator
from activities.spending import PostgresLedger
from app.attachments import build_attachment_desk
from app.model_settings import COHERE
from app.settings import Settings
from domain.errors import SetupError
from domain.ports import Embedder, Generator, ReplyModel
from domain.spending import ModelPrice
from retrieval.database import Database

if TYPE_CHECKING:
    from activities.chat.refusals import SettingNames


def build_generator(settings: Settings, database: Database, embedder: Embedder) -> Generator:
    """The generator of HOLDPOINT_MODEL. Raises SetupError for a model that cannot be had by these settings."""
    offline = TemplateGenerator(embedder)
    if settings.model is None:
        return offline
    models = [_model(settings, settings.model, "HOLDPOINT_MODEL")]
    if settings.fallback_model is not None:
        models.append(_model(settings, settings.fallback_model, "HOLDPOINT_FALLBACK_MODEL"))
    return ModelGenerator(
        ModelChain(models),
        PostgresLedger(database),
        offline=offline,
        writing=Writing(max_tokens=settings.model_max_tokens, temperature=settings.model_temperature),
        pictures=build_attachment_desk(settings, database) if settings.model_vision else None,
    )


def instructions_of(generator: Generator) -> tuple[str, ...]:
    """What the generator's models are told: a reply must not repeat it. The offline default is told nothing."""
    return generator.told if isinstance(generator, ModelGenerator) else ()


def circuits_of(generator: Generator) -> tuple[Circuit, ...]:
    """The circuits of its models, first to last."""
    return generator.models.circuits if isinstance(generator, ModelGenerator) else ()


def _model(settings: Settings, chosen: str, name: str) -> PricedModel:
    provider, _, model = chosen.partition(":")
    part = name.removeprefix("HOLDPOINT_").lower()
    read, written = getattr(settings, f"{part}_input_price"), getattr(settings, f"{part}_output_price")
    price = None if read is None or written is None else ModelPrice(input=read, output=written)
    if provider == COHERE:
        return PricedModel.of(_cohere(settings, model, name), price)
    from activities.chat.langchain import LangChainReplies

    found = LangChainReplies(
        provider,
        model,
        url=getattr(settings, f"{part}_url"),
        api_key=getattr(settings, f"{part}_api_key"),
        seconds=settings.model_seconds,
        settings=_names(name, f"{name}_URL", f"{name}_API_KEY"),
    )
    return PricedModel.of(found, price)


def _cohere(settings: Settings, model: str, name: str) -> ReplyModel:
    from activities.chat.cohere import CohereReplies

    key: SecretStr | None = settings.cohere_api_key
    if key is None:
        raise SetupError(f"{name}={COHERE}:{model} needs HOLDPOINT_COHERE_API_KEY.")
    names = _names(name, "HOLDPOINT_COHERE_URL", "HOLDPOINT_COHERE_API_KEY")
    return CohereReplies(model, url=settings.cohere_url, api_key=key, seconds=settings.model_seconds, settings=names)


def _names(model: str, url: str, api_key: str) -> "SettingNames":
    from activities.chat.refusals import SettingNames

    return SettingNames(model, url, api_key)
