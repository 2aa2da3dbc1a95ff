"""Which classifier, embedding model and reranker this installation uses, by its settings. Built once a process."""

from pathlib import Path
from typing import TYPE_CHECKING

from activities.classification.port import MessageClassifier
from app.settings import Settings
from domain.errors import HoldpointError, SetupError
from domain.ports import OURS, ChatModel, Embedder
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.embedding.shelf import EmbedderShelf, Revive
from retrieval.reranking.port import Reranker

if TYPE_CHECKING:
    from app.telemetry import Tracing
    from retrieval.embedding.cohere_api import CohereApi


def build_classifier(
    settings: Settings, trained: MessageClassifier, traces: "Tracing | None" = None
) -> MessageClassifier:
    """The classifier of HOLDPOINT_CLASSIFIER, around or instead of the trained one. Raises SetupError."""
    provider, _, model = settings.classifier.partition(":")
    if provider not in ("llm", "cohere"):
        return trained
    from activities.classification.zero_shot import ZeroShotClassifier

    chat = _cohere_chat(settings, model) if provider == "cohere" else _chat_completions(settings, model)
    protocol = "cohere" if provider == "cohere" else "openai"
    return ZeroShotClassifier(chat if traces is None else traces.chat(chat, protocol), trained)


def _chat_completions(settings: Settings, model: str) -> ChatModel:
    from activities.chat_completions import ChatCompletions

    if settings.llm_url is None:
        raise SetupError("A language model needs HOLDPOINT_LLM_URL, where it is.")
    return ChatCompletions(model, url=settings.llm_url, api_key=settings.llm_api_key)


def _cohere_chat(settings: Settings, model: str) -> ChatModel:
    from activities.chat.cohere import CohereReplies
    from activities.chat.refusals import SettingNames

    if settings.cohere_api_key is None:
        raise SetupError("A model of Cohere needs HOLDPOINT_COHERE_API_KEY.")
    names = SettingNames("HOLDPOINT_CLASSIFIER", "HOLDPOINT_COHERE_URL", "HOLDPOINT_COHERE_API_KEY")
    return CohereReplies(model, url=settings.cohere_url, api_key=settings.cohere_api_key, settings=names)


def build_embedder(settings: Settings) -> Embedder:
    """The embedder of HOLDPOINT_EMBEDDER. A fastembed model that is not here yet is downloaded now, its weights are
    loaded at the first use. Raises SetupError."""
    return _embedder(settings, settings.embedder, settings.embedder_path, settings.cohere_dimensions)


def build_shelf(settings: Settings) -> EmbedderShelf:
    """The chosen embedder beside those that stores may still be searched with. Raises SetupError."""
    return EmbedderShelf(build_embedder(settings), embedder_reviver(settings))


def build_reranker(settings: Settings) -> Reranker | None:
    """The reranker of HOLDPOINT_RERANKER, None for the feature model alone. Raises SetupError."""
    provider, _, model = settings.reranker.partition(":")
    if provider == "fastembed":
        from retrieval.reranking.fastembed_cross_encoder import FastembedCrossEncoder

        return FastembedCrossEncoder(model, model_path=settings.reranker_path, cache=_cache(settings))
    if provider == "cohere":
        from retrieval.reranking.cohere_rerank import CohereReranker

        return CohereReranker(_cohere(settings), model=model)
    return None


def embedder_provider(settings: Settings) -> str:
    """Who runs the embedder, as traces name it."""
    return "cohere" if settings.embedder.startswith("cohere:") else OURS


def reranker_provider(settings: Settings) -> str:
    """Who runs the reranker, as traces name it."""
    return "cohere" if settings.reranker.startswith("cohere:") else OURS


def embedder_reviver(settings: Settings) -> Revive:
    """Finds the embedder of a name that vectors bear: None when it cannot be had any more, or has other weights now.
    It never downloads anything: searches wait for it."""

    def revive(name: str) -> Embedder | None:
        try:
            found = _by_name(settings, name)
        except HoldpointError:
            return None  # searches then go without it; the chosen one raises for itself
        return found if found is not None and found.name == name else None

    return revive


def _by_name(settings: Settings, name: str) -> Embedder | None:
    provider, _, rest = name.partition("/")
    model, _, last = rest.rpartition("/")
    if provider == "cohere" and settings.cohere_api_key is not None and last.isdecimal():
        return _embedder(settings, f"cohere:{model}", None, int(last))
    if provider.startswith("fastembed-"):
        chosen = f"fastembed:{model}"
        path = settings.embedder_path if settings.embedder.lower() == chosen.lower() else None
        return _embedder(settings, chosen, path, 0, offline=True)
    return UniversalSentenceEmbedder()


def _embedder(
    settings: Settings, chosen: str, path: Path | None, dimensions: int, *, offline: bool = False
) -> Embedder:
    provider, _, model = chosen.partition(":")
    if provider == "fastembed":
        from retrieval.embedding.fastembed_model import FastembedEmbedder

        return FastembedEmbedder(model, model_path=path, cache=_cache(settings), offline=offline)
    if provider == "cohere":
        from retrieval.embedding.cohere_model import CohereEmbedder

        return CohereEmbedder(_cohere(settings), model=model, dimensions=dimensions)
    return UniversalSentenceEmbedder()


def _cache(settings: Settings) -> Path:
    return settings.home / "models"


def _cohere(settings: Settings) -> "CohereApi":
    from retrieval.embedding.cohere_api import CohereApi

    if settings.cohere_api_key is None:
        raise SetupError("A model of Cohere needs HOLDPOINT_COHERE_API_KEY.")
    return CohereApi(settings.cohere_api_key, url=settings.cohere_url)
