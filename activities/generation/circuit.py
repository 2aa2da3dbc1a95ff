"""A circuit breaker: what has failed several times in a row is left alone for a while, then tried with one call.

Ours rather than a package: it lets exactly one call try a model that was paused, gives that place back when the call is
cancelled, pauses at once for what only a setting cures, and needs no dependency for its few lines.
"""

import time
from collections.abc import Callable
from enum import StrEnum

import structlog

FAILURES = 3
"""So many in a row open it."""
FIRST_PAUSE, LONGEST_PAUSE = 3.0, 120.0
"""Seconds. Each trial that fails doubles the pause: a short absence is bridged by the retries of one query, a long one
costs a trial now and then."""
log = structlog.get_logger(__name__)


class CircuitState(StrEnum):
    """What a circuit lets through."""

    CLOSED = "closed"
    """Everything."""
    HALF_OPEN = "half_open"
    """One call, which tells how to go on."""
    OPEN = "open"
    """Nothing until the pause is over."""


class Circuit:
    """The circuit of one model in one process. Not for several threads: it belongs to an event loop."""

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        failures: int = FAILURES,
        pause: float = FIRST_PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider, self.model = provider, model
        self._limit, self._first_pause, self._clock = failures, pause, clock
        self._state = CircuitState.CLOSED
        self._failures, self._pause, self._until = 0, pause, 0.0
        self.why, self.for_good = "", False
        """What was said at the last failure, and whether it stays until a setting is corrected."""
        self._watchers: list[Callable[[Circuit], None]] = []

    @property
    def state(self) -> CircuitState:
        return self._state

    @property
    def seconds_left(self) -> float:
        """Until the next trial; 0 where none is waited for."""
        return max(0.0, self._until - self._clock()) if self._state is CircuitState.OPEN else 0.0

    def watch(self, watcher: Callable[["Circuit"], None]) -> None:
        """Calls the watcher now and at every change of the state."""
        self._watchers.append(watcher)
        watcher(self)

    def admits(self) -> bool:
        """Whether a call may go through. Whoever is let through says how it went, with one of the three below."""
        if self._state is CircuitState.CLOSED:
            return True
        if self._state is CircuitState.OPEN and self._clock() >= self._until:
            self._become(CircuitState.HALF_OPEN)
            return True
        return False

    def succeeded(self) -> None:
        """It answered."""
        self._failures, self._pause = 0, self._first_pause
        self._become(CircuitState.CLOSED)

    def failed(self, why: str, *, for_good: bool = False) -> None:
        """It did not answer. `for_good`: a setting has to be corrected, so the next call would fail as well."""
        self._failures, self.why, self.for_good = self._failures + 1, why, for_good
        if self._state is CircuitState.HALF_OPEN:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        elif self._state is CircuitState.OPEN or (self._failures < self._limit and not for_good):
            return  # a call from before it opened, or too few yet
        self._until = self._clock() + self._pause
        self._become(CircuitState.OPEN)

    def forget(self) -> None:
        """The call was given up by its caller, which says nothing about the model: the next one may try."""
        if self._state is CircuitState.HALF_OPEN:
            self._until = self._clock()
            self._become(CircuitState.OPEN)

    def _become(self, state: CircuitState) -> None:
        if state is self._state:
            return
        self._state = state
        told = {"state": state.value, "provider": self.provider, "model": self.model, "failures": self._failures}
        if state is CircuitState.OPEN:
            log.warning("model_circuit", **told, pause_seconds=round(self.seconds_left, 1))
        else:
            log.info("model_circuit", **told)
        for watcher in self._watchers:
            watcher(self)
