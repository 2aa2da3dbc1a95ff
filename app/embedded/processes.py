"""Processes by pid and start, so that a pid used again is never taken for the process it once was."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.embedded.home import read_json, write_json

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class ProcessMark:
    """One process, for ever: its pid and a mark of its start that no other process shares."""

    pid: int
    start: str

    @classmethod
    def of(cls, pid: int) -> "ProcessMark | None":
        """The mark of a running process; None when there is none (a zombie counts as none)."""
        start = _start_of(pid)
        return None if start is None else cls(pid, start)

    @classmethod
    def own(cls) -> "ProcessMark":
        """The mark of this process."""
        return cls(os.getpid(), _start_of(os.getpid()) or "unknown")

    @classmethod
    def read(cls, path: Path) -> "ProcessMark | None":
        """The mark that `write` left in a file; None when the file is missing or not one of ours."""
        noted = read_json(path)
        try:
            return cls(int(noted["pid"]), str(noted["start"]))
        except (TypeError, KeyError, ValueError):
            return None

    def write(self, path: Path) -> None:
        """Note this process in a file."""
        write_json(path, {"pid": self.pid, "start": self.start})

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return _start_of(self.pid) == self.start

    def send(self, number: int) -> None:
        """Send a signal, if the process is still this one."""
        if self.is_alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended, or ends within the time."""
        until = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        return True

    def end(self, number: int = signal.SIGTERM, seconds: float = 8.0) -> None:
        """Ask the process to end, and kill it after the time."""
        self.send(number)
        if not self.wait(seconds):
            self.send(signal.SIGKILL)
            self.wait(5.0)


def _start_of(pid: int) -> str | None:
    if sys.platform != "linux":
        try:
            process = psutil.Process(pid)
            return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
        except psutil.Error:
            return None
    # Ticks since boot never change for a process; a wall-clock start would move when the clock is set.
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else f"{boot}:{fields[19]}"


@dataclass(frozen=True)
class SystemUser:
    """The operating-system account that a process runs as."""

    name: str
    uid: int
    gid: int


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path | None = None,
    user: SystemUser | None = None,
    dies_with_parent: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C in the terminal reaches only us. Output goes to `log`.

    It runs in `folder`, by default the current one.

    `dies_with_parent` is the signal it receives when this process is gone, even by kill -9 (Linux only; elsewhere the
    pid files let the next start end it). It is bound to the calling thread: spawn from one that lives as long.
    """
    on_start = None if dies_with_parent is None or _LIBC is None else _bind_to_parent(dies_with_parent)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  fixed commands of our own
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=on_start,  # noqa: PLW1509  one system call; it comes after the change of user, which would undo it
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )


def _bind_to_parent(number: int) -> Callable[[], None]:
    parent = os.getpid()

    def bind() -> None:
        assert _LIBC is not None  # noqa: S101  checked by the caller
        _LIBC.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it died between the fork and the call above
            os._exit(1)

    return bind
