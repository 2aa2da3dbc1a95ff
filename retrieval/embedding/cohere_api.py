"""Cohere's HTTP interface, version 2, as far as we need it: one POST, tried again within a bounded time.

Their own client would do; this one is 150 lines on a library that we have anyway. It reads answers strictly where
theirs takes any JSON for an answer, and bounds the time of all attempts together, not the number of them.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_before_delay, wait_random_exponential

from domain.errors import ModelUnusable, SetupError, Unavailable

URL = "https://api.cohere.com"
ATTEMPT_SECONDS = 20.0
"""Longest that one attempt may take until the first byte of the answer, and between two of its bytes."""
MAX_ANSWER = 64 << 20
"""Bytes. A full answer has 96 vectors, about 3 MB."""
ECHO = 16
"""So many characters in a row that occur in what was sent: their message quotes a text, and is not shown."""

_backoff = wait_random_exponential(multiplier=0.25, max=8.0)


class _Again(Exception):
    """Worth another attempt. `pause` is how many seconds they ask to wait, None when they do not say."""

    def __init__(self, why: str, pause: float | None = None) -> None:
        super().__init__(why)
        self.pause = pause


class CohereApi:
    """Calls with one key at one address. The key is shown nowhere: not in errors, logs or when this is printed.

    Connections are kept for as long as the event loop is the same.
    """

    def __init__(self, api_key: SecretStr, *, url: str = URL) -> None:
        """Raises SetupError for a key that cannot be one."""
        key = api_key.get_secret_value()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise SetupError(
                "HOLDPOINT_COHERE_API_KEY is not a key: set it to the one that Cohere shows, nothing else."
            )
        self._key = api_key
        self._url = url.rstrip("/")
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, path: str, body: Mapping[str, Any], *, patience: float) -> dict[str, Any]:
        """The answer to a POST of `body`, a JSON object.

        `patience`: seconds for all attempts and pauses together. Raises Unavailable when that time is over or the
        answer is no JSON object, ModelUnusable when another attempt would end the same.
        """
        failures: list[BaseException | None] = []
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Again),
            wait=_pause,
            stop=stop_before_delay(patience),
            after=lambda state: failures.append(state.outcome.exception() if state.outcome else None),
            reraise=True,
        )
        content = json.dumps(body).encode()
        try:
            async with asyncio.timeout(patience):
                answer: bytes = await retrying(self._attempt, path, content, str(body.get("model", "")))
        except _Again as error:
            raise Unavailable(f"Cohere {error}: try again later.") from error
        except TimeoutError as error:
            # Why the attempts before failed says more than that the last one was under way when patience ended.
            why = failures[-1] if failures else f"did not answer within {patience:g} s"
            raise Unavailable(f"Cohere {why}: try again later.") from error
        return _object(answer)

    async def aclose(self) -> None:
        """Closes what is open; a later call opens anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _attempt(self, path: str, content: bytes, model: str) -> bytes:
        try:
            async with self._connected().stream("POST", self._url + path, content=content) as response:
                answer = await _read(response)
        except httpx.TransportError as error:
            raise _Again(f"cannot be reached ({type(error).__name__})") from error
        except httpx.DecodingError as error:
            raise _Again("sent an answer that cannot be unpacked") from error
        if response.status_code == 200:
            return answer
        raise _refusal(response, answer, content, model, self._key.get_secret_value())

    def _connected(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop  # a connection of another loop cannot be used in this one, nor closed
            self._client = httpx.AsyncClient(
                headers={
                    "authorization": f"Bearer {self._key.get_secret_value()}",
                    "content-type": "application/json",
                    "accept": "application/json",
                    "x-client-name": "holdpoint",
                },
                timeout=httpx.Timeout(ATTEMPT_SECONDS, connect=5.0),
            )
        return self._client


async def _read(response: httpx.Response) -> bytes:
    """The whole body. Raises Unavailable when it never seems to end."""
    body = bytearray()
    async for block in response.aiter_bytes():
        body += block
        if len(body) > MAX_ANSWER:
            raise Unavailable("Cohere sent an answer beyond all measure: check HOLDPOINT_COHERE_URL.")
    return bytes(body)


def _object(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise misfit("is not JSON") from error
    if not isinstance(found, dict):
        raise misfit("is not a JSON object")
    return found


def misfit(how: str) -> Unavailable:
    """The error for an answer that is not what was asked for; `how` continues the sentence."""
    return Unavailable(f"Cohere gave an answer that {how}: check HOLDPOINT_COHERE_URL, or try again later.")


def _refusal(response: httpx.Response, answer: bytes, content: bytes, model: str, key: str) -> Exception:
    """What a status other than 200 means: worth another attempt, or something to set right."""
    status = response.status_code
    if status == 429:
        return _Again("limits the number of requests (429)", _asked_pause(response))
    if status >= 500 or status in (408, 409, 499):
        return _Again(f"failed ({status})", _asked_pause(response))
    what = {
        401: "refuses the key (401): set HOLDPOINT_COHERE_API_KEY to one that is valid",
        498: "refuses the key (498): set HOLDPOINT_COHERE_API_KEY to one that is valid",
        402: "wants to be paid (402): see to the account of HOLDPOINT_COHERE_API_KEY",
        403: f"does not allow the model {model} to this key (403): use another for HOLDPOINT_COHERE_API_KEY",
        404: f"does not know the model {model} (404): correct HOLDPOINT_EMBEDDER, HOLDPOINT_RERANKER or "
        "HOLDPOINT_COHERE_URL",
    }.get(status)
    if what is None and status < 400:
        what = f"answers with {status} where an answer belongs: correct HOLDPOINT_COHERE_URL"
    if what is None:
        what = f"refuses the request with the model {model} ({status}): check HOLDPOINT_EMBEDDER, HOLDPOINT_RERANKER "
        what += f"and HOLDPOINT_COHERE_DIMENSIONS{_said(answer, content, key)}"
    return ModelUnusable(f"Cohere {what}.")


def _said(answer: bytes, content: bytes, key: str) -> str:
    """Their own words on a refusal, unless they hold the key or quote what a customer or the store wrote."""
    try:
        said = json.loads(answer)["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    if not isinstance(said, str) or key in said:
        return ""
    line = " ".join(said.split())[:200].rstrip(".")
    body = json.loads(content)
    sent = "\n".join([body.get("query", ""), *body.get("texts", ()), *body.get("documents", ())])
    if any(line[start : start + ECHO] in sent for start in range(max(1, len(line) - ECHO + 1))):
        return ""
    return f"; it says: {line}"


def _asked_pause(response: httpx.Response) -> float | None:
    """Seconds that Retry-After asks for, as a number or as a date; None without one."""
    asked = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _pause(state: RetryCallState) -> float:
    """Seconds until the next attempt: what they ask for, else longer and longer."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Again) and error.pause is not None:
        return error.pause
    return _backoff(state)
