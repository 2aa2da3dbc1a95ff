"""What a PDF holds that may do something: looked for among its names, without reading it as a document.

Names may be written with #-codes and may lie inside compressed object streams: both are undone, within bounds. What is
found is told to whoever opens the file; what is well hidden, as in an encrypted file, is not found, which is told too.
"""

import re
import zlib
from collections.abc import Iterator

from domain.attachments import Note

MAX_UNPACKED = 32_000_000
"""Bytes that are unpacked of one file."""
MAX_STREAMS = 500
MAX_PACKED = 1_000_000
"""Bytes that are read of each."""
HEAD = 600
"""Bytes before a stream in which its dictionary is looked for."""
_NAMES: tuple[tuple[bytes, Note], ...] = (
    (b"JavaScript", "javascript"),
    (b"JS", "javascript"),
    (b"EmbeddedFile", "embedded_files"),
    (b"EmbeddedFiles", "embedded_files"),
    (b"Launch", "launches"),
    (b"Encrypt", "encrypted"),
)
_NAME = re.compile(rb"/((?:[A-Za-z]|#[0-9A-Fa-f]{2}){2,64})(?![A-Za-z0-9#])")
_CODE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def notes_of(content: bytes) -> tuple[Note, ...]:
    """What is found, in a fixed order."""
    met = {name for part in (content, *_unpacked(content)) for name in _names_in(part)}
    return tuple(dict.fromkeys(note for name, note in _NAMES if name in met))


def _names_in(part: bytes) -> set[bytes]:
    return {_CODE.sub(lambda code: bytes([int(code[1], 16)]), found[1]) for found in _NAME.finditer(part)}


def _unpacked(content: bytes) -> Iterator[bytes]:
    """The object streams, unpacked."""
    streams, left = 0, MAX_UNPACKED
    for start in _STREAM.finditer(content):
        head = content[max(0, start.start() - HEAD) : start.start()].rpartition(b"endobj")[2]
        if b"ObjStm" not in _names_in(head):
            continue
        streams += 1
        if streams > MAX_STREAMS or left <= 0:
            return
        try:
            found = zlib.decompressobj().decompress(content[start.end() : start.end() + MAX_PACKED], left)
        except zlib.error:
            continue
        left -= len(found)
        yield found
