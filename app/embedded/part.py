"""A part of the stack: how one process is started, known to be ready, and stopped."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.embedded.processes import ProcessMark, SystemUser, spawn
from domain.errors import SetupError

LARGEST_LOG = 20_000_000
SHOWN_OF_LOG = 4000
SHOWN_OF_LINE = 200


def _nothing() -> None:
    return None


def _no_explanation(_said: str) -> SetupError | None:
    return None


@dataclass(frozen=True)
class Part:
    """What has to be known about one process of the stack. Times are seconds."""

    name: str
    command: tuple[str, ...]
    log: Path
    pid_file: Path
    environment: Mapping[str, str] = field(repr=False)
    ready: Callable[[], bool]
    """Asked again and again after a start, at most for `ready_seconds`; cheap, never raises."""
    address: str = ""
    folder: Path | None = None
    user: SystemUser | None = None
    before_start: Callable[[], None] = _nothing
    once_ready: Callable[[], None] = _nothing
    """Called after every start that became ready; idempotent."""
    explain: Callable[[str], SetupError | None] = _no_explanation
    """Turns the end of the log of a failed start into a sentence, or None."""
    ready_seconds: float = 60.0
    essential: bool = True
    """Whether nothing works before this part answers. Otherwise it may stay silent as long as it runs."""
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 4.0


@dataclass
class Child:
    """A running part. `process` is None for one that somebody else started and that was adopted."""

    part: Part
    mark: ProcessMark
    started_at: float
    process: subprocess.Popen[bytes] | None = None
    log_start: int = 0

    @classmethod
    def start(cls, part: Part, *, bound: bool = True) -> "Child":
        """Start the part. Bound to this process it dies with it, even by kill -9 (where the system can do that).

        Raises SetupError when the program cannot be started.
        """
        part.before_start()
        keep_log_small(part.log)
        log_start = part.log.stat().st_size if part.log.exists() else 0
        try:
            process = spawn(
                part.command,
                log=part.log,
                environment=part.environment,
                folder=part.folder,
                user=part.user,
                dies_with_parent=part.stop_signal if bound else None,
            )
        except OSError as error:
            raise SetupError(
                f"{part.command[0]} cannot be started ({error.strerror}): check that it can run."
            ) from error
        mark = ProcessMark.of(process.pid) or ProcessMark(process.pid, "ended at once")
        child = cls(part, mark, time.time(), process, log_start)
        try:
            mark.write(part.pid_file)
        except SetupError:
            child.stop()
            raise
        return child

    @classmethod
    def adopt(cls, part: Part) -> "Child | None":
        """Take over the running process that the part's pid file names, if there is one."""
        mark = ProcessMark.read(part.pid_file)
        return cls(part, mark, time.time()) if mark is not None and mark.is_alive() else None

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None if self.process is not None else self.mark.is_alive()

    def ending(self) -> str:
        """How a process that is gone ended, in a few words."""
        code = None if self.process is None else self.process.poll()
        if code is None:
            return "is gone"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def wait_ready(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Wait until the part answers; `pause` may raise to give up. Raises SetupError if it ends or takes too long."""
        until = time.monotonic() + self.part.ready_seconds
        wait = 0.02
        while not self.part.ready():
            if not self.is_alive():
                raise self.failure("stopped before it was ready")
            if time.monotonic() > until:
                raise self.failure(f"did not answer within {self.part.ready_seconds:.0f} s")
            pause(wait)
            wait = min(wait * 1.5, 0.25)
        self.part.once_ready()

    def failure(self, what: str) -> SetupError:
        """The sentence for a part that did not come up or keeps dying."""
        explained = self.explanation()
        if explained is not None:
            return explained
        last = next((line.strip() for line in reversed(self.said().splitlines()) if line.strip()), "")
        shown = f" ({last[:SHOWN_OF_LINE]})" if last else ""
        return SetupError(f"{self.part.name} {what}{shown}: see {self.part.log}.")

    def explanation(self) -> SetupError | None:
        """What the log tells about the end of the process, where the part knows how to read it."""
        return self.part.explain(self.said())

    def said(self) -> str:
        """The end of what the process wrote to its log since its start."""
        try:
            with self.part.log.open("rb") as log:
                log.seek(max(self.log_start, self.part.log.stat().st_size - SHOWN_OF_LOG))
                return log.read(SHOWN_OF_LOG).decode(errors="replace")
        except OSError:
            return ""

    def ask_to_stop(self) -> None:
        """Send the part's own stop signal."""
        self.mark.send(self.part.stop_signal)

    def kill(self) -> None:
        """End the process without asking."""
        self.mark.send(signal.SIGKILL)

    def stop(self, hurried: Callable[[], bool] = lambda: False) -> None:
        """Stop the process: ask, wait for `stop_seconds` or until `hurried`, then kill. Forgets its pid file."""
        self.ask_to_stop()
        until = time.monotonic() + self.part.stop_seconds
        while self.is_alive() and time.monotonic() < until and not hurried():
            time.sleep(0.02)
        if self.is_alive():
            self.kill()
            self.mark.wait(5.0)
        if self.process is not None:
            self.process.poll()
        self.part.pid_file.unlink(missing_ok=True)


def keep_log_small(log: Path) -> None:
    """Move a log beyond 20 MB aside and empty it in place, since its process keeps the file open (it appends)."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.with_suffix(".1.log").write_bytes(log.read_bytes())
        with log.open("r+b") as kept:
            kept.truncate(0)
