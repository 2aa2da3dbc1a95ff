"""The web process and the commands that talk to it, each as a process of its own, over real servers."""

import asyncio
import json
import os
import secrets
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.access import check_password, find_key
from app.demo_access import ensure_demo_access
from app.embedded.foundation import free_port
from app.secret_files import read_secrets, write_secrets
from app.temporal_worker import build_worker
from app.web import listen
from domain.errors import NotAuthenticated, SetupError
from domain.findings import Finding
from domain.identifiers import TASK_QUEUE
from graphs.fakes import FakeSteps
from retrieval.database import Database
from tests.conftest import Stack
from tests.desk_fixtures import Shop, a_shop

CHECKOUT = Path(__file__).parents[2]
FINDING = Finding(check="ungrounded_value", on="reply", excerpt="9", why="No source says 9.")


class Running:
    """A web process and a worker over scripted steps for one store."""

    def __init__(self, shop: Shop, environment: dict[str, str], port: int, process: subprocess.Popen[bytes]) -> None:
        self.shop, self.environment, self.process = shop, environment, process
        self.url = f"http://127.0.0.1:{port}"

    async def holdpoint(self, *words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Runs one command of ours to its end."""
        command = [sys.executable, "-m", "app.cli.main", *words]
        return await asyncio.to_thread(
            subprocess.run,
            command,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            input=typed,
            timeout=60,
            check=False,
        )

    async def json(self, *words: str) -> Any:
        """What a command prints with --json."""
        done = await self.holdpoint(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
async def running(stack: Stack, tmp_path: Path) -> AsyncIterator[Running]:
    steps = FakeSteps(send=False, edit_findings=(FINDING,))
    async with a_shop(stack.settings, stack.app_url) as shop:
        port = free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")},
            "PYTHONPATH": str(CHECKOUT),
            "HOLDPOINT_HOME": str(tmp_path / "home"),
            "HOLDPOINT_DATABASE_URL": stack.owner_url,
            "HOLDPOINT_APP_DATABASE_URL": stack.app_url,
            "HOLDPOINT_TEMPORAL_ADDRESS": stack.temporal_address,
            "HOLDPOINT_PORT": str(port),
            "HOLDPOINT_DEFAULT_STORE": shop.store,
        }
        process = subprocess.Popen([sys.executable, "-m", "app.cli.main", "web"], env=environment)
        try:
            async with (
                build_worker(shop.client, shop.activities(steps), task_queue=TASK_QUEUE),
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
            ):
                await _ready(client)
                yield Running(shop, environment, port, process)
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 15) == 0


async def _ready(client: httpx.AsyncClient) -> None:
    for _ in range(200):
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("the web process did not become ready")


async def test_a_question_is_asked_reviewed_and_answered_from_the_terminal(running: Running) -> None:
    query = await running.json("ask", "How long does shipping take?", "--email", "ana@example.com", "--language", "en")
    assert (query["status"], query["customer"]["verified"]) == ("waiting_review", True)
    (item,) = await running.json("review", "list")
    assert item["query_id"] == query["query_id"]
    shown = await running.holdpoint("review", "show", query["query_id"])
    assert "Draft 1." in shown.stdout
    refused = await running.holdpoint("review", "edit", query["query_id"], "--text", "9 euros")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "No source says 9." in refused.stderr
    decided = await running.json("review", "approve", query["query_id"])
    assert decided["disposition"] == "sent_after_review"
    ended = await running.json("review", "show", query["query_id"])
    assert ended["decisions"][-1]["decision"]["agent"].startswith("cli:")
    assert ended["decisions"][-1]["decision"]["via"] == "cli"
    again = await running.holdpoint("review", "approve", query["query_id"])
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)


async def test_a_query_is_taken_over_and_answered_with_words_from_standard_input(running: Running) -> None:
    query = await running.json("ask", "Hello")
    assert (await running.json("review", "take-over", query["query_id"]))["status"] == "waiting_agent"
    done = await running.holdpoint("review", "reply", query["query_id"], "--file", "-", typed="Grüße, Ana\n")
    assert done.returncode == 0, done.stderr
    assert (await running.json("review", "show", query["query_id"]))["reply"] == "Grüße, Ana"


async def test_wrong_use_is_one_sentence_that_says_what_to_do(running: Running) -> None:
    for words, code in (
        (("review", "show", "nope!"), 2),
        (("review", "show", "0" * 32), 1),
        (("review", "reply", "0" * 32), 2),
        (("review", "reply", "0" * 32, "--file", "/nonexistent"), 2),
        (("ask", ""), 1),
        (("ask", "Hi", "--email", "nobody"), 1),
        (("ask", "Hi", "--store", "nope"), 1),
        (("ask", "x" * 20_001), 1),
        (("key", "create", "--store", "nope", "--scope", "agent"), 1),
        (("agent", "add", " "), 1),
    ):
        done = await running.holdpoint(*words)
        assert (done.returncode, done.stdout) == (code, ""), (words, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.strip().count("\n") == 0, done.stderr


async def test_without_a_stack_the_commands_say_how_to_start_it(running: Running) -> None:
    done = await running.holdpoint("ask", "Hi", HOLDPOINT_PORT=str(free_port()))
    assert done.returncode == 1
    assert "holdpoint up" in done.stderr


async def test_keys_of_the_terminal_are_kept_for_their_owner_and_made_again_when_revoked(running: Running) -> None:
    await running.json("review", "list")
    (file,) = (Path(running.environment["HOLDPOINT_HOME"]) / "run").glob("keys-*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (key,) = read_secrets(file).values()
    holder = await find_key(running.shop.database, key)
    assert (await running.holdpoint("key", "revoke", holder.key_id)).returncode == 0
    assert await running.json("review", "list") == []
    assert read_secrets(file) != {f"{running.shop.store}/agent": key}
    file.write_text("not json")
    assert await running.json("review", "list") == []


async def test_keys_and_agents_are_printed_once(running: Running) -> None:
    made = await running.json("key", "create", "--store", running.shop.store, "--scope", "customer")
    assert made["key"].startswith("hp_customer_")
    name = f"Bo {secrets.token_hex(3)}"
    added = await running.json("agent", "add", name)
    agent = await check_password(running.shop.database, name, added["password"])
    assert agent.must_change_password
    again = await running.json("agent", "reset", name)
    with pytest.raises(NotAuthenticated):
        await check_password(running.shop.database, name, added["password"])
    await check_password(running.shop.database, name, again["password"])


async def test_the_web_process_stops_while_a_client_follows_events(running: Running) -> None:
    made = await running.json("key", "create", "--store", running.shop.store, "--scope", "customer")
    query = await running.json("ask", "Hello")
    headers = {"Authorization": f"Bearer {made['key']}"}
    address = f"{running.url}/v1/queries/{query['query_id']}/events"
    async with httpx.AsyncClient(timeout=20) as client, client.stream("GET", address, headers=headers) as stream:
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith("id: ")
        running.process.send_signal(signal.SIGTERM)
        async for _ in lines:
            pass
    assert await asyncio.to_thread(running.process.wait, 10) == 0


async def test_demo_access_stays_the_same_until_it_opens_nothing(stack: Stack, tmp_path: Path) -> None:
    database = Database(stack.app_url)
    await database.open()
    store = f"demo-{secrets.token_hex(4)}"
    async with database.across_stores() as connection:
        await connection.execute("INSERT INTO stores (store, name) VALUES (%s, 'Demo')", (store,))
    made = await ensure_demo_access(database, store, tmp_path)
    assert await ensure_demo_access(database, store, tmp_path) == made
    assert stat.S_IMODE((tmp_path / "demo-keys.json").stat().st_mode) == 0o600
    write_secrets(tmp_path / "demo-keys.json", {"store": store})
    fresh = await ensure_demo_access(database, store, tmp_path)
    assert fresh.customer_key != made.customer_key
    assert not (await check_password(database, fresh.agent_name, fresh.agent_password)).must_change_password
    await database.close()


def test_an_address_in_use_is_one_sentence() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(SetupError, match="HOLDPOINT_PORT"):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(SetupError):
        listen("no.such.host.invalid", 1)
