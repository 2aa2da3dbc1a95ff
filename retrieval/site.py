"""A site as its sitemap tells it: which pages there are, what robots may read, and each page as a document."""

import asyncio
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote
from urllib.robotparser import RobotFileParser

import httpx

from domain.canonical import sha256_hex
from domain.errors import BadInput, HoldpointError, Unavailable
from domain.knowledge import Document
from domain.values import Value
from domain.vocabulary import Kind, Language
from retrieval.fetching import AGENT, Fetched, Fetcher, parse_url, site_of
from retrieval.parsing.formats import PARSERS
from retrieval.records import MAX_ID_CHARACTERS, MAX_TITLE_CHARACTERS, DetectLanguage, document_of
from retrieval.sitemap import MAX_BYTES, Entry, Sitemap, parse_sitemap

READER = 1
"""Version of how pages are read: pages that another one has read are read anew."""
MAX_SITEMAPS = 500
MAX_PAGE_BYTES = 5 * 1024 * 1024
MAX_ROBOTS_BYTES = 1024 * 1024
MAX_PAUSE_SECONDS = 10.0
PAGE_SECONDS = 20.0
SITEMAP_SECONDS = 60.0
TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
}
GONE = frozenset({404, 410})
UNCHANGED = 304


class Listing(Value):
    """The pages that a site lists and that are wanted, each once."""

    pages: tuple[Entry, ...]
    complete: bool
    """Whether a page that is not here is really gone."""
    notes: tuple[str, ...] = ()
    pause: float = 0.0
    """Seconds that the site asks for between two pages."""


class Site:
    """One site. Pages on other hosts are left out."""

    def __init__(self, fetcher: Fetcher, location: str, most_pages: int) -> None:
        self._fetcher = fetcher
        self._home = parse_url(location)
        self._most = most_pages
        self._robots = RobotFileParser()
        self._notes: list[str] = []
        self._complete = True

    async def list_pages(self, wanted: Callable[[str], bool]) -> Listing:
        """What the sitemap and those below it list; `wanted` is asked with the path of each page.

        Raises Unavailable when the site does not answer, BadInput when its sitemap cannot be read or is empty.
        """
        await self._read_robots()
        entries = await self._entries()
        if not entries:
            raise BadInput("The sitemap lists no pages; nothing was changed or retired.")
        pages: dict[str, Entry] = {}
        counts = dict.fromkeys(("elsewhere", "forbidden", "unsorted"), 0)
        for entry in entries:
            if (why := self._left_out(entry.url, wanted)) is not None:
                counts[why] += 1
            else:
                pages.setdefault(document_id_of(entry.url), entry)
        self._say(counts, len(pages))
        delay = self._robots.crawl_delay(AGENT) or 0.0
        return Listing(
            pages=tuple(pages.values())[: self._most],
            complete=self._complete,
            notes=tuple(self._notes),
            pause=min(float(delay), MAX_PAUSE_SECONDS),
        )

    async def read(self, url: str, etag: str | None, last_modified: str | None) -> Fetched:
        """The page, or status 304 when it is what it was; 404 and 410 when it is gone.

        Raises BadInput for an answer that is no page, Unavailable for none.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in known.items() if value}
        found = await self._fetcher.get(url, most=MAX_PAGE_BYTES, seconds=PAGE_SECONDS, headers=headers)
        if found.status not in {200, UNCHANGED, *GONE}:
            raise BadInput(f"the server answers {found.status}.")
        return found

    async def _read_robots(self) -> None:
        address = str(self._home.copy_with(raw_path=b"/robots.txt"))
        try:
            found = await self._fetcher.get(address, most=MAX_ROBOTS_BYTES, seconds=PAGE_SECONDS)
        except Unavailable as error:
            raise Unavailable(f"{address}: {error.message}") from error
        except BadInput as error:
            if "HOLDPOINT_WATCH_PRIVATE" in error.message:
                raise BadInput(f"{address}: {error.message}") from error
            self._notes.append(f"robots.txt was not read: {error.message}")
            found = Fetched(status=404)
        lines = found.data.decode("utf-8", errors="replace").splitlines() if found.status == 200 else []
        self._robots.parse(lines)

    async def _entries(self) -> list[Entry]:
        """Every page of the sitemap and those that it names. A broken one below the first costs its pages alone."""
        waiting, seen, pages = [str(self._home)], {str(self._home)}, list[Entry]()
        first = True
        while waiting and len(pages) <= self._most:
            address = waiting.pop(0)
            try:
                found = await self._sitemap(address)
            except HoldpointError as error:
                sentence = f"{address}: {error.message}"
                if first:
                    raise type(error)(sentence) from error
                self._missing(f"A sitemap could not be read, so nothing was retired: {sentence}")
                continue
            finally:
                first = False
            pages += found.pages
            fresh = [entry.url for entry in found.sitemaps if entry.url not in seen and self._is_ours(entry.url)]
            if len(seen) + len(fresh) > MAX_SITEMAPS:
                fresh = fresh[: MAX_SITEMAPS - len(seen)]
                self._missing(f"Only the first {MAX_SITEMAPS} sitemaps were read, so nothing was retired.")
            seen |= set(fresh)
            waiting += fresh
        return pages

    async def _sitemap(self, address: str) -> Sitemap:
        found = await self._fetcher.get(address, most=MAX_BYTES, seconds=SITEMAP_SECONDS)
        if found.status != 200:
            raise BadInput(f"the server answers {found.status} instead of a sitemap.")
        return await asyncio.to_thread(parse_sitemap, found.data)

    def _is_ours(self, address: str) -> bool:
        try:
            return site_of(parse_url(address)) == site_of(self._home)
        except BadInput:
            return False

    def _left_out(self, address: str, wanted: Callable[[str], bool]) -> str | None:
        if not self._is_ours(address):
            return "elsewhere"
        if not self._robots.can_fetch(AGENT, address):
            return "forbidden"
        return None if wanted(path_of(address)) else "unsorted"

    def _missing(self, note: str) -> None:
        self._complete = False
        self._notes.append(note)

    def _say(self, counts: dict[str, int], pages: int) -> None:
        if counts["elsewhere"]:
            self._notes.append(f"{counts['elsewhere']:,} pages of other sites were left out.")
        if counts["forbidden"]:
            self._missing(f"{counts['forbidden']:,} pages were left out, and nothing retired: robots.txt forbids them.")
        if counts["unsorted"]:
            self._notes.append(f"{counts['unsorted']:,} pages were left out: no pattern of --kinds fits their paths.")
        if pages > self._most:
            self._missing(
                f"The sitemap lists more than {self._most:,} pages (HOLDPOINT_WATCH_PAGES): the rest was left out, "
                "and nothing retired."
            )


def path_of(address: str) -> str:
    """The path of an address as people write it."""
    return unquote(httpx.URL(address).raw_path.decode("ascii").partition("?")[0]) or "/"


def document_id_of(address: str) -> str:
    """The path without slashes around it, with the query where there is one. The same page always has the same id."""
    path, _, query = httpx.URL(address).raw_path.decode("ascii").partition("?")
    name = unquote(path).strip("/") or "index"
    name = f"{name}?{query}" if query else name
    name = name if name.isprintable() and name == name.strip() else f"{path.strip('/')}?{query}".strip("?")
    if len(name) <= MAX_ID_CHARACTERS:
        return name
    return f"{name[: MAX_ID_CHARACTERS - 13]}-{sha256_hex(name)[:12]}"


def read_page(fetched: Fetched, url: str, kind: Kind, detect: DetectLanguage) -> dict[str, Any]:
    """The fields of the document that a page makes, as a line of JSON Lines holds them. Raises BadInput."""
    suffix = TYPES.get(fetched.content_type)
    if suffix is None:
        raise BadInput(f"its type is {fetched.content_type[:60] or 'not said'}, which is not read.")
    parsed = PARSERS[suffix](_in_utf8(fetched) if suffix != ".pdf" else fetched.data)
    if not parsed.text.strip():
        raise BadInput("it holds no text.")
    spoken = (parsed.language or "").strip().lower()[:2]
    name = PurePosixPath(path_of(url)).stem.replace("-", " ").replace("_", " ").strip()
    fields = {
        "id": document_id_of(url),
        "kind": kind,
        "language": spoken if spoken in set(Language) else None,
        "title": (parsed.title or name or httpx.URL(url).host)[:MAX_TITLE_CHARACTERS],
        "text": parsed.text,
        "url": url,
        "effective_from": parsed.fields.get("effective_from"),
        "effective_to": parsed.fields.get("effective_to"),
    }
    return _line(document_of(fields, detect, parsed.hidden))


def _line(document: Document) -> dict[str, Any]:
    """What nobody sees travels as a comment: loading takes it out again, and examines it."""
    fields = document.model_dump(mode="json", exclude={"hidden", "kind"})
    hidden = re.sub(r"--+>?|<!--", " ", document.hidden)
    return fields | ({"text": f"{document.text}\n\n<!-- {hidden} -->"} if hidden.strip() else {})


def _in_utf8(fetched: Fetched) -> bytes:
    """A page whose server says another encoding than UTF-8; without a word of it the page itself is asked."""
    try:
        fetched.data.decode("utf-8")
    except UnicodeDecodeError:
        if fetched.charset and fetched.charset.lower() not in {"utf-8", "utf8"}:
            try:
                return fetched.data.decode(fetched.charset).encode("utf-8")
            except (LookupError, UnicodeDecodeError) as error:
                raise BadInput(f"it is not {fetched.charset[:30]} text, although its server says so.") from error
    return fetched.data
