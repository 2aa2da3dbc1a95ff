"""How far long work is, as plain lines on standard error: they read the same on a terminal, in a log and by voice."""

import time
from collections.abc import Callable

QUIET_SECONDS = 2.0
"""Work that is done within this time shows no progress; so long is also the pause between two lines."""


class ProgressLines:
    """Called with how much is done and how much there is (None: not known yet), it tells so now and then."""

    def __init__(self, noun: str, say: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._noun = noun
        self._say = say
        self._clock = clock
        self._told = clock()
        self._began: tuple[float, int] | None = None
        self.done = 0
        self.total: int | None = None

    def __call__(self, done: int, total: int | None = None) -> None:
        now = self._clock()
        if self._began is None or (total is None) != (self.total is None) or done < self.done:
            self._began = (now, done)  # another kind of work: reading is quicker than embedding
        self.done, self.total = done, total
        if now - self._told >= QUIET_SECONDS and done != total:  # what is done says so itself
            self._told = now
            self._say("  " + self._line(now))

    def _line(self, now: float) -> str:
        if self.total is None:
            return f"{self.done:,} {self._noun} read"
        began, first = self._began or (now, self.done)
        rate = (self.done - first) / (now - began) if now > began else 0.0
        counts = f"{self.done:,} of {self.total:,} {self._noun}"
        if rate <= 0:
            return counts
        return f"{counts}, {rate:,.0f} a second, {duration((self.total - self.done) / rate)} left"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
