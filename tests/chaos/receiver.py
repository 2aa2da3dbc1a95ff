"""The helpdesk of a store: a real HTTP server that counts what it takes, and now and then forgets to say so."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Receiver:
    """Keeps every POST that it took, in order, and never refuses a key it knows: a second one would count twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self.taken: list[tuple[str, str]] = []
        """Key and text of each POST that was taken."""
        self.lost = 0
        """So many were taken and answered 500 all the same."""
        self.away = 0
        """So many were not taken and answered 503."""
        self.lookups = 0
        self.url = ""

    def post(self, key: str, body: dict[str, Any]) -> int:
        """Takes a reply, mostly; the status to answer with."""
        with self._lock:
            draw = self._chance.random()
            if draw < 0.1:
                self.away += 1
                return 503
            self.taken.append((key, str(body["text"])))
            if draw < 0.3:
                self.lost += 1
                return 500
            return 200

    def look_up(self, key: str) -> int:
        """Whether it has a reply."""
        with self._lock:
            self.lookups += 1
            return 200 if any(taken == key for taken, _ in self.taken) else 404


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Whoever asked was killed meanwhile."""


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """Serves on a free port of this machine; the address is in `receiver.url`."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, key: str) -> None:
            answer = json.dumps({"id": f"r-{key}"} if status == 200 else {}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_POST(self) -> None:
            data = self.rfile.read(length := int(self.headers["content-length"]))
            key = str(self.headers["idempotency-key"])
            if len(data) == length:  # else its sender was killed in the middle of it
                self._answer(receiver.post(key, json.loads(data)), key)

        def do_GET(self) -> None:
            key = parse_qs(urlsplit(self.path).query)["idempotency_key"][0]
            self._answer(receiver.look_up(key), key)

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
