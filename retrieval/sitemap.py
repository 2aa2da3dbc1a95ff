"""Sitemaps and sitemap indexes (sitemaps.org), as they are or under gzip. Pure.

Read by expat, piece by piece. A document type is refused before anything in it is read, and without one there are no
entities that could grow or name files.
"""

import zlib
from datetime import UTC, date, datetime, time
from xml.parsers import expat

from domain.errors import BadInput
from domain.values import Value

MAX_BYTES = 50 * 1024 * 1024
"""Unpacked, as the protocol has it."""
MAX_ENTRIES = 50_000
MAX_ADDRESS = 2_048
PIECE = 64 * 1024
GZIP = b"\x1f\x8b"


class Entry(Value):
    """One address that a sitemap lists."""

    url: str
    lastmod: datetime | None = None
    """When it last changed, as the site says; a date alone counts as its end."""


class Sitemap(Value):
    """What one file lists: pages, or further sitemaps."""

    pages: tuple[Entry, ...] = ()
    sitemaps: tuple[Entry, ...] = ()


def parse_sitemap(data: bytes) -> Sitemap:
    """Raises BadInput, one sentence, for what is no sitemap, has a document type, or is too large."""
    reader = _Reader()
    for piece in _unpacked(data) if data.startswith(GZIP) else _pieces(data):
        reader.feed(piece)
    return reader.close()


def _pieces(data: bytes) -> list[bytes]:
    return [data[start : start + PIECE] for start in range(0, len(data), PIECE)]


def _unpacked(data: bytes) -> list[bytes]:
    """Never more than a sitemap may hold, whatever is packed inside."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise BadInput("its gzip is broken.") from error
    if len(text) > MAX_BYTES or unpacker.unconsumed_tail:
        raise BadInput("it is larger than 50 MB when unpacked; split it under a sitemap index.")
    if not unpacker.eof:
        raise BadInput("its gzip ends too early.")
    return _pieces(text)


class _Reader:
    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._path: list[str] = []
        self._words = ""
        self._url = self._lastmod = ""
        self._pages: list[Entry] = []
        self._sitemaps: list[Entry] = []

    def feed(self, piece: bytes) -> None:
        self._parse(piece, final=False)

    def close(self) -> Sitemap:
        self._parse(b"", final=True)
        return Sitemap(pages=tuple(self._pages), sitemaps=tuple(self._sitemaps))

    def _parse(self, piece: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            raise BadInput(
                f"it is not well-formed XML ({expat.ErrorString(error.code)}, line {error.lineno})."
            ) from error
        except (ValueError, LookupError) as error:
            raise BadInput("its encoding is not known; write it in UTF-8.") from error

    def _refuse(self, *_: object) -> None:
        raise BadInput("it has a document type, which no sitemap needs and which may hide an attack; remove it.")

    def _start(self, name: str, _: dict[str, str]) -> None:
        tag = name.rpartition("}")[2].lower()
        if not self._path and tag not in {"urlset", "sitemapindex"}:
            raise BadInput("it is XML but no sitemap: it begins with neither <urlset> nor <sitemapindex>.")
        if len(self._path) > 20:
            raise BadInput("its elements are nested too deeply for a sitemap.")
        self._path.append(tag)
        self._words = ""

    def _text(self, words: str) -> None:
        if len(self._words) <= MAX_ADDRESS:
            self._words += words

    def _end(self, _: str) -> None:
        path, self._path = self._path, self._path[:-1]
        if len(path) == 3 and path[1] in {"url", "sitemap"} and path[2] in {"loc", "lastmod"}:
            if path[2] == "loc":
                self._url = self._words.strip()
            else:
                self._lastmod = self._words.strip()
        elif len(path) == 2:
            self._keep(path[1])
            self._url = self._lastmod = ""
        self._words = ""

    def _keep(self, tag: str) -> None:
        if not self._url or len(self._url) > MAX_ADDRESS:
            return
        if len(self._pages) + len(self._sitemaps) >= MAX_ENTRIES:
            raise BadInput(f"it lists more than {MAX_ENTRIES:,} addresses; split it under a sitemap index.")
        entry = Entry(url=self._url, lastmod=_moment(self._lastmod))
        if tag == "url":
            self._pages.append(entry)
        elif tag == "sitemap":
            self._sitemaps.append(entry)


def _moment(said: str) -> datetime | None:
    """None for what is no date: a site that says it wrongly is read as if it said nothing."""
    try:
        if len(said) == 10:
            return datetime.combine(date.fromisoformat(said), time.max, UTC)
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
