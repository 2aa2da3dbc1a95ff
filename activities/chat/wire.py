"""One POST to a language model: bounded in bytes and seconds, one attempt, the key shown nowhere."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
from pydantic import SecretStr

from activities.chat.refusals import STALL, Failures

MAX_ANSWER = 8 << 20
"""Bytes. A reply of 500 tokens has about 100,000 as a stream; with each citation goes the text that it cites."""


class Answered(NamedTuple):
    """What came back."""

    status: int
    content_type: str
    retry_after: str | None
    body: bytes


class Wire:
    """Connections to one address, kept for as long as the event loop is the same."""

    def __init__(self, url: str, *, api_key: SecretStr | None, seconds: float, failures: Failures) -> None:
        """`seconds`: for one answer, from the first byte sent to the last one read. Raises SetupError for a key that
        cannot be one."""
        key = api_key.get_secret_value() if api_key else ""
        if not key.isascii() or not key.isprintable() or " " in key:
            raise failures.no_key()
        self._key = api_key if key else None
        self._url = url.rstrip("/")
        self._seconds = seconds
        self._failures = failures
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, path: str, body: Mapping[str, Any]) -> Answered:
        """The whole answer. Raises Unavailable where there is none, or no end to it."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(path, json.dumps(body).encode())
        except (TimeoutError, httpx.TimeoutException) as error:
            raise self._failures.late(self._seconds) from error
        except httpx.TransportError as error:
            raise self._failures.out_of_reach(type(error).__name__) from error
        except httpx.DecodingError as error:
            raise self._failures.misfit("cannot be unpacked") from error

    async def aclose(self) -> None:
        """Closes what is open; a later call opens anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _post(self, path: str, content: bytes) -> Answered:
        found = bytearray()
        async with self._connected().stream("POST", self._url + path, content=content) as response:
            async with asyncio.timeout(None) as patience:  # a model on slow hardware reads for long before it writes
                async for block in response.aiter_bytes():
                    patience.reschedule(asyncio.get_running_loop().time() + min(STALL, self._seconds))
                    found += block
                    if len(found) > MAX_ANSWER:
                        raise self._failures.misfit("is beyond all measure")
        headers = response.headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answered(response.status_code, kind, headers.get("retry-after"), bytes(found))

    def _connected(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop  # a connection of another loop cannot be used in this one, nor closed
            headers = {"content-type": "application/json", "x-client-name": "holdpoint"}
            if self._key is not None:
                headers["authorization"] = f"Bearer {self._key.get_secret_value()}"
            timeout = httpx.Timeout(self._seconds, connect=min(5.0, self._seconds))
            self._client = httpx.AsyncClient(headers=headers, timeout=timeout)
        return self._client
