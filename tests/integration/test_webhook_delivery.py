"""Replies that leave through a store's webhook: a real HTTP receiver that misbehaves on demand."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks.webhooks import Webhook

from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.desk_fixtures import a_shop

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """Takes replies once a key. `script` is what it does to each POST in turn: `ok`, `lost` (takes it, answers 500),
    `away` (503) or `no` (400); after the script `ok`."""

    def __init__(self, *script: str, looks_up: bool = True) -> None:
        self.script, self.looks_up = list(script), looks_up
        self.taken: dict[str, dict[str, Any]] = {}
        self.posts: list[dict[str, str]] = []
        self.lookups: list[str] = []
        self.url = ""

    def post(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        found = Webhook(SECRET).verify(body, headers)
        self.posts.append(headers)
        act = self.script.pop(0) if self.script else "ok"
        if act in ("ok", "lost"):
            self.taken.setdefault(headers["idempotency-key"], found)
        return {"ok": 200, "lost": 500, "away": 503, "no": 400}[act], {"id": f"r-{len(self.taken)}"}

    def look_up(self, headers: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
        Webhook(SECRET).verify(b"", headers, json_parse=False)
        self.lookups.append(key)
        if not self.looks_up:
            return 405, {}
        return (200, {"id": "r-found"}) if key in self.taken else (404, {})


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self._answer(*receiver.post({k.lower(): v for k, v in self.headers.items()}, body))

        def do_GET(self) -> None:
            key = parse_qs(urlsplit(self.path).query)["idempotency_key"][0]
            self._answer(*receiver.look_up({k.lower(): v for k, v in self.headers.items()}, key))

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_reply_reaches_the_receiver_signed_and_under_its_key(stack: Stack) -> None:
    with receiving(Receiver()) as receiver:
        async with a_shop(stack.settings, stack.app_url, webhook_url=receiver.url) as shop:
            asked = await shop.ask()
            await asked.until("sent")
            (key,) = receiver.taken
            assert key == f"{asked.given.query_id}/reply/1"
            assert receiver.taken[key]["text"] == "Draft 1."
            assert receiver.posts[0]["webhook-id"] == key
            assert [role for role, _ in await asked.messages()] == ["customer", "assistant"]


async def test_a_reply_that_was_taken_but_not_acknowledged_is_looked_up_and_not_sent_again(stack: Stack) -> None:
    with receiving(Receiver("lost")) as receiver:
        async with a_shop(stack.settings, stack.app_url, webhook_url=receiver.url) as shop:
            asked = await shop.ask()
            await asked.until("sent")
            assert (len(receiver.posts), len(receiver.lookups)) == (1, 1)
            rows = await shop.rows("SELECT status, external_id FROM outbox")
            assert rows == [{"status": "delivered", "external_id": "r-found"}]


async def test_a_receiver_without_look_up_gets_the_same_key_again(stack: Stack) -> None:
    with receiving(Receiver("lost", "away", looks_up=False)) as receiver:
        async with a_shop(stack.settings, stack.app_url, webhook_url=receiver.url) as shop:
            asked = await shop.ask()
            await asked.until("sent")
            assert len(receiver.posts) == 3
            assert len({post["idempotency-key"] for post in receiver.posts}) == 1
            assert len(receiver.taken) == 1


async def test_a_receiver_that_refuses_for_good_leaves_the_query_with_an_agent_who_can_reply_again(
    stack: Stack,
) -> None:
    with receiving(Receiver("no")) as receiver:
        async with a_shop(stack.settings, stack.app_url, FakeSteps(), webhook_url=receiver.url) as shop:
            asked = await shop.ask()
            row = await asked.until("waiting_agent")
            assert row["snapshot"]["reasons"][0]["code"] == "undeliverable"
            await asked.decide("reply", text="By another way.")
            await asked.until("sent")
            assert [entry["text"] for entry in receiver.taken.values()] == ["By another way."]
            rows = await shop.rows("SELECT ordinal, status FROM outbox WHERE purpose = 'reply' ORDER BY ordinal")
            assert rows == [{"ordinal": 1, "status": "failed"}, {"ordinal": 2, "status": "delivered"}]


@pytest.mark.parametrize("named", ["\x00", "a\ud800b", ["r"], "x" * 5_000])
async def test_a_receiver_that_names_its_own_id_strangely_has_the_reply_all_the_same(stack: Stack, named: Any) -> None:
    receiver = Receiver()
    receiver.post = lambda headers, body: (200, {"id": named})  # type: ignore[method-assign]
    with receiving(receiver):
        async with a_shop(stack.settings, stack.app_url, webhook_url=receiver.url) as shop:
            asked = await shop.ask()
            await asked.until("sent")
            assert (await shop.rows("SELECT status FROM outbox")) == [{"status": "delivered"}]


async def test_a_redirect_is_not_followed(stack: Stack) -> None:
    receiver = Receiver()
    receiver.post = lambda headers, body: (307, {})  # type: ignore[method-assign]
    with receiving(receiver):
        async with a_shop(stack.settings, stack.app_url, webhook_url=receiver.url) as shop:
            asked = await shop.ask()
            await asked.until("waiting_agent")
            await asyncio.sleep(0)
            assert not receiver.taken
