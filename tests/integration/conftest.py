"""Fixtures of the tests with real servers."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.cluster import servers_on
from app.embedded.home import Home
from app.embedded.processes import ProcessMark
from app.embedded.stack import end_leftovers


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
