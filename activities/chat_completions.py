"""The chat-completions protocol, which OpenAI, vLLM, Ollama, llama.cpp and many more speak: one POST, one answer.

No attempt is repeated here: Temporal owns retries. The answer is read strictly, and is bounded in bytes and seconds.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from domain.errors import ModelUnusable, SetupError, Unavailable
from domain.ports import ChatAnswer

MAX_TOKENS = 200
SECONDS = 20.0
"""For one answer, from the first byte sent to the last one read."""
MAX_ANSWER = 1 << 20
"""Bytes. An answer of 200 tokens has about 2,000."""
_LATER = frozenset({408, 409, 425, 429, 499})
_REFUSED_TEXT = frozenset({"content_filter", "content_policy_violation"})
"""Codes with which some servers refuse a text by the status 400 instead of in the answer."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Message(_Read):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Read):
    message: _Message
    finish_reason: str | None = None


class _Usage(_Read):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Completion(_Read):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class ChatCompletions:
    """Satisfies `domain.ports.ChatModel` at one address. The key is shown nowhere: not in errors, logs or when this
    is printed. Connections are kept for as long as the event loop is the same."""

    def __init__(self, model: str, *, url: str, api_key: SecretStr | None = None, seconds: float = SECONDS) -> None:
        """`url` as far as `/v1`. `seconds`: for one answer. Raises SetupError for a key that cannot be one."""
        key = api_key.get_secret_value() if api_key else ""
        if not key.isascii() or not key.isprintable() or " " in key:
            raise SetupError("HOLDPOINT_LLM_API_KEY is not a key: set it to the one that the server takes, no more.")
        self._model = model
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._key = api_key if key else None
        self._seconds = seconds
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def name(self) -> str:
        return self._model

    async def answer(self, instructions: str, question: str, schema: Mapping[str, Any]) -> ChatAnswer:
        """As the port says: Unavailable or ModelUnusable where there is no answer."""
        body = {
            "model": self._model,
            "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": question}],
            "temperature": 0,
            "max_tokens": MAX_TOKENS,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)},
            },
        }
        try:
            async with asyncio.timeout(self._seconds):
                status, content = await self._post(json.dumps(body).encode())
        except TimeoutError as error:
            raise Unavailable(
                f"The language model did not answer within {self._seconds:g} s: try again later."
            ) from error
        if status == 200:
            return _read(content)
        if status == 400 and _code(content) in _REFUSED_TEXT:
            return ChatAnswer(ending="refused")
        raise _refusal(status, self._model)

    async def aclose(self) -> None:
        """Closes what is open; a later call opens anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _post(self, content: bytes) -> tuple[int, bytes]:
        found = bytearray()
        try:
            async with self._connected().stream("POST", self._url, content=content) as response:
                async for block in response.aiter_bytes():
                    found += block
                    if len(found) > MAX_ANSWER:
                        raise _misfit("is beyond all measure")
        except httpx.TimeoutException as error:
            raise Unavailable(f"The language model did not answer in time ({type(error).__name__}).") from error
        except httpx.TransportError as error:
            raise Unavailable(f"The language model cannot be reached ({type(error).__name__}).") from error
        except httpx.DecodingError as error:
            raise _misfit("cannot be unpacked") from error
        return response.status_code, bytes(found)

    def _connected(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop  # a connection of another loop cannot be used in this one, nor closed
            headers = {"content-type": "application/json", "accept": "application/json"}
            if self._key is not None:
                headers["authorization"] = f"Bearer {self._key.get_secret_value()}"
            timeout = httpx.Timeout(self._seconds, connect=min(5.0, self._seconds))
            self._client = httpx.AsyncClient(headers=headers, timeout=timeout)
        return self._client


def _read(content: bytes) -> ChatAnswer:
    """What a body with status 200 says. Raises Unavailable when it is no chat completion at all."""
    try:
        completion = _Completion.model_validate_json(content)
    except ValidationError:
        raise _misfit("is no chat completion") from None  # its text may quote the message
    choice, usage = completion.choices[0], completion.usage or _Usage()
    ending = {"length": "cut", "content_filter": "refused"}.get(choice.finish_reason or "", "complete")
    return ChatAnswer.model_validate({
        "text": choice.message.content or "",
        "ending": "refused" if choice.message.refusal else ending,
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
    })  # fmt: skip


def _misfit(how: str) -> Unavailable:
    return Unavailable(
        f"The language model gave an answer that {how}: check HOLDPOINT_LLM_URL, which ends in /v1 for most servers, "
        "or try again later."
    )


def _code(content: bytes) -> str:
    """The code of an error's body, empty when there is none."""
    try:
        found = json.loads(content)["error"]["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


def _refusal(status: int, model: str) -> Unavailable:
    """What a status other than 200 means. Their own words are not shown: they may quote the message."""
    if status == 429:
        return Unavailable("The language model limits the number of requests (429): try again later.")
    if status >= 500 or status in _LATER:
        return Unavailable(f"The language model failed ({status}): try again later.")
    if status in (401, 403):
        return ModelUnusable(
            f"The language model's server refuses the key ({status}): set HOLDPOINT_LLM_API_KEY to one that may use "
            f"{model}."
        )
    if status == 404:
        return ModelUnusable(
            f"The language model's server does not know {model} (404): correct HOLDPOINT_CLASSIFIER or "
            "HOLDPOINT_LLM_URL, which ends in /v1 for most servers."
        )
    if status < 400:
        return ModelUnusable(
            f"The language model's server answers with {status} where an answer belongs: correct HOLDPOINT_LLM_URL."
        )
    return ModelUnusable(
        f"The language model's server refuses the request for {model} ({status}): choose a model for "
        "HOLDPOINT_CLASSIFIER that takes max_tokens and a JSON schema."
    )
