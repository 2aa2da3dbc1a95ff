"""The embedded Temporal server with its Web UI: the official development server on one SQLite file."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app.embedded.home import Home, folder_error
from app.embedded.part import Part
from app.settings import Settings
from domain.errors import SetupError

ADDRESS = "127.0.0.1"
RETENTION_DAYS = 30
SEARCH_ATTRIBUTES = {
    "HoldpointStore": "Keyword",
    "HoldpointIntent": "Keyword",
    "HoldpointTier": "Int",
    "HoldpointLanguage": "Keyword",
    "HoldpointStatus": "Keyword",
}


def temporal_binary(settings: Settings) -> str:
    """Path of the `temporal` program: the setting, else the virtual environment's, else the one on the PATH.

    Raises SetupError when there is none.
    """
    if settings.temporal_binary is not None:
        if shutil.which(settings.temporal_binary) is None:
            raise SetupError(
                f"HOLDPOINT_TEMPORAL_BINARY names {settings.temporal_binary}, which is no program: correct it."
            )
        return str(settings.temporal_binary)
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.is_file() else shutil.which("temporal")
    if found is None:
        raise SetupError(
            "The program `temporal` is missing: run `make setup`, or set HOLDPOINT_TEMPORAL_BINARY to one, or "
            "HOLDPOINT_TEMPORAL_ADDRESS to a server that runs elsewhere."
        )
    return found


def temporal_part(settings: Settings) -> Part:
    """The part that runs the server of this home. Raises SetupError when the program is missing."""
    home = Home(settings.home)
    return Part(
        name="temporal",
        command=_command(settings, home),
        log=home.log("temporal"),
        pid_file=home.pid_file("temporal"),
        environment=_environment(home),
        folder=home.temporal,
        address=settings.temporal_target,
        ready=lambda: is_ready(settings),
        once_ready=lambda: configure(settings),
        explain=lambda said: _explain(said, home),
    )


def _command(settings: Settings, home: Home) -> tuple[str, ...]:
    # Without transferProcessorMaxPollRPS every task waits 30-40 ms for the development server's single shard.
    words = [temporal_binary(settings), "server", "start-dev", "--ip", ADDRESS, "--port", str(settings.temporal_port)]
    words += ["--ui-port", str(settings.temporal_ui_port), "--ui-disable-news-fetch"]
    words += ["--db-filename", str(home.temporal / "temporal.db"), "--log-level", "error"]
    words += ["--sqlite-pragma", "journal_mode=WAL"]
    words += ["--sqlite-pragma", f"synchronous={settings.temporal_synchronous}"]
    words += ["--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000"]
    if settings.temporal_namespace != "default":
        words += ["--namespace", settings.temporal_namespace]
    for name, kind in SEARCH_ATTRIBUTES.items():
        words += ["--search-attribute", f"{name}={kind}"]
    return (*words, "--disable-config-file", "--disable-config-env")


def _environment(home: Home) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(home.temporal), "TZ": "UTC"}


def is_ready(settings: Settings) -> bool:
    """Whether the server serves, by its own health check."""
    try:
        socket.create_connection((ADDRESS, settings.temporal_port), timeout=1).close()
    except OSError:
        return False
    asked = _ask(settings, ["operator", "cluster", "health"])
    return asked.returncode == 0 and "SERVING" in asked.stdout


def configure(settings: Settings) -> None:
    """Keep closed runs for 30 days (once), and register the search attributes that an older file lacks.

    Raises SetupError when the server refuses.
    """
    home = Home(settings.home)
    once = home.temporal / f"retention-{settings.temporal_namespace}"
    if not once.exists():
        # The server's default is one day. Set once only: an operator may change it later.
        _told(settings, ["operator", "namespace", "update", "--retention", f"{RETENTION_DAYS}d"])
        try:
            once.touch()
        except OSError as error:
            raise folder_error(error, once) from error
    pairs = [word for name, kind in SEARCH_ATTRIBUTES.items() for word in ("--name", name, "--type", kind)]
    _told(settings, ["operator", "search-attribute", "create", *pairs])


def _told(settings: Settings, words: Sequence[str]) -> None:
    asked = _ask(settings, words)
    if asked.returncode != 0:
        said = (asked.stderr.strip() or asked.stdout.strip()).splitlines()[-1:] or ["it said nothing"]
        raise SetupError(f"Temporal refused `{' '.join(words[:3])}`: {said[0]}")


def _ask(settings: Settings, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # The server's own client, since loading the SDK into a process that spawns others would cost memory and threads.
    target = ["--address", f"{ADDRESS}:{settings.temporal_port}", "--namespace", settings.temporal_namespace]
    command = [temporal_binary(settings), *words, *target, "--disable-config-file", "--disable-config-env"]
    command += ["--command-timeout", "10s"]
    return subprocess.run(  # noqa: S603  fixed commands
        command,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        env=_environment(Home(settings.home)),
        start_new_session=True,
    )


def _explain(said: str, home: Home) -> SetupError | None:
    if "no space left" in said.lower() or "disk is full" in said:
        return SetupError(f"No space is left for {home.temporal}: free some or set HOLDPOINT_HOME to another folder.")
    if "not a database" in said or "malformed" in said:
        return SetupError(
            f"{home.temporal / 'temporal.db'} is damaged: restore it from a backup, or move it away and start with an "
            "empty Temporal (the records in PostgreSQL stay)."
        )
    if "readonly database" in said or "unable to open database file" in said or "permission denied" in said.lower():
        return SetupError(f"Temporal cannot write {home.temporal}: correct its owner and permissions.")
    return None
