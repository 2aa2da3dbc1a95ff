"""A website for tests: what each path answers can be changed at any time, and every request is written down."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass
class Answer:
    """What a path answers."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    with_etag: bool = True

    @property
    def etag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:16]}"'


class SiteServer:
    """Listens on a port of its own on this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, int]] = []
        """Path and status of every answer."""
        self.agents: set[str] = set()
        self.down = False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path: str, body: str | bytes, **more: object) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.answers[path] = Answer(data, **more)  # type: ignore[arg-type]

    def page(self, path: str, title: str, text: str, *, language: str = "en", more: str = "") -> None:
        self.put(path, f'<html lang="{language}"><body><main><h1>{title}</h1><p>{text}</p>{more}</main></body></html>')

    def sitemap(self, path: str, pages: Sequence[str], *, lastmod: str = "", packed: bool = False) -> None:
        said = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
        places = (each if each.startswith("http") else self.url(each) for each in pages)
        urls = "".join(f"<url><loc>{place}</loc>{said}</url>" for place in places)
        xml = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
        self.put(path, gzip.compress(xml.encode()) if packed else xml, content_type="application/xml")

    def index(self, path: str, sitemaps: Sequence[str]) -> None:
        inner = "".join(f"<sitemap><loc>{self.url(each)}</loc></sitemap>" for each in sitemaps)
        self.put(path, f"<sitemapindex>{inner}</sitemapindex>", content_type="application/xml")

    def asked(self, path: str) -> list[int]:
        """The statuses that a path has answered with."""
        return [status for each, status in self.requests if each == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            path = lines[0].split()[1]
            self.agents.add(headers.get("user-agent", ""))
            answer = Answer(status=503) if self.down else self.answers.get(path, Answer(status=404))
            await asyncio.sleep(answer.delay)
            tag = answer.etag if answer.with_etag and answer.status == 200 else ""
            same = bool(tag) and headers.get("if-none-match") == tag
            status, body = (304, b"") if same else (answer.status, answer.body)
            self.requests.append((path, status))
            told = {"Content-Type": answer.content_type, "Content-Length": str(len(body)), "Connection": "close"}
            told |= ({"ETag": tag} if tag else {}) | answer.headers
            writer.write(f"HTTP/1.1 {status} X\r\n".encode())
            writer.write("".join(f"{name}: {value}\r\n" for name, value in told.items()).encode() + b"\r\n" + body)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def a_site() -> AsyncIterator[SiteServer]:
    """A site without any page."""
    site = SiteServer(0)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    async with server:
        yield site
