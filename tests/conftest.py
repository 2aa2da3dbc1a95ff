"""Fixtures that every kind of test may use."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.embedded.foundation import foundation, free_port
from app.settings import Settings
from domain.errors import SetupError


@dataclass(frozen=True)
class Stack:
    """Real embedded servers for tests: PostgreSQL with the schema migrated and no data, and Temporal."""

    settings: Settings
    """Complete settings of this stack; `settings.model_copy(update=...)` varies them."""
    owner_url: str
    app_url: str
    temporal_address: str


def settings_for(home: Path) -> Settings:
    """Settings of a stack in `home` on free ports, whatever the environment of the test run says."""
    chosen = {name: field.get_default() for name, field in Settings.model_fields.items()}
    ports = {name: free_port() for name in ("port", "temporal_port", "temporal_ui_port", "metrics_port")}
    return Settings.model_validate(chosen | ports | {"home": home})


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One PostgreSQL and one Temporal for the whole test run. Tests share them: use a store of your own."""
    home = Path(tempfile.mkdtemp(prefix="hp-", dir="/tmp"))
    home.chmod(0o711)
    try:
        with ExitStack() as running:
            yield _start(running, home / "home")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _start(running: ExitStack, home: Path, attempts: int = 3) -> Stack:
    settings = settings_for(home)
    try:
        urls = running.enter_context(foundation(settings))
    except SetupError:  # most likely another process took one of the ports between choosing and using it
        if attempts == 1:
            raise
        return _start(running, home, attempts - 1)
    return Stack(settings, urls.owner, urls.app, settings.temporal_target)
