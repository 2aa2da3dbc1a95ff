"""Keeps the parts of the stack running: starts them, restarts what dies, gives up on what keeps dying, stops all."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from app.embedded.home import Home, write_json
from app.embedded.part import Child, Part, keep_log_small
from app.embedded.stopping import StopWish
from domain.errors import SetupError

WINDOW = 60.0
"""Seconds within which the deaths of a part are counted."""
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
TICK = 0.1
LOG_CHECK = 60.0
PROGRESS_AFTER = 2.0


class Condition(StrEnum):
    """What a watched part is doing."""

    STARTING = "starting"
    READY = "ready"
    SILENT = "silent"
    """It runs, but has not answered in its time."""
    RESTARTING = "restarting"
    """It died, and waits for its next start."""


_NOT_YET = frozenset({Condition.STARTING, Condition.RESTARTING})


@dataclass
class Watched:
    """A part under supervision."""

    part: Part
    child: Child
    condition: Condition = Condition.STARTING
    since: float = field(default_factory=time.monotonic)
    restarts: int = 0
    deaths: deque[float] = field(default_factory=deque)
    restart_at: float = 0.0
    announced: bool = False
    was_ready: bool = False


class Supervisor:
    """The parts of one stack, in the order in which they were started. Single-threaded: call `tend` again and again."""

    def __init__(self, home: Home, say: Callable[[str], None], wish: StopWish, restart_limit: int = 5) -> None:
        self._home = home
        self._say = say
        self._wish = wish
        self._limit = restart_limit
        self._watched: list[Watched] = []
        self._next_log_check = 0.0

    @property
    def has_parts(self) -> bool:
        """Whether anything was started that has to be stopped."""
        return bool(self._watched)

    def start(self, parts: Sequence[Part], adopt: frozenset[str] = frozenset()) -> None:
        """Start the parts side by side and return when all of them are ready, or have at least had the time for it.

        A part named in `adopt` is taken over when it runs already. Raises SetupError when one does not come up, Stopped
        when we are asked to stop.
        """
        for part in parts:
            child = Child.adopt(part) if part.name in adopt else None
            self._watched.append(Watched(part, child or Child.start(part)))
        self._journal()
        while any(watched.condition in _NOT_YET for watched in self._watched):
            self.tend()
            self._wish.pause(TICK / 2)

    def watch(self) -> None:
        """Tend the parts until we are asked to stop. Raises Stopped then, or SetupError when a part keeps dying."""
        while True:
            self.tend()
            self._wish.pause(TICK)

    def tend(self) -> None:
        """Look at each part once. Raises SetupError when one cannot be kept running."""
        for watched in self._watched:
            if watched.condition is Condition.RESTARTING:
                self._restart_when_due(watched)
            elif not watched.child.is_alive():
                self._note_death(watched)
            elif watched.condition is not Condition.READY:
                self._check_start(watched)
        if time.monotonic() > self._next_log_check:
            self._next_log_check = time.monotonic() + LOG_CHECK
            for watched in self._watched:
                keep_log_small(watched.part.log)

    def stop(self) -> None:
        """Stop everything, last started first. A second wish to stop kills what has not ended yet."""
        for watched in reversed(self._watched):
            if watched.condition is not Condition.RESTARTING:
                watched.child.stop(hurried=lambda: self._wish.insisted)
        self._watched.clear()
        self._journal_file.unlink(missing_ok=True)

    def _check_start(self, watched: Watched) -> None:
        waited = time.monotonic() - watched.since
        if not watched.part.ready() or not self._made_ready(watched, waited):
            if waited > watched.part.ready_seconds:
                self._note_silence(watched)
            elif waited > PROGRESS_AFTER and not watched.announced:
                watched.announced = True
                self._say(f"{watched.part.name}: still starting …")
            return
        self._say(f"{watched.part.name}: {'running again' if watched.was_ready else 'ready'} after {waited:.1f} s")
        watched.condition, watched.was_ready = Condition.READY, True
        self._journal()

    def _note_silence(self, watched: Watched) -> None:
        part = watched.part
        if part.essential:
            raise watched.child.failure(f"did not answer within {part.ready_seconds:.0f} s")
        if watched.condition is not Condition.SILENT:
            watched.condition = Condition.SILENT
            self._say(f"{part.name}: runs, but does not answer on {part.address} (log: {part.log})")
            self._journal()

    def _made_ready(self, watched: Watched, waited: float) -> bool:
        try:
            watched.part.once_ready()
        except SetupError:
            # It may have died in between, which is noticed next; after a first start there is nothing to wait for.
            if waited > watched.part.ready_seconds or (not watched.was_ready and watched.child.is_alive()):
                raise
            return False
        return True

    def _note_death(self, watched: Watched) -> None:
        now = time.monotonic()
        # A first start is tried twice at most, and once if the log tells why: a port may be lost to another process
        # between our check and its use, but most causes stay.
        if not watched.was_ready and (watched.deaths or watched.child.explanation() is not None):
            raise watched.child.failure("stopped before it was ready")
        watched.deaths.append(now)
        while watched.deaths[0] < now - WINDOW:
            watched.deaths.popleft()
        count = len(watched.deaths)
        if self._limit and count >= self._limit:
            raise watched.child.failure(f"died {count} times within {WINDOW:.0f} s")
        delay = min(FIRST_DELAY * 2 ** (count - 1), LONGEST_DELAY)
        watched.condition, watched.restart_at = Condition.RESTARTING, now + delay
        self._say(
            f"{watched.part.name}: {watched.child.ending()}; restarting in {delay:.1f} s (log: {watched.part.log})"
        )
        self._journal()

    def _restart_when_due(self, watched: Watched) -> None:
        if time.monotonic() < watched.restart_at:
            return
        watched.child = Child.start(watched.part)
        watched.restarts += 1
        watched.condition, watched.since, watched.announced = Condition.STARTING, time.monotonic(), False
        self._journal()

    @property
    def _journal_file(self) -> Path:
        return self._home.run / "stack.json"

    def _journal(self) -> None:
        # `status` misses a line on a full disk; that is no reason to stop what still runs.
        with suppress(SetupError):
            write_json(self._journal_file, {"parts": [_row(watched) for watched in self._watched]})


def _row(watched: Watched) -> dict[str, object]:
    return {
        "name": watched.part.name,
        "pid": watched.child.mark.pid,
        "start": watched.child.mark.start,
        "condition": watched.condition.value,
        "since": watched.child.started_at,
        "restarts": watched.restarts,
        "address": watched.part.address,
        "log": str(watched.part.log),
    }
