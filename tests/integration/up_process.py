"""`holdpoint up` and other commands as processes of their own, for tests of the embedded stack."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings

CHECKOUT = Path(__file__).parents[2]

# `up` as it is, with two small processes in place of worker and web: what is tested here is what keeps them running.
UP = """
import sys
from app.cli.main import run
from app.embedded import stack
from app.embedded.home import Home
from app.embedded.part import Part

def stand_in(settings, name, script):
    home = Home(settings.home)
    return Part(name=name, command=(sys.executable, "-c", script), log=home.log(name), pid_file=home.pid_file(name),
                environment={}, ready=lambda: True, stop_seconds=2.0)

stack.worker_parts = lambda settings: [stand_in(settings, "worker", sys.argv[1])]
stack.web_part = lambda settings: stand_in(settings, "web", "import time; time.sleep(600)")
sys.exit(run(["up"]))
"""
IDLE = "import time; time.sleep(600)"
DYING = "import time; time.sleep(0.3); raise SystemExit('no luck')"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def environment_of(settings: Settings) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
    ports = ("port", "temporal_port", "temporal_ui_port", "metrics_port", "restart_limit")
    chosen = {f"HOLDPOINT_{name.upper()}": str(getattr(settings, name)) for name in ports}
    return {**bare, **chosen, "HOLDPOINT_HOME": str(settings.home), "PYTHONPATH": str(CHECKOUT)}


def holdpoint(settings: Settings, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command of ours to its end."""
    command = [sys.executable, "-m", "app.cli.main", *words]
    environment = {**environment_of(settings), **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)


@dataclass
class Up:
    """A running `up` and what it has said so far."""

    settings: Settings
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, settings: Settings, worker: str = IDLE) -> "Up":
        process = subprocess.Popen(
            [sys.executable, "-c", UP, worker],
            env=environment_of(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        up = cls(settings, process)
        threading.Thread(target=up._read, daemon=True).start()
        return up

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, text: str, times: int = 1) -> None:
        wait_until(lambda: sum(text in line for line in self.lines) >= times, lambda: f"{text!r} not in {self.lines}")

    def wait_started(self) -> "Up":
        self.wait_for("Ctrl-C stops everything")
        return self

    def end(self, number: int = signal.SIGTERM, seconds: float = 15.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def parts(self) -> dict[str, dict[str, Any]]:
        told = json.loads(holdpoint(self.settings, "status", "--json").stdout)
        return {part["name"]: part for part in told["parts"]}


def wait_until(is_so: Callable[[], bool], complaint: Callable[[], str], seconds: float = 40.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            pytest.fail(complaint())
        time.sleep(0.05)
