"""The data folder: what lies where, and what is said when it cannot be used.

postgres/   the cluster of the embedded PostgreSQL
temporal/   the SQLite file of the embedded Temporal
logs/       one file for each part
run/        locks, pid files and sockets; nothing in it outlives a reboot
"""

import errno
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import SetupError

# The address of a unix socket holds 107 bytes on Linux and 103 on macOS; PostgreSQL adds the file's name.
SOCKET_FILE = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True)
class Home:
    """Paths inside one data folder. Nothing is created before `prepare`."""

    root: Path

    @property
    def postgres(self) -> Path:
        """Folder of the PostgreSQL cluster; exists only when it is complete."""
        return self.root / "postgres"

    @property
    def temporal(self) -> Path:
        """Folder of Temporal's SQLite file."""
        return self.root / "temporal"

    @property
    def logs(self) -> Path:
        """Folder of the logs."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Folder of locks, pid files and the socket."""
        return self.root / "run"

    @property
    def sockets(self) -> Path:
        """Folder of PostgreSQL's socket: in the data folder, or in /tmp where the path would be too long.

        Derived from the path alone, so that every process of the home finds it without asking.
        """
        inside = self.run / "pg"
        if len(os.fsencode(inside / SOCKET_FILE)) <= LONGEST_SOCKET_PATH:
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path("/tmp") / f"holdpoint-{digest}"  # noqa: S108  its owner and mode are checked before use

    def log(self, part: str) -> Path:
        """The log file of a part."""
        return self.logs / f"{part}.log"

    def pid_file(self, part: str) -> Path:
        """Where the process of a part is noted."""
        return self.run / f"{part}.pid"

    def prepare(self) -> None:
        """Create the folders that are missing. Raises SetupError with one sentence when that is impossible."""
        for folder, mode in ((self.root, 0o711), (self.run, 0o711), (self.temporal, 0o700), (self.logs, 0o700)):
            try:
                folder.mkdir(mode=mode, parents=folder == self.root, exist_ok=True)
            except OSError as error:
                raise folder_error(error, folder) from error
            check_folder(folder)


def check_folder(folder: Path) -> None:
    """Raises SetupError when the folder could not be used or made."""
    existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not existing.is_dir():
        raise folder_error(FileExistsError(errno.EEXIST, "not a folder"), existing)
    if not os.access(existing, os.W_OK | os.X_OK):
        raise folder_error(PermissionError(errno.EACCES, "not writable"), existing)


def folder_error(error: OSError, path: Path) -> SetupError:
    """What a person should do about a folder or file that cannot be used."""
    move = "or set HOLDPOINT_HOME to another folder"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return SetupError(f"{path} is not a folder, but Holdpoint keeps its data there: move that file away {move}.")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return SetupError(f"{path} cannot be written by this user: correct its owner and permissions {move}.")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return SetupError(f"No space is left for {path}: free some {move}.")
    if error.errno == errno.EROFS:
        return SetupError(
            f"{path} lies on a read-only file system: set HOLDPOINT_HOME to a folder that can be written."
        )
    return SetupError(f"{path} cannot be used ({error.strerror or error}): correct that {move}.")


def write_json(path: Path, value: Any) -> None:
    """Replace a small file at once, so that a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(value), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise folder_error(error, path) from error


def read_json(path: Path) -> Any:
    """What `write_json` wrote; None when the file is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
