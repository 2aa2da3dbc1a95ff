"""The text of PDFs, and a sentence for each that has none to give."""

import io
from collections.abc import Sequence

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject

from domain.errors import BadInput
from retrieval.parsing.pdf import parse_pdf
from tests.unit.test_retrieval_documents import pdf


def written(pages: Sequence[str], password: str | None = None) -> bytes:
    """A PDF with a page for each of `text`, `blank` and `picture`."""
    writer = PdfWriter()
    for page in pages:
        if page == "text":
            writer.append(io.BytesIO(pdf("Returns within 30 days.")))
            continue
        blank = writer.add_blank_page(200, 200)
        if page == "picture":
            blank[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): DictionaryObject()})
    if password is not None:
        writer.encrypt(password, "owner", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_pages_are_paragraphs_and_blank_ones_say_nothing() -> None:
    assert parse_pdf(written(["text", "blank", "text"])).text == "Returns within 30 days.\n\nReturns within 30 days."


def test_a_lock_without_a_password_is_opened() -> None:
    assert parse_pdf(written(["text"], password="")).text == "Returns within 30 days."


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (written(["text"], password="secret"), "locked by a password"),
        (written(["picture"]), "no text layer; run OCR"),
        (written(["text", "picture"]), "1 of the PDF's 2 pages are pictures without text; run OCR"),
        (written(["text"])[:-200], "broken"),
        (b"%PDF-1.7\n" + b"0" * 1_000, "broken"),
        (b"not a pdf at all", "broken"),
    ],
)
def test_a_pdf_without_text_to_give_says_what_to_do(data: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_pdf(data)
