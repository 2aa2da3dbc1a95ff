"""The text of a PDF."""

import io
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from domain.errors import BadInput
from retrieval.parsing.markup import escaped
from retrieval.parsing.parsed import Parsed

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PDF_PAGES = 500
MAX_PICTURES = 0.3
"""Beyond this share of pages that are pictures it counts as scanned: a part of it would answer with half-truths."""

_SPACES = re.compile(r"\s+")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_TORN = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")


def parse_pdf(data: bytes) -> Parsed:
    """The text of a PDF, page by page.

    Raises BadInput for one that is broken, locked, too long or scanned.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns about each oddity; what matters is raised
    try:
        reader = PdfReader(io.BytesIO(data))
        pages, title = _read(reader)
        _refuse_pictures(pages, sum(map(_holds_pictures, _blank(reader, pages))))
    except BadInput:
        raise
    except (DependencyError, NotImplementedError) as error:
        raise BadInput("the PDF is locked or packed in a way that cannot be read; save it anew, unlocked.") from error
    except (
        PyPdfError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        OSError,
    ) as error:
        # A broken file makes the reader fail in many ways; each of these means that the file is at fault.
        raise BadInput("the PDF is broken; open it and save it again.") from error
    text = "\n\n".join(pages)
    paragraphs = [
        _SPACES.sub(" ", part).strip() for part in _PARAGRAPHS.split(_TORN.sub("", text.replace("\ufffd", " ")))
    ]
    return Parsed(text=escaped("\n\n".join(part for part in paragraphs if part)), title=title)


def _read(reader: "PdfReader") -> tuple[list[str], str | None]:
    if reader.is_encrypted and not reader.decrypt(""):
        raise BadInput("the PDF is locked by a password; save it without one.")
    if len(reader.pages) > MAX_PDF_PAGES:
        raise BadInput(f"the PDF has more than {MAX_PDF_PAGES} pages; split it.")
    metadata: Any = reader.metadata
    title = str(metadata.title).strip() if metadata and metadata.title else None
    return [page.extract_text().replace("\0", "").strip() for page in reader.pages], title or None


def _blank(reader: "PdfReader", pages: list[str]) -> Iterator["PageObject"]:
    """The pages without a letter or digit."""
    for page, text in zip(reader.pages, pages, strict=True):
        if not any(character.isalnum() for character in text):
            yield page


def _holds_pictures(page: "PageObject") -> bool:
    resources: Any = page.get("/Resources")
    return resources is not None and "/XObject" in resources.get_object()


def _refuse_pictures(pages: list[str], pictures: int) -> None:
    if not any(character.isalnum() for page in pages for character in page):
        raise BadInput("the PDF holds no text but pictures: it has no text layer; run OCR on it first.")
    if pictures > MAX_PICTURES * len(pages):
        raise BadInput(f"{pictures} of the PDF's {len(pages)} pages are pictures without text; run OCR on it first.")
    letters = "".join(pages)
    if letters.count("\ufffd") + letters.count("(cid:") > 0.02 * len(letters):
        raise BadInput("the letters of the PDF cannot be told (its fonts do not name them); run OCR on it first.")
