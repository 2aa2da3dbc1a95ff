"""The wish to stop, by Ctrl-C, SIGTERM or a closed terminal: once to stop in order, twice to stop at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _is_ignored(number: signal.Signals) -> bool:
    # `nohup` ignores the closing of the terminal on purpose.
    return number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN


class Stopped(Exception):
    """Somebody asked us to stop. Not an error."""


class StopWish:
    """Whether and how often somebody asked us to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.insisted = False
        """Asked twice."""

    @contextmanager
    def listening(self) -> Iterator["StopWish"]:
        """Take the signals while the block runs. Only in the main thread."""
        before = {number: signal.signal(number, self._receive) for number in SIGNALS if not _is_ignored(number)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self.insisted = self._asked.is_set()
        self._asked.set()

    def pause(self, seconds: float) -> None:
        """Sleep, at most so long. Raises Stopped as soon as we are asked to stop."""
        if self._asked.wait(seconds):
            raise Stopped
