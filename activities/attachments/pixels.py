"""How large an image would become, read from its headers without decoding anything.

The functions raise IndexError or ValueError for what is damaged; none reads a file more than once through.
"""

from collections.abc import Iterator
from typing import Literal

from domain.values import Value

_STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers of a JPEG that no length follows."""


class Canvas(Value):
    """The largest picture of a file, in pixels, and the area of all its pictures together."""

    width: int
    height: int
    area: int


def jpeg_canvas(content: bytes) -> Canvas:
    """From the first start of a frame."""
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker")
        while content[at] == 0xFF:
            at += 1
        marker = content[at]
        at += 1
        if marker in _ALONE:
            continue
        if marker in _STARTS_OF_FRAME:
            height, width = _number(content, at + 3, 2), _number(content, at + 5, 2)
            return Canvas(width=width, height=height, area=width * height)
        if marker in {0xD9, 0xDA}:
            raise ValueError("no frame before the data")
        at += max(2, _number(content, at, 2))


def png_canvas(content: bytes) -> Canvas:
    """From the header; an animated PNG says how many pictures follow before the first."""
    if content[12:16] != b"IHDR":
        raise ValueError("no header")
    width, height, pictures = _number(content, 16, 4), _number(content, 20, 4), 1
    at = 8
    while (kind := bytes(content[at + 4 : at + 8])) not in {b"IDAT", b""}:
        if kind == b"acTL":
            pictures = max(1, _number(content, at + 8, 4))
        at += 12 + _number(content, at, 4)
    return Canvas(width=width, height=height, area=width * height * pictures)


def gif_canvas(content: bytes) -> Canvas:
    """From the screen and the size of each picture on it."""
    width, height = _number(content, 6, 2, "little"), _number(content, 8, 2, "little")
    sizes = [(width, height), *_gif_pictures(content)]
    return Canvas(
        width=max(each for each, _ in sizes),
        height=max(each for _, each in sizes),
        area=sum(each * other for each, other in sizes[1:]) or width * height,
    )


def _gif_pictures(content: bytes) -> Iterator[tuple[int, int]]:
    at = 13 + _colours(content[10])
    while at < len(content):
        introducer = content[at]
        if introducer == 0x2C:
            yield _number(content, at + 5, 2, "little"), _number(content, at + 7, 2, "little")
            at = _after_blocks(content, at + 11 + _colours(content[at + 9]))
        elif introducer == 0x21:
            at = _after_blocks(content, at + 2)
        else:  # the trailer, or what no reader looks at
            return


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(content: bytes, at: int) -> int:
    while at < len(content) and content[at]:
        at += 1 + content[at]
    return at + 1


def webp_canvas(content: bytes) -> Canvas:
    """From its canvas, and from each picture: one may claim less than the other."""
    sizes = list(_webp_sizes(content))
    if not sizes:
        raise ValueError("no picture")
    width, height = max(each for each, _ in sizes), max(each for _, each in sizes)
    return Canvas(width=width, height=height, area=width * height * max(1, len(sizes) - 1))


def _webp_sizes(content: bytes) -> Iterator[tuple[int, int]]:
    at = 12
    while at + 8 <= len(content):
        kind, length, inside = bytes(content[at : at + 4]), _number(content, at + 4, 4, "little"), at + 8
        if kind == b"VP8X":
            yield 1 + _number(content, inside + 4, 3, "little"), 1 + _number(content, inside + 7, 3, "little")
        elif kind == b"ANMF":
            yield 1 + _number(content, inside + 6, 3, "little"), 1 + _number(content, inside + 9, 3, "little")
        elif kind == b"VP8L":
            bits = _number(content, inside + 1, 4, "little")
            yield 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        elif kind == b"VP8 ":
            yield _number(content, inside + 6, 2, "little") & 0x3FFF, _number(content, inside + 8, 2, "little") & 0x3FFF
        at = inside + length + length % 2


def _number(content: bytes, at: int, length: int, order: Literal["big", "little"] = "big") -> int:
    found = content[at : at + length]
    if len(found) < length:
        raise IndexError("the file ends early")
    return int.from_bytes(found, order)
