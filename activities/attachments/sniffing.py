"""What a file is, by its content alone: its type, how large an image would become, what a PDF holds."""

from collections.abc import Callable, Mapping
from typing import Final

from activities.attachments.pdf_notes import notes_of
from activities.attachments.pixels import Canvas, gif_canvas, jpeg_canvas, png_canvas, webp_canvas
from domain.attachments import MediaType, Note
from domain.errors import BadInput
from domain.values import Value

MAX_SIDE = 30_000
MAX_PIXELS = 64_000_000
"""Of one picture: what phones make has 50 million at most. In memory that is 256 MB."""
MAX_ANIMATION = 1_000_000_000
"""Pixels of all pictures of an animation."""
EXTENSIONS: Final[Mapping[MediaType, tuple[str, ...]]] = {
    "image/jpeg": (".jpg", ".jpeg", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "application/pdf": (".pdf",),
}
"""How names of each type end; the first is usual."""
_CANVASES: Final[Mapping[MediaType, Callable[[bytes], Canvas]]] = {
    "image/jpeg": jpeg_canvas,
    "image/png": png_canvas,
    "image/webp": webp_canvas,
    "image/gif": gif_canvas,
}
_KINDS = "JPEG, PNG, WebP and GIF images and PDF documents"


class Sniffed(Value):
    """What the content says of itself."""

    media_type: MediaType
    width: int | None = None
    height: int | None = None
    notes: tuple[Note, ...] = ()


def sniff(content: bytes) -> Sniffed:
    """What a file is. `content`: anything that can be sliced like bytes.

    Raises BadInput for what is not taken, is damaged, or would become too large in memory.
    """
    media_type = media_type_of(content)
    if media_type == "application/pdf":
        return Sniffed(media_type=media_type, notes=notes_of(content))
    try:
        canvas = _CANVASES[media_type](content)
    except (IndexError, ValueError):
        raise BadInput("The image is damaged; send it again, or another copy of it.") from None
    if not (0 < canvas.width <= MAX_SIDE and 0 < canvas.height <= MAX_SIDE):
        raise BadInput(f"The image is {canvas.width} by {canvas.height} pixels; a side has 1 to {MAX_SIDE}.")
    if canvas.width * canvas.height > MAX_PIXELS:
        raise BadInput(
            f"The image is {canvas.width} by {canvas.height} pixels; send a smaller one, of at most "
            f"{MAX_PIXELS // 1_000_000} million."
        )
    if canvas.area > MAX_ANIMATION:
        raise BadInput("The animation is too long; send one picture of it.")
    return Sniffed(media_type=media_type, width=canvas.width, height=canvas.height)


def media_type_of(content: bytes) -> MediaType:
    """The type by the first bytes. Raises BadInput for what is not taken."""
    head = bytes(content[:16])
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"avif"}:
        raise BadInput("The image is in a format that is not taken (HEIC or AVIF); save it as JPEG and send that.")
    raise BadInput(f"The file is none of the kinds that are taken: {_KINDS}.")
