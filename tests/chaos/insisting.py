"""A client that does not give up: it sends the same request until it is answered, as channels and consoles do."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

PAUSE_SECONDS = 0.4
REQUEST_SECONDS = 20.0


def client(url: str, key: str) -> httpx.AsyncClient:
    """Sends as the holder of a key."""
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=REQUEST_SECONDS, trust_env=False)


async def insist(
    http: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    body: Any = None,
    headers: dict[str, str] | None = None,
    tried: Callable[[], None] = lambda: None,
    seconds: float = 150.0,
) -> httpx.Response | None:
    """The first answer that is neither a failure of the server nor `try again`; None when there was none in time."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                tried()
                answer = await _send(http, method, path, body, headers)
                if answer is not None and not is_temporary(answer):
                    return answer
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError:
        return None


async def _send(
    http: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str] | None
) -> httpx.Response | None:
    try:
        return await http.request(method, path, json=body, headers=headers)
    except httpx.TransportError:
        return None


def is_temporary(answer: httpx.Response) -> bool:
    """Whether the same request may fare better later: 5xx, or another request under the same key is being served."""
    return answer.status_code >= 500 or (answer.status_code == 409 and "code" not in answer.json())
