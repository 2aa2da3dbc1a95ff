"""One request to a shop's own system: bounded in bytes and seconds, one attempt, the key shown nowhere.

Temporal repeats the step. What the system says in its errors is never shown: it may quote the customer, or the key.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import SecretStr

from domain.errors import ModelUnusable, SetupError, Unavailable

MAX_ANSWER = 4 << 20
"""Bytes. Fifty orders of twenty things each have about 300,000."""
_LATER = frozenset({408, 425, 429})
_MAX_PAUSE = 3_600.0


class LookUpUnusable(ModelUnusable):
    """The system refuses, or answers with what the description does not fit: the look-ups file has to be corrected."""


class ShopService:
    """Connections to the system of one store, kept for as long as the event loop is the same."""

    def __init__(self, store: str, *, headers: Mapping[str, str], key: SecretStr | None, key_in: str, seconds: float):
        """`key_in`: name of the header that takes the key, with what stands before it, such as `Authorization:
        Bearer`. Raises SetupError for a key that cannot be one."""
        self._store = store
        self._headers = dict(headers)
        self._seconds = seconds
        if key is not None:
            name, _, before = key_in.partition(":")
            secret = key.get_secret_value()
            if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
                raise SetupError(
                    f"The token of the store {store} is not a key: set it to the one that its system gave."
                )
            self._headers[name.strip()] = f"{before.strip()} {secret}".strip()
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, method: str, url: str, body: Any = None) -> Any:
        """The JSON of an answer. Raises Unavailable, LookUpUnusable (one too) where another attempt is no use."""
        content = None if body is None else json.dumps(body).encode()
        try:
            async with asyncio.timeout(self._seconds):
                response, answer = await self._send(method, url, content)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Unavailable(f"{self.who} did not answer within {self._seconds:g} s: try again later.") from error
        except httpx.InvalidURL as error:
            raise self.misfit("cannot be asked at the address given") from error
        except httpx.TransportError as error:
            raise Unavailable(f"{self.who} cannot be reached ({type(error).__name__}): try again later.") from error
        except httpx.DecodingError as error:
            raise self.misfit("sent an answer that cannot be unpacked") from error
        if response.status_code != 200:
            raise self._refusal(response)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise self.misfit("sent an answer that is not JSON") from error

    @property
    def who(self) -> str:
        """Beginning of a sentence about this system."""
        return f"The order system of the store {self._store}"

    def misfit(self, how: str) -> LookUpUnusable:
        """The error for an answer that is not what was described; `how` continues the sentence."""
        return LookUpUnusable(f"{self.who} {how}: correct [stores.{self._store}] in the file of HOLDPOINT_LOOKUPS.")

    async def aclose(self) -> None:
        """Closes what is open; a later call opens anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _send(self, method: str, url: str, content: bytes | None) -> tuple[httpx.Response, bytes]:
        found = bytearray()
        async with self._connected().stream(method, url, content=content) as response:
            async for block in response.aiter_bytes():
                found += block
                if len(found) > MAX_ANSWER:
                    raise self.misfit("sent an answer beyond all measure")
        return response, bytes(found)

    def _connected(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop  # a connection of another loop cannot be used in this one, nor closed
            headers = {"content-type": "application/json", "accept": "application/json", **self._headers}
            timeout = httpx.Timeout(self._seconds, connect=min(5.0, self._seconds))
            self._client = httpx.AsyncClient(headers=headers, timeout=timeout)
        return self._client

    def _refusal(self, response: httpx.Response) -> Unavailable:
        status = response.status_code
        if status in _LATER or status >= 500:
            text = f"{self.who} failed ({status}): try again later."
            return Unavailable(text, retry_after=_pause(response.headers.get("retry-after")))
        if status in (401, 403):
            return self.misfit(f"refuses the token ({status})")
        return self.misfit(f"refuses the request ({status})")


def _pause(asked: str | None) -> float | None:
    """Seconds that an answer asks to wait; None where it does not say so in seconds."""
    if asked is None or not asked.strip().isdigit():
        return None
    return min(float(asked.strip()), _MAX_PAUSE)
