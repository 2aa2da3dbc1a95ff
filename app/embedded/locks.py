"""Who may do what in one data folder: one `up` at a time, one start of PostgreSQL at a time, and who still uses it.

The locks are the kernel's, so they end with their process however it dies; the files themselves may stay.
"""

import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.home import Home, folder_error
from app.embedded.processes import ProcessMark
from domain.errors import SetupError

_PATIENCE = 120.0
_WITHOUT_LOCKS = {errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS}


class FileLock:
    """An advisory lock on a file, shared or exclusive. Two objects exclude each other within one process too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self, *, shared: bool = False, seconds: float = 0.0) -> bool:
        """Take the lock, trying for `seconds`; whether it was had. Raises SetupError when the file cannot be used.

        On a file system without locks it is granted: what is noted in the files has to do there.
        """
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise folder_error(error, self._path) from error
        until = time.monotonic() + seconds
        while not _try(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if time.monotonic() >= until:
                os.close(handle)
                return False
            time.sleep(0.05)
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        return error.errno in _WITHOUT_LOCKS
    return True


def up_file(home: Home) -> Path:
    """The lock file of `up`, in which it notes its process."""
    return home.run / "up.lock"


def running_up(home: Home) -> ProcessMark | None:
    """The process of the `up` that runs in this home, or None. A file left by one that died does not count."""
    mark = ProcessMark.read(up_file(home))
    return mark if mark is not None and mark.is_alive() else None


@contextmanager
def up_lock(home: Home) -> Iterator[None]:
    """Be the only `up` of this home. Raises SetupError when another one runs."""
    lock = FileLock(up_file(home))
    mine = ProcessMark.own()
    other = running_up(home)
    if (other is not None and other != mine) or not lock.take(seconds=1.0):
        named = f" (pid {other.pid})" if other is not None else ""
        raise SetupError(
            f"Holdpoint already runs in {home.root}{named}: stop it with `holdpoint down`, or set HOLDPOINT_HOME "
            "and the ports to run a second one."
        )
    try:
        _note(up_file(home), mine)
        yield
    finally:
        lock.release()


def _note(path: Path, mark: ProcessMark) -> None:
    # Written in place: replacing the file would leave the lock on the old one.
    try:
        path.write_text(json.dumps({"pid": mark.pid, "start": mark.start}), encoding="utf-8")
    except OSError as error:
        raise folder_error(error, path) from error


@contextmanager
def starting_postgres(home: Home, say: Callable[[str], None]) -> Iterator[None]:
    """Be the only process that starts or stops this home's PostgreSQL. Raises SetupError after two minutes."""
    lock = FileLock(home.run / "postgres.lock")
    if not lock.take(seconds=2.0):
        say("Waiting for another command that is starting the database …")
        if not lock.take(seconds=_PATIENCE):
            raise SetupError(f"Another command has been starting the database in {home.root} for two minutes: end it.")
    try:
        yield
    finally:
        lock.release()


def users_lock(home: Home) -> FileLock:
    """Held shared by every command that uses the database without `up`; exclusive means that nobody does."""
    return FileLock(home.run / "postgres.users")


def has_users(home: Home) -> bool:
    """Whether a command uses the database right now. Ask while `starting_postgres` is held."""
    lock = users_lock(home)
    free = lock.take()
    lock.release()
    return not free
