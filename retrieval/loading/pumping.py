"""Makes the next batch while the last one is being used: a model computes while the database writes."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def pump(make: Callable[[], Awaitable[T | None]], use: Callable[[T], Coroutine[Any, Any, None]]) -> None:
    """Uses whatever `make` gives, in order and one at a time, until it gives None.

    When `make` fails or is cancelled, what was made before is still used to the end.
    """
    using: asyncio.Task[None] | None = None
    try:
        while (made := await make()) is not None:
            if using is not None:
                await using
            using = asyncio.create_task(use(made))
    finally:
        if using is not None:
            await using
