"""A model hub for tests: a real HTTP server that speaks as much of Hugging Face's protocol as a download needs."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

REVISION = "5f1b8cd78bc4fb444dd171e59b18f3a3af89a079"


@dataclass
class Hub:
    """The server, what it has, and what it was asked for."""

    url: str
    repositories: dict[str, Path]
    """`owner/name` to the folder with its files; what is not in here is not found."""
    asked: list[str] = field(default_factory=list)

    def files(self, repository: str) -> list[Path]:
        folder = self.repositories[repository]
        return sorted(path for path in folder.rglob("*") if path.is_file())

    def described(self, repository: str) -> dict[str, Any]:
        names = [path.relative_to(self.repositories[repository]).as_posix() for path in self.files(repository)]
        return {
            "id": repository,
            "sha": REVISION,
            "lastModified": "2026-01-01T00:00:00.000Z",
            "private": False,
            "siblings": [{"rfilename": name} for name in names],
        }

    def tree(self, repository: str) -> list[dict[str, Any]]:
        folder = self.repositories[repository]
        return [
            {
                "type": "file",
                "path": path.relative_to(folder).as_posix(),
                "size": path.stat().st_size,
                "oid": _etag(path),
            }
            for path in self.files(repository)
        ]


def _etag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    """One connection. `hub` is set by `a_hub`."""

    hub: Hub

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.hub.asked.append(f"{self.command} {path}")
        for repository, folder in self.hub.repositories.items():
            if path in {f"/api/models/{repository}", f"/api/models/{repository}/revision/main"}:
                return self._json(self.hub.described(repository))
            if path == f"/api/models/{repository}/tree/{REVISION}":
                return self._json(self.hub.tree(repository))
            file = folder / path.removeprefix(f"/{repository}/resolve/{REVISION}/")
            if path.startswith(f"/{repository}/resolve/{REVISION}/") and file.is_file():
                return self._file(file)
        return self.send_error(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _json(self, value: Any) -> None:
        self._send(json.dumps(value).encode(), {"content-type": "application/json"})

    def _file(self, file: Path) -> None:
        self._send(file.read_bytes(), {"etag": f'"{_etag(file)}"', "x-repo-commit": REVISION})

    def _send(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output stays its own."""


@contextmanager
def a_hub(repositories: dict[str, Path]) -> Iterator[Hub]:
    """A hub that listens while the block runs."""
    hub = Hub("", repositories)
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
