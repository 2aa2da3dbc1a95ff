"""Small files of every kind that customers send, made here byte by byte."""

import struct
import zlib
from io import BytesIO
from typing import Any

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless text that every scanner finds."""


def png(width: int = 3, height: int = 2, *, pictures: int = 0, tail: bytes = b"") -> bytes:
    """A PNG that a browser can show as long as it is small; `pictures`: as an animation claims to have them."""
    rows = b"".join(b"\0" + b"\x40\x80\xc0" * width for _ in range(height)) if width * height < 10_000 else b""
    parts = [_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    if pictures:
        parts.append(_chunk(b"acTL", struct.pack(">II", pictures, 0)))
    parts += [_chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + tail


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def jpeg(width: int = 640, height: int = 480, *, before: bytes = b"") -> bytes:
    """The headers of a JPEG, with `before` as a comment before the frame."""
    comment = b"\xff\xfe" + struct.pack(">H", len(before) + 2) + before if before else b""
    exif = b"\xff\xe1" + struct.pack(">H", 10) + b"Exif\0\0.."
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + exif + comment + frame + b"\xff\xda\x00\x02\xff\xd9"


def gif(width: int = 10, height: int = 8, *, pictures: int = 1, picture: tuple[int, int] | None = None) -> bytes:
    """A GIF with so many pictures of the given size."""
    shown = picture or (width, height)
    one = b"\x21\xf9\x04\0\0\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, *shown, 0) + b"\x02\x02\x4c\x01\0"
    colours = bytes(6)
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + colours + one * pictures + b"\x3b"


def webp(width: int = 20, height: int = 10, *, kind: bytes = b"VP8L", canvas: tuple[int, int] | None = None) -> bytes:
    """A WebP, lossless or not, with the canvas that it claims where that is another."""
    parts = b""
    if canvas is not None:
        inside = bytes(4) + (canvas[0] - 1).to_bytes(3, "little") + (canvas[1] - 1).to_bytes(3, "little")
        parts += b"VP8X" + struct.pack("<I", len(inside)) + inside
    if kind == b"VP8L":
        body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        body = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    parts += kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


def pdf(**options: Any) -> bytes:
    """A PDF of one empty page. `javascript`, `embedded`, `password`, `packed`: what it holds, and how."""
    from pypdf import PdfWriter
    from pypdf.actions import JavaScript

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    if options.get("javascript"):
        writer.add_open_action(JavaScript("app.alert(1)"))
    if options.get("embedded"):
        writer.add_attachment("x.txt", b"x")
    if options.get("password"):
        writer.encrypt("secret", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
