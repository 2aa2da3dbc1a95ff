"""Which account PostgreSQL runs as. It refuses root, so under root it gets an account of its own, with a way to its
files.

Under any other account it simply runs as that one.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from app.embedded.home import folder_error
from app.embedded.processes import SystemUser
from domain.errors import SetupError

ACCOUNT = "holdpoint"
LAST_RESORT = "nobody"


def postgres_account(cluster: Path, say: Callable[[str], None], *, create: bool = True) -> SystemUser | None:
    """The account to switch to, or None to stay as we are. With `create` it is made when it does not exist.

    Raises SetupError when an existing cluster belongs to somebody else, or no account is to be had.
    """
    owner = cluster.stat().st_uid if cluster.is_dir() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise SetupError(
                f"{cluster} belongs to {_name(owner)}, not to {_name(os.geteuid())}: run Holdpoint as that user, "
                "correct the owner with chown -R, or set HOLDPOINT_HOME to another folder."
            )
        return None
    if owner:
        return _account_of(cluster, owner)
    return _find(ACCOUNT) or (_create(say) if create else None) or _find(LAST_RESORT) or _give_up()


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid).pw_name if uid is not None else "nobody"
    except KeyError:
        return f"uid {uid}"


def _account_of(cluster: Path, uid: int) -> SystemUser:
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        raise SetupError(
            f"{cluster} belongs to uid {uid}, which has no name on this machine: create that user, or give the "
            "folder to one that exists with chown -R."
        ) from None
    return SystemUser(found.pw_name, found.pw_uid, found.pw_gid)


def _find(name: str) -> SystemUser | None:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return SystemUser(found.pw_name, found.pw_uid, found.pw_gid)


def _create(say: Callable[[str], None]) -> SystemUser | None:
    tool = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if tool is None:
        return None
    options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    made = subprocess.run([tool, *options, ACCOUNT], check=False, capture_output=True)  # noqa: S603  fixed command
    found = _find(ACCOUNT)
    if made.returncode == 0 and found is not None:
        say(f"PostgreSQL refuses to run as root: created the system user {ACCOUNT} for it.")
    return found


def _give_up() -> SystemUser:
    raise SetupError(
        f"PostgreSQL refuses to run as root and no other user could be made: create a system user called {ACCOUNT}, "
        "run Holdpoint as an ordinary user, or set HOLDPOINT_DATABASE_URL."
    )


def open_way(paths: Iterable[Path], account: SystemUser, say: Callable[[str], None]) -> None:
    """Let the account pass through the folders above `paths`, adding no more than the right to pass (not to list)."""
    opened = []
    for path in paths:
        for folder in reversed(path.parents):
            if not _may(folder, account, search=True):
                _allow(folder, stat.S_IXOTH)
                opened.append(str(folder))
    if opened:
        say(f"So that PostgreSQL reaches its files, let the user {account.name} pass (chmod o+x): {', '.join(opened)}")


def open_tree(root: Path, account: SystemUser) -> None:
    """Let the account read everything below `root`: needed where a strict umask installed the packages."""
    for path in (root, *root.rglob("*")):
        is_open = _may(path, account, search=path.is_dir() or bool(path.stat().st_mode & stat.S_IXUSR), read=True)
        if not is_open:
            passing = stat.S_IXOTH if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0
            _allow(path, stat.S_IROTH | passing)


def _may(path: Path, account: SystemUser, *, search: bool = False, read: bool = False) -> bool:
    facts = path.stat()
    wanted = (1 if search else 0) | (4 if read else 0)
    shift = 6 if facts.st_uid == account.uid else 3 if facts.st_gid == account.gid else 0
    return (facts.st_mode >> shift) & wanted == wanted


def _allow(path: Path, bits: int) -> None:
    try:
        path.chmod(path.stat().st_mode | bits)
    except OSError as error:
        raise folder_error(error, path) from error
