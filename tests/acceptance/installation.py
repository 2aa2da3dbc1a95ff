"""A whole installation in a folder of its own, run as its owner runs it: `holdpoint up` and other commands."""

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from app.embedded.home import Home
from app.embedded.processes import ProcessMark
from app.embedded.stack import end_leftovers
from app.settings import CHECKOUT, child_environment
from tests.conftest import settings_for

START_SECONDS = 120.0
STOP_SECONDS = 40.0
WELCOME = "Ctrl-C stops everything."
PORTS = ("port", "temporal_port", "temporal_ui_port", "metrics_port")


class Installation:
    """A data folder with a stack that can be started and stopped. `remove` ends and deletes everything."""

    def __init__(self, *, demo: bool = True, **changes: Any) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hp-", dir="/tmp"))
        self.folder.chmod(0o711)  # PostgreSQL may run as another user, who has to reach its folder
        self.settings = settings_for(self.folder / "home").model_copy(update={"restart_limit": 0, **changes})
        self.demo = demo
        self._up: subprocess.Popen[bytes] | None = None
        self._starts = 0

    @property
    def environment(self) -> dict[str, str]:
        """What every process of this installation is started with."""
        ports = {f"HOLDPOINT_{name.upper()}": str(getattr(self.settings, name)) for name in PORTS}
        more = {"PYTHONPATH": str(CHECKOUT), "HOLDPOINT_RESTART_LIMIT": str(self.settings.restart_limit)}
        return child_environment(self.settings, {**ports, **more})

    @property
    def log(self) -> Path:
        """What the last `up` said."""
        return self.folder / f"up-{self._starts}.log"

    @property
    def keys(self) -> dict[str, str]:
        """The demo store's keys by scope."""
        found = dict(re.findall(r"(customer|agent|verify) key:\s+(hp_\S+)", self.said()))
        if len(found) != 3:
            raise RuntimeError(f"the demo store was not loaded:\n{self.said()}")
        return found

    def start(self) -> None:
        """Runs `up` and returns once everything is ready. Raises RuntimeError with what it said otherwise."""
        self._starts += 1
        words = ["up", "--demo"] if self.demo else ["up"]
        with self.log.open("wb") as output:
            self._up = subprocess.Popen(
                command(*words), env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        until = time.monotonic() + START_SECONDS
        while WELCOME not in self.said():
            if self._up.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the stack did not start:\n{self.said()}")
            time.sleep(0.1)

    def said(self) -> str:
        """All that the last `up` printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Ends `up` as Ctrl-C does, and returns its exit code."""
        if self._up is None:
            return 0
        self._up.send_signal(signal.SIGINT)
        return self._up.wait(STOP_SECONDS)

    def down(self) -> int:
        """Ends the stack by `holdpoint down`, and returns the exit code of `up`."""
        self.run("down")
        assert self._up is not None
        return self._up.wait(STOP_SECONDS)

    def run(self, *words: str, seconds: float = 90.0) -> str:
        """The standard output of a command. Raises RuntimeError with what it said when it fails."""
        done = subprocess.run(
            command(*words), env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"holdpoint {' '.join(words)} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    async def tell(self, *words: str) -> Any:
        """The JSON that a command prints, beside whatever else goes on."""
        return json.loads(await asyncio.to_thread(self.run, *words, "--json"))

    def parts(self) -> dict[str, ProcessMark]:
        """The processes of the parts that run now, as `status` tells, each proven to be a child of our `up`."""
        done = subprocess.run(
            command("status", "--json"), env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        told = json.loads(done.stdout or "{}")
        assert self._up is not None
        if told.get("up_pid") != self._up.pid:
            return {}
        found = {part["name"]: ProcessMark.of(part["pid"]) for part in told["parts"] if part["pid"] is not None}
        return {name: mark for name, mark in found.items() if mark is not None and _parent_of(mark.pid) == self._up.pid}

    def remove(self) -> None:
        """Ends whatever runs here, by its own pid files, and deletes the folder."""
        if self._up is not None and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            try:
                self._up.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._up.kill()
                self._up.wait(5)
        home = Home(self.settings.home)
        if home.run.is_dir():
            end_leftovers(home, lambda _: None)
        shutil.rmtree(self.folder, ignore_errors=True)


def command(*words: str) -> list[str]:
    """The command line of a command of ours."""
    return [sys.executable, "-P", "-m", "app.cli.main", *words]


def _parent_of(pid: int) -> int | None:
    import psutil

    try:
        return psutil.Process(pid).ppid()
    except psutil.NoSuchProcess:
        return None
