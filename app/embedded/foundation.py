"""The two servers that everything else needs, without web and worker: for tests and measurements."""

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from app.database import migrate
from app.embedded.home import Home
from app.embedded.part import Child, Part
from app.embedded.postgres import postgres_part
from app.embedded.temporal import temporal_part
from app.embedded.urls import EmbeddedUrls, database_urls
from app.settings import Settings


def server_parts(settings: Settings, say: Callable[[str], None]) -> list[Part]:
    """The embedded servers that these settings ask for: none for what an external URL replaces."""
    temporal = [temporal_part(settings)] if settings.temporal_address is None else []
    # Last, because it makes the cluster: a program that is missing should be found before.
    postgres = [postgres_part(settings, say)] if settings.database_url is None else []
    return postgres + temporal


@contextmanager
def foundation(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Iterator[EmbeddedUrls]:
    """Run the embedded servers of `settings` while the block runs, with the schema migrated; nothing restarts them.

    They die with this process. Raises SetupError when one does not come up.
    """
    Home(settings.home).prepare()
    with ExitStack() as stack:
        children = []
        for part in server_parts(settings, say):
            child = Child.start(part)
            stack.callback(child.stop)
            children.append(child)
        for child in children:
            child.wait_ready()
        urls = database_urls(settings)
        migrate(urls.owner)
        yield urls


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on right now.

    Below those that the system hands out by itself: a server that takes some of these while it starts, as Temporal
    does, could otherwise take the very one that we have just chosen.
    """
    while True:
        port = secrets.randbelow(20_000) + 10_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
