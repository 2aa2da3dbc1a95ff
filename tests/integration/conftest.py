"""Fixtures of the tests with real servers."""

import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.cli.main import run
from app.embedded.cluster import servers_on
from app.embedded.home import Home
from app.embedded.processes import ProcessMark
from app.embedded.stack import end_leftovers
from retrieval.database import Database
from tests.conftest import Stack
from tests.integration.audit_world import AuditWorld
from tests.integration.knowledge_world import KnowledgeWorld


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder under a short path, so that its socket lies inside; whatever runs in it is ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hp-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder / "home"
    if (folder / "home" / "run").is_dir():
        up = ProcessMark.read(folder / "home" / "run" / "up.lock")
        if up is not None:
            up.end(signal.SIGKILL)
        end_leftovers(Home(folder / "home"), lambda _: None)
    for mark in servers_on(folder / "home" / "postgres"):
        mark.end(signal.SIGKILL)
    shutil.rmtree(folder)


@pytest.fixture
async def shop(stack: Stack, tmp_path: Path) -> AsyncIterator[KnowledgeWorld]:
    """A new store without any knowledge."""
    database = Database(stack.app_url)
    await database.open()
    store = f"k{uuid4().hex[:12]}"
    async with database.across_stores() as connection:
        await connection.execute("INSERT INTO stores (store, name) VALUES (%s, 'Test')", (store,))
    yield KnowledgeWorld(database, store, tmp_path)
    await database.close()


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[Database]:
    """The shared database, under the application's role."""
    database = Database(stack.app_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def audited(database: Database) -> AuditWorld:
    """A certified store of which every draft and every automatic reply is drawn."""
    return await AuditWorld(database).open()


Command = Callable[..., tuple[int, str, str]]
"""Runs a command over the stack's database: exit code, standard output, standard error."""


@pytest.fixture
def command(stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("HOLDPOINT_DATABASE_URL", stack.owner_url)
    monkeypatch.setenv("HOLDPOINT_APP_DATABASE_URL", stack.app_url)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
