"""A Cohere for tests: a real HTTP server that speaks version 2 of `/v2/embed`, `/v2/rerank` and `/v2/chat`.

It checks the key and the request as theirs does, and gives vectors and scores that follow from the words. What it
should do wrong is said in advance, answer by answer.
"""

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

from tests import cohere_chat

KEY = "co-s3cret-K3Y-0123456789abcdef"
EMBED_MODELS: dict[str, tuple[int, ...]] = {
    "embed-v4.0": (256, 512, 1024, 1536),
    "embed-v5.0-fast": (256, 512, 768, 1024, 1536, 2048),
    "embed-multilingual-v3.0": (1024,),
}
RERANK_MODELS = ("rerank-v4.0-pro", "rerank-v4.0-fast", "rerank-v3.5")
INPUT_TYPES = ("search_document", "search_query", "classification", "clustering", "image")
STRETCH = 3.0
"""Length of the vectors: theirs are not promised to be unit vectors either."""

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What one answer does wrong."""

    status: int | None = None
    """Instead of 200, with Cohere's form of an error."""
    headers: tuple[tuple[str, str], ...] = ()
    message: str = "something went wrong"
    body: bytes | None = None
    """Sent as it is."""
    change: Callable[[Body], Any] | None = None
    """Spoils the right answer; it may give another object."""
    cut: bool = False
    """The connection ends in the middle of the body."""
    delay: float = 0.0
    """Seconds before the answer begins."""
    trickle: float = 0.0
    """Seconds between two bytes of the body, so that no single read takes long."""
    endless: bool = False
    """Bytes without end."""
    stall: float = 0.0
    """Seconds of silence in the middle of the body."""

    def __str__(self) -> str:
        wrong = {each.name: getattr(self, each.name) for each in fields(self)}
        return " ".join(f"{name}={value!r}"[:40] for name, value in wrong.items() if value != Fault.__dict__[name])


class Refused(Exception):
    """A request that Cohere would refuse."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Cohere:
    """The server, what it got, and what it will do wrong next."""

    url: str
    requests: list[Body] = field(default_factory=list)
    """Bodies in order, each with its path under `path`."""
    at: list[float] = field(default_factory=list)
    """Monotonic seconds of each request."""
    connections: set[tuple[str, int]] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    chat: cohere_chat.ChatScript = field(default_factory=cohere_chat.ChatScript)
    """What its language models write."""

    def then(self, *faults: Fault) -> None:
        """The next answers do this wrong, one each; those after them are right."""
        self.faults += faults

    def paths(self) -> list[str]:
        return [each["path"] for each in self.requests]


def embed(body: Body) -> Body:
    """The answer to `/v2/embed`. Raises Refused."""
    sizes = EMBED_MODELS.get(body.get("model", ""))
    if sizes is None:
        raise Refused(404, f"model '{body.get('model')}' not found, make sure the correct model ID was used")
    texts = body.get("texts")
    if not isinstance(texts, list) or not texts:
        raise Refused(400, "invalid request: at least one text must be provided")
    if len(texts) > 96:
        raise Refused(400, f"invalid request: total number of texts must be at most 96 - received {len(texts)}")
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise Refused(400, "invalid request: texts must not be empty or be only whitespace")
    if body.get("input_type") not in INPUT_TYPES:
        raise Refused(400, "invalid request: valid input_type must be provided with the provided model")
    if "output_dimension" in body and (len(sizes) == 1 or body["output_dimension"] not in sizes):
        raise Refused(400, "invalid request: output_dimension is not supported by the provided model")
    size = body.get("output_dimension", sizes[-1])
    vectors = [vector(text, body["input_type"], size) for text in texts]
    return {
        "id": "5807ee2e-0cda-445a-9ec8-864c60a06606",
        "embeddings": dict.fromkeys(body.get("embedding_types", ["float"]), vectors),
        "texts": texts,
        "response_type": "embeddings_by_type",
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": len(" ".join(texts).split())}},
    }


def vector(text: str, input_type: str, size: int) -> list[float]:
    """Near that of a text with the same words; what is asked lies a little aside of what answers."""
    numbers = [0.0] * size
    for word in [*re.findall(r"\w+", text.casefold()), f"<{input_type}>"]:
        digest = hashlib.sha256(word.encode()).digest()
        for start in range(0, 16, 4):
            numbers[int.from_bytes(digest[start : start + 3], "big") % size] += 1.0 if digest[start + 3] % 2 else -1.0
    length = sum(number**2 for number in numbers) ** 0.5
    return [STRETCH * number / length for number in numbers]


def rerank(body: Body) -> Body:
    """The answer to `/v2/rerank`: the share of the question's words that a document has. Raises Refused."""
    if body.get("model") not in RERANK_MODELS:
        raise Refused(404, f"model '{body.get('model')}' not found, make sure the correct model ID was used")
    if not str(body.get("query", "")).strip():
        raise Refused(400, "invalid request: query must not be empty or be only whitespace")
    if not body.get("documents"):
        raise Refused(400, "invalid request: list of documents must not be empty")
    asked = set(re.findall(r"\w+", body["query"].casefold()))
    found = [
        {"index": index, "relevance_score": len(asked & set(re.findall(r"\w+", text.casefold()))) / (len(asked) or 1)}
        for index, text in enumerate(body["documents"])
    ]
    best = sorted(found, key=lambda each: -each["relevance_score"])
    return {
        "id": "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
        "results": best[: body.get("top_n", len(best))],
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
    }


ANSWERS = {"/v2/embed": embed, "/v2/rerank": rerank}


class _Handler(BaseHTTPRequestHandler):
    """One connection. `cohere` is set by `a_cohere`."""

    protocol_version = "HTTP/1.1"
    cohere: Cohere

    def do_POST(self) -> None:
        body: Body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.cohere.at.append(time.monotonic())
        self.cohere.connections.add(self.client_address[:2])
        self.cohere.requests.append({**body, "path": self.path})
        fault = self.cohere.faults.pop(0) if self.cohere.faults else Fault()
        time.sleep(fault.delay)
        try:
            self._answer(body, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client has lost its patience

    def _answer(self, body: Body, fault: Fault) -> None:
        if fault.body is not None:
            return self._send(200 if fault.status is None else fault.status, fault.body, fault)
        if fault.status is not None:
            return self._send(fault.status, _error(fault.message), fault)
        if self.headers["authorization"] != f"Bearer {KEY}":
            return self._send(401, _error("invalid api token"), fault)
        if self.path == "/v2/chat":
            return self._chat(body, fault)
        if self.path not in ANSWERS:
            return self._send(404, _error("resource not found"), fault)
        try:
            answer: Any = ANSWERS[self.path](body)
        except Refused as refused:
            return self._send(refused.status, _error(refused.message), fault)
        if fault.change is not None:
            answer = fault.change(answer)
        return self._send(200, json.dumps(answer).encode(), fault)

    def _chat(self, body: Body, fault: Fault) -> None:
        refused = cohere_chat.fault_of(body)
        if refused is not None:
            return self._send(refused[0], _error(refused[1]), fault)
        kind = "text/event-stream" if body.get("stream") else "application/json"
        answer = cohere_chat.answer(body, self.cohere.chat)
        return self._send(200, answer, replace(fault, headers=(("content-type", kind), *fault.headers)))

    def _send(self, status: int, body: bytes, fault: Fault) -> None:
        self.send_response(status)
        headers = {"content-type": "application/json", **dict(fault.headers)}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(1 << 40 if fault.endless else len(body)))
        self.end_headers()
        if fault.cut:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif fault.endless:
            while True:
                self.wfile.write(b" " * (1 << 20))
        elif fault.trickle:
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(fault.trickle)
        else:
            send_in_two(self.wfile, body, fault.stall)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output stays its own."""


def send_in_two(wire: BufferedIOBase, body: bytes, stall: float) -> None:
    """The body, with `stall` seconds of silence in its middle."""
    half = len(body) // 2 if stall else 0
    wire.write(body[:half])
    wire.flush()
    time.sleep(stall)
    wire.write(body[half:])


def _error(message: str) -> bytes:
    return json.dumps({"id": "1a2b3c4d-0000-4000-8000-000000000000", "message": message}).encode()


@contextmanager
def a_cohere() -> Iterator[Cohere]:
    """A Cohere that listens while the block runs."""
    cohere = Cohere("")
    handler = type("Handler", (_Handler,), {"cohere": cohere})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        cohere.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield cohere
        finally:
            server.shutdown()
            thread.join()
