"""The database for commands that work with or without `up`: started for the first of them, stopped with the last."""

import atexit
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from app.database import migrate
from app.embedded.home import Home
from app.embedded.locks import has_users, running_up, starting_postgres, users_lock
from app.embedded.part import Child
from app.embedded.postgres import is_ready, postgres_part
from app.embedded.processes import ProcessMark
from app.embedded.urls import EmbeddedUrls, database_urls
from app.settings import Settings
from domain.errors import SetupError

_FOR_THIS_PROCESS = ExitStack()
_UP_SECONDS = 60.0


def _silent(_text: str) -> None:
    return None


def ensure_postgres(settings: Settings, say: Callable[[str], None] = _silent) -> str:
    """URL of the schema's owner, with the database running and migrated until this process leaves.

    `release_postgres` gives it back earlier. Raises SetupError with one sentence.
    """
    return _FOR_THIS_PROCESS.enter_context(database(settings, say)).owner


@atexit.register
def release_postgres() -> None:
    """Give back what `ensure_postgres` took; the server stops when nobody else uses it. Harmless otherwise."""
    _FOR_THIS_PROCESS.close()


@contextmanager
def database(settings: Settings, say: Callable[[str], None] = _silent) -> Iterator[EmbeddedUrls]:
    """The database, running and migrated while the block runs: the external one, that of `up`, or one of our own.

    Several commands may do this at once. Raises SetupError with one sentence.
    """
    urls = database_urls(settings)
    if settings.database_url is not None:
        migrate(urls.owner)
        yield urls
        return
    home = Home(settings.home)
    home.prepare()
    users = users_lock(home)
    with starting_postgres(home, say):
        users.take(shared=True, seconds=5.0)
        try:
            _serve(settings, home, say)
            migrate(urls.owner)
        except BaseException:
            users.release()
            _leave(home)
            raise
    try:
        yield urls
    finally:
        users.release()
        with starting_postgres(home, say):
            _leave(home)


def _serve(settings: Settings, home: Home, say: Callable[[str], None]) -> None:
    until = time.monotonic() + _UP_SECONDS
    while running_up(home) is not None:  # it may be restarting the server this very moment, or about to leave
        if is_ready(home):
            return
        if time.monotonic() > until:
            raise SetupError("`holdpoint up` runs, but its database does not answer: look at `holdpoint status`.")
        time.sleep(0.1)
    part = postgres_part(settings, say)
    if Child.adopt(part) is not None and is_ready(home):
        part.once_ready()
        return
    child = Child.start(part, bound=False)
    try:
        child.wait_ready()
    except BaseException:
        child.stop()
        raise


def _leave(home: Home) -> None:
    server = ProcessMark.read(home.pid_file("postgres"))
    if server is not None and running_up(home) is None and not has_users(home):
        server.end(signal.SIGINT)
        home.pid_file("postgres").unlink(missing_ok=True)
