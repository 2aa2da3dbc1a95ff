"""Failed log-ins are counted in memory, per name and address, per name and per address, and end in a pause."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from domain.errors import TooMany

WINDOW_SECONDS = 300.0
PER_NAME = 5
PER_ADDRESS = 30
PER_NAME_ANYWHERE = 30
"""An address can be made up where a proxy is trusted to tell it, so each one alone proves little."""
REMEMBERED = 10_000


class Attempts:
    """Counts failures within a window; remembers a bounded number of names and addresses."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def begin(self, name: str, address: str) -> None:
        """Counts an attempt before its outcome is known, so that many at once can't slip through.

        Raises TooMany when this name from this address, or this address, has failed too often lately.
        """
        limits = self._limits(name, address)
        if any(self._recent(key) >= limit for key, limit in limits):
            raise TooMany("Too many failed log-ins; wait five minutes and try again.")
        for key, limit in limits:
            self._failures.setdefault(key, deque(maxlen=limit)).append(self._clock())
            self._failures.move_to_end(key)
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeed(self, name: str, address: str) -> None:
        """A log-in that went well was no failure, and ends the count of its name."""
        (here, _), *wider = self._limits(name, address)
        self._failures.pop(here, None)
        for key, _ in wider:
            if self._failures.get(key):
                self._failures[key].pop()

    def _limits(self, name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
        name = f"name {' '.join(name.split()).casefold()[:200]}"  # as the log-in itself reads it
        return ((name, address), PER_NAME), ((name, ""), PER_NAME_ANYWHERE), (("", address), PER_ADDRESS)

    def _recent(self, key: tuple[str, str]) -> int:
        since = self._clock() - WINDOW_SECONDS
        return sum(at > since for at in self._failures.get(key, ()))
