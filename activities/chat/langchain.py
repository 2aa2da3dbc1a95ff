"""Any chat model that LangChain knows, by the name of its provider and its own: OpenAI and what speaks like it
(vLLM, Ollama, llama.cpp), Anthropic, Google, Mistral and more.

No attempt is repeated here: Temporal owns retries. What the provider's library raises becomes an error of ours without
their words, which may quote the customer or the key. LangChain is imported when a model is built, not before.
"""

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import SecretStr, ValidationError

from activities.chat.images import data_url
from activities.chat.refusals import MAX_CHARACTERS, STALL, USUAL, Failures, SettingNames
from activities.citing import numbered
from domain.errors import HoldpointError, SetupError, Unavailable
from domain.ports import Prompt, Written

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk, BaseMessage

SECONDS = 20.0
"""For one answer, from the first byte sent to the last one read."""
_CUT: Final = frozenset({"length", "max_tokens", "model_length", "max_output_tokens", "incomplete"})
_REFUSED: Final = frozenset(
    "content_filter content_filtered refusal safety recitation prohibited_content blocklist spii "
    "guardrail_intervened".split()
)
_BROKEN: Final = frozenset({"error", "malformed_function_call", "tool_calls", "tool_use", "function_call", "other"})
_REFUSED_TEXT: Final = frozenset({"content_filter", "content_policy_violation"})
"""Codes with which some servers refuse a text by the status 400 instead of in the answer."""
_PACKAGE = re.compile(r"pip install (?:-U )?([\w-]+)")
_DISPENSABLE: Final = ("timeout", "max_retries")
"""Options that some providers do not know: our own bound on seconds holds without them."""


class LangChainReplies:
    """Satisfies `domain.ports.ReplyModel` over one model of LangChain."""

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        url: str | None = None,
        api_key: SecretStr | None = None,
        seconds: float = SECONDS,
        settings: SettingNames = USUAL,
    ) -> None:
        """`url`: where the model is, where that is not its provider's own address. Raises SetupError for a provider
        that is not known, whose package is missing, or that cannot do without a key."""
        self._provider = provider
        self._model = model
        self._url = url
        self._key = api_key
        self._seconds = seconds
        self._settings = settings
        self._failures = Failures(provider, model, settings)
        self._built: dict[tuple[int, float], BaseChatModel] = {}
        self._chat(500, 0.3)  # what is wrong with the settings is said at the start

    @property
    def provider(self) -> str:
        return self._provider

    @property
    def name(self) -> str:
        return self._model

    async def write(self, prompt: Prompt) -> Written:
        """As the port says: Unavailable or ModelUnusable where there is nothing to send."""
        chat = self._chat(prompt.max_tokens, prompt.temperature)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._streamed(chat, _messages(prompt))
        except TimeoutError:
            raise self._failures.late(self._seconds) from None
        except HoldpointError:
            raise
        except Exception as error:  # noqa: BLE001 - providers raise whatever they like
            if _code(error) in _REFUSED_TEXT:
                return Written(text="", ending="refused", provider=self._provider, model=self._model)
            raise self._translated(error) from None  # its text may quote the customer or the key
        return self._written(answer, prompt)

    async def _streamed(self, chat: "BaseChatModel", messages: "list[BaseMessage]") -> "AIMessageChunk | None":
        """All pieces as one. LangSmith, which an environment variable would switch on, is told nothing."""
        from langsmith import tracing_context

        whole: AIMessageChunk | None = None
        characters = 0
        with tracing_context(enabled=False):
            async with asyncio.timeout(None) as patience:  # a model on slow hardware reads for long before it writes
                async for piece in chat.astream(messages):
                    patience.reschedule(self._soon())
                    whole = piece if whole is None else whole + piece
                    characters += len(piece.text)
                    if characters > MAX_CHARACTERS:
                        raise self._failures.misfit("is beyond all measure")
        return whole

    def _soon(self) -> float:
        """When the next piece has to be there."""
        return asyncio.get_running_loop().time() + min(STALL, self._seconds)

    def _written(self, answer: "AIMessageChunk | None", prompt: Prompt) -> Written:
        if answer is None:
            raise self._failures.misfit("is none")
        ending = self._ending(answer)
        text, citations = numbered(answer.text, [document.id for document in prompt.documents])
        if ending == "complete" and not text.strip():
            raise self._failures.misfit("is empty")
        usage = answer.usage_metadata or {"input_tokens": 0, "output_tokens": 0}
        return Written(
            text=text,
            ending=ending,
            citations=citations,
            provider=self._provider,
            model=self._model,
            input_tokens=usage["input_tokens"],
            output_tokens=usage["output_tokens"],
        )

    def _ending(self, answer: "AIMessageChunk") -> Literal["complete", "cut", "refused"]:
        """Providers name it differently. A stream that was cut off names nothing."""
        said = answer.response_metadata
        reason = next((said[name] for name in ("finish_reason", "stop_reason", "done_reason") if said.get(name)), None)
        if reason is None or str(reason).lower() in _BROKEN:
            raise self._failures.broke_off()
        if str(reason).lower() in _REFUSED or answer.additional_kwargs.get("refusal"):
            return "refused"
        return "cut" if str(reason).lower() in _CUT else "complete"

    def _translated(self, error: Exception) -> Unavailable:
        """What an exception of the provider's library means, by its status and kind."""
        for each in _chain(error):
            response = getattr(each, "response", None)
            status = getattr(each, "status_code", None) or getattr(response, "status_code", None)
            if isinstance(status, int) and status >= 300:
                headers = getattr(response, "headers", None) or {}
                return self._failures.of_status(status, headers.get("retry-after"))
        kinds = [kind.__name__ for each in _chain(error) for kind in type(each).__mro__]
        if any("Timeout" in kind for kind in kinds):
            return self._failures.late(self._seconds)
        if any(kind.endswith(("ConnectionError", "TransportError", "ConnectError")) for kind in kinds):
            return self._failures.out_of_reach(type(error).__name__)
        if isinstance(error, ValueError | TypeError | LookupError | AttributeError):
            return self._failures.misfit(f"cannot be read ({type(error).__name__})")
        return self._failures.failed(type(error).__name__)

    def _chat(self, max_tokens: int, temperature: float) -> "BaseChatModel":
        key = (max_tokens, temperature)
        if key not in self._built:
            self._built[key] = self._build(self._options(max_tokens, temperature))
        return self._built[key]

    def _build(self, options: dict[str, Any]) -> "BaseChatModel":
        try:
            from langchain.chat_models import init_chat_model

            chat: BaseChatModel
            try:
                chat = init_chat_model(self._model, model_provider=self._provider, **options)
            except ValidationError:
                spared = {name: value for name, value in options.items() if name not in _DISPENSABLE}
                chat = init_chat_model(self._model, model_provider=self._provider, **spared)
            return chat
        except ImportError as error:
            found = _PACKAGE.search(str(error))
            package = found[1] if found else f"langchain-{self._provider.replace('_', '-')}"
            raise SetupError(
                f"{self._settings.model}={self._provider}:{self._model} needs the package {package}: install it with "
                f"`pip install {package}`."
            ) from None
        except Exception as error:  # noqa: BLE001 - providers raise whatever they like
            raise SetupError(
                f"{self._settings.model}={self._provider}:{self._model} cannot be used ({type(error).__name__}): check "
                f"the provider's name, {self._settings.api_key} and {self._settings.url}."
            ) from None

    def _options(self, max_tokens: int, temperature: float) -> dict[str, Any]:
        options: dict[str, Any] = {
            "temperature": temperature,
            "max_tokens": max_tokens,
            "timeout": self._seconds,
            "max_retries": 0,
        }
        if self._url:
            options["base_url"] = self._url
        if self._key:
            options["api_key"] = self._key.get_secret_value()
        return _for_provider(self._provider, options)


def _for_provider(provider: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options as the library of this provider calls them."""
    if provider == "ollama":
        renamed = {name: value for name, value in options.items() if name in ("temperature", "base_url")}
        return renamed | {"num_predict": options["max_tokens"], "client_kwargs": {"timeout": options["timeout"]}}
    if provider != "openai":
        return options
    options["stream_usage"] = True
    if "base_url" in options:
        # Servers that speak like OpenAI's know chat completions and `max_tokens`, not what came after them; and a key
        # that lies in the environment is for OpenAI, not for them.
        options["use_responses_api"] = False
        options["extra_body"] = {"max_tokens": options.pop("max_tokens")}
        options.setdefault("api_key", "none")
    return options


def _messages(prompt: Prompt) -> "list[BaseMessage]":
    """The prompt with its documents before the last words of the customer."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    system = f"{prompt.system}\n\n{prompt.citing}" if prompt.documents and prompt.citing else prompt.system
    *before, last = prompt.turns
    asked = "\n\n".join([*(document.text for document in prompt.documents), last.text])
    said = [HumanMessage(turn.text) if turn.role == "user" else AIMessage(turn.text) for turn in before]
    shown = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in prompt.images]
    content: Any = [{"type": "text", "text": asked}, *shown] if shown else asked
    return [SystemMessage(system), *said, HumanMessage(content)]


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it came from."""
    found: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in found and len(found) < 8:
        found.append(each)
        each = each.__cause__ or each.__context__
    return found


def _code(error: Exception) -> str:
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else ""
