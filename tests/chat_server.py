"""A language model for tests: a real HTTP server that speaks the chat-completions protocol.

It checks the key, the model and the request as such servers do, and answers what is said in advance, or does it wrong:
in one piece, or as a stream where one is asked for.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.cohere_server import Fault, send_in_two

KEY = "sk-s3cret-K3Y-0123456789abcdef"
MODEL = "tiny-chat:7b"
PIECE = 7
"""Characters of one piece of a stream."""

Body = dict[str, Any]


@dataclass
class Chat:
    """The server, what it got, and what it says or does wrong next."""

    url: str
    says: str | None = '{"intents": [{"intent": "shipping", "probability": 0.9}]}'
    """Content of each answer."""
    refusal: str | None = None
    finish_reason: str = "stop"
    requests: list[Body] = field(default_factory=list)
    """Bodies in order, each with its path under `path`."""
    faults: list[Fault] = field(default_factory=list)

    def then(self, *faults: Fault) -> None:
        """The next answers do this wrong, one each; those after them are right."""
        self.faults += faults

    def names(self, *intents: tuple[str, float]) -> None:
        """From now on the model names these intents."""
        self.says = json.dumps({"intents": [{"intent": name, "probability": chance} for name, chance in intents]})

    @property
    def asked(self) -> str:
        """The text of the last request that is data, not instructions."""
        return str(self.requests[-1]["messages"][1]["content"])

    @property
    def told(self) -> str:
        """The instructions of the last request."""
        return str(self.requests[-1]["messages"][0]["content"])


class _Handler(BaseHTTPRequestHandler):
    """One connection. `chat` is set by `a_chat`."""

    protocol_version = "HTTP/1.1"
    chat: Chat

    def do_POST(self) -> None:
        body: Body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.chat.requests.append({**body, "path": self.path})
        fault = self.chat.faults.pop(0) if self.chat.faults else Fault()
        time.sleep(fault.delay)
        try:
            self._send(*self._answer(body, fault), fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client has lost its patience

    def _answer(self, body: Body, fault: Fault) -> tuple[int, bytes]:
        if fault.body is not None:
            return fault.status or 200, fault.body
        if fault.status is not None:
            return fault.status, _error(fault.message)
        if self.headers["authorization"] != f"Bearer {KEY}":
            return 401, _error("Incorrect API key provided")
        if self.path != "/v1/chat/completions" or body.get("model") != MODEL:
            return 404, _error(f"The model {body.get('model')} does not exist")
        if body.get("stream"):
            return 200, b"".join(f"data: {json.dumps(each)}\n\n".encode() for each in self._chunks(body)) + DONE
        answer: Any = self._completion()
        return 200, json.dumps(fault.change(answer) if fault.change else answer).encode()

    def _completion(self) -> Body:
        message = {"role": "assistant", "content": self.chat.says, "refusal": self.chat.refusal}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": self.chat.finish_reason}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 20, "total_tokens": 420},
        }

    def _chunks(self, body: Body) -> Iterator[Body]:
        says = self.chat.says or ""
        yield _chunk([_delta({"role": "assistant", "content": "", "refusal": None})])
        for start in range(0, len(says), PIECE):
            yield _chunk([_delta({"content": says[start : start + PIECE]})])
        if self.chat.refusal:
            yield _chunk([_delta({"refusal": self.chat.refusal})])
        yield _chunk([_delta({}, self.chat.finish_reason)])
        if body.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 400, "completion_tokens": 20, "total_tokens": 420}
            yield {**_chunk([]), "usage": usage}

    def _send(self, status: int, body: bytes, fault: Fault) -> None:
        self.send_response(status)
        kind = "text/event-stream" if body.startswith(b"data:") else "application/json"
        for name, value in {"content-type": kind, **dict(fault.headers)}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(1 << 40 if fault.endless else len(body)))
        self.end_headers()
        if fault.cut:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        while fault.endless:
            self.wfile.write(b" " * (1 << 20))
        for byte in body if fault.trickle else b"":
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(fault.trickle)
        if not fault.cut and not fault.trickle:
            send_in_two(self.wfile, body, fault.stall)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output stays its own."""


DONE = b"data: [DONE]\n\n"


def _chunk(choices: list[Body]) -> Body:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": choices}


def _delta(delta: Body, finish_reason: str | None = None) -> Body:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _error(message: str, code: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": code}}).encode()


@contextmanager
def a_chat() -> Iterator[Chat]:
    """A language model that listens while the block runs."""
    chat = Chat("")
    handler = type("Handler", (_Handler,), {"chat": chat})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        chat.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield chat
        finally:
            server.shutdown()
            thread.join()
