"""The whole product as its users run it, `holdpoint up --demo` in a folder of its own, for the benchmarks."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.settings import CHECKOUT, Settings, child_environment
from tests.bench.engine import ports_of
from tests.conftest import settings_for

START_SECONDS = 180
RESTED = frozenset({"sent", "closed", "waiting_review", "waiting_agent", "failed"})


@dataclass
class Running:
    """A running stack. `http` carries the agent's key."""

    settings: Settings
    http: httpx.AsyncClient
    keys: dict[str, str]

    async def post(self, text: str) -> str:
        """Hands a message in; the query's id once it is stored."""
        new = {"store": "demo", "channel": "bench", "message_id": uuid.uuid4().hex, "text": text}
        answer = await self.http.post("/v1/queries", json=new)
        answer.raise_for_status()
        found: str = answer.json()["query_id"]
        return found

    async def answer(self, text: str) -> str:
        """From the message to the reply, as a customer's page sees it: the last status that was streamed."""
        query_id = await self.post(text)
        status = ""
        async with self.http.stream("GET", f"/v1/queries/{query_id}/events", timeout=60) as events:
            async for line in events.aiter_lines():
                found = re.search(r'"status": "(\w+)"', line)
                status = found.group(1) if found else status
                if status in RESTED:
                    return status
        return status

    def pids(self, part: str) -> list[int]:
        """Process ids of a part, from `holdpoint status`."""
        return [each["pid"] for each in self.report()["parts"] if each["name"].startswith(part)]

    def report(self) -> dict[str, Any]:
        done = subprocess.run(
            command("status", "--json"), env=environment(self.settings), capture_output=True, text=True, check=False
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app.cli.main", *words]


def environment(settings: Settings) -> dict[str, str]:
    return child_environment(
        settings, {"PYTHONPATH": str(CHECKOUT), **ports_of(settings), "HOLDPOINT_RESTART_LIMIT": "0"}
    )


@asynccontextmanager
async def a_running_stack() -> AsyncIterator[Running]:
    """Started from nothing, with the demo store loaded; stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="hp-") as folder:
        Path(folder).chmod(0o711)
        settings = settings_for(Path(folder) / "home")
        log = Path(folder) / "up.log"
        with log.open("wb") as output:
            up = subprocess.Popen(command("up", "--demo"), env=environment(settings), stdout=output, stderr=output)
        try:
            keys = await _keys(up, log)
            headers = {"authorization": f"Bearer {keys['agent']}"}
            limits = httpx.Limits(max_connections=200)
            async with httpx.AsyncClient(
                base_url=settings.web_url, headers=headers, limits=limits, timeout=30
            ) as client:
                yield Running(settings, client, keys)
        except Exception:
            keep_logs(settings)
            raise
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(40)


def keep_logs(settings: Settings) -> None:
    """Shows the last words of each part before the folder goes."""
    for log in sorted((settings.home / "logs").glob("*.log")):
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        sys.stderr.write(f"--- {log.name}\n" + "\n".join(last) + "\n")


async def _keys(up: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and up.poll() is None:
        said = log.read_text(encoding="utf-8")
        if "Ctrl-C stops" in said:
            return dict(re.findall(r"(customer|agent|verify) key:\s+(hp_\S+)", said))
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the stack did not start:\n{log.read_text(encoding='utf-8')}")
