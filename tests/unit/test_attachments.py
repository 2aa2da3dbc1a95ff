"""What files are, what they are called, and what a scanner says of them: by their content, whatever they claim."""

import asyncio
import io
import time

import pytest

from activities.attachments.clamd import ClamdScanner
from activities.attachments.names import MAX_NAME, clean_name
from activities.attachments.sniffing import sniff
from domain.attachments import MediaType, Scan
from domain.errors import BadInput
from tests.clamd_server import clamd_server
from tests.pictures import EICAR, gif, jpeg, pdf, png, webp


@pytest.mark.parametrize(
    ("content", "media_type", "size"),
    [
        (jpeg(4032, 3024), "image/jpeg", (4032, 3024)),
        (jpeg(5, 7, before=b"\xff\xc0" * 50), "image/jpeg", (5, 7)),
        (png(300, 20), "image/png", (300, 20)),
        (gif(17, 9), "image/gif", (17, 9)),
        (webp(20, 10), "image/webp", (20, 10)),
        (webp(1600, 1200, kind=b"VP8 "), "image/webp", (1600, 1200)),
        (webp(20, 10, canvas=(30, 40)), "image/webp", (30, 40)),
        (pdf(), "application/pdf", (None, None)),
    ],
)
def test_a_file_is_what_its_content_says(
    content: bytes, media_type: MediaType, size: tuple[int | None, int | None]
) -> None:
    found = sniff(content)
    assert (found.media_type, found.width, found.height) == (media_type, *size)


@pytest.mark.parametrize(
    "content",
    [
        b"GIF8 is not a GIF",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"MZ\x90\0 a program",
        b"PK\x03\x04 an archive",
        b" %PDF-1.7 one byte late",
        EICAR,
        b"\0" * 100,
        b"RIFF\x10\0\0\0WAVEfmt ",
    ],
)
def test_what_is_not_taken_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(BadInput, match="JPEG, PNG, WebP and GIF images and PDF"):
        sniff(content)


def test_pictures_of_telephones_that_browsers_cannot_show_are_named() -> None:
    with pytest.raises(BadInput, match="save it as JPEG"):
        sniff(b"\0\0\0\x18ftypheic\0\0\0\0")


@pytest.mark.parametrize(
    "content",
    [
        png(60_000, 60_000),
        png(1, 100_000),
        png(12_000, 12_000),
        jpeg(65_535, 65_535),
        gif(65_535, 65_535),
        gif(10, 10, picture=(60_000, 60_000)),
        webp(16_000, 16_000),
        webp(16_000, 16_000, canvas=(2, 2)),
        webp(2, 2, canvas=(16_000_000, 16_000_000)),
    ],
)
def test_images_that_would_become_too_large_are_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="pixels"):
        sniff(content)


@pytest.mark.parametrize("content", [png(2_000, 2_000, pictures=100_000), gif(2_000, 2_000, pictures=300)])
def test_animations_count_with_all_their_pictures(content: bytes) -> None:
    with pytest.raises(BadInput, match="animation"):
        sniff(content)


@pytest.mark.parametrize("whole", [jpeg(), png(), gif(), webp(), webp(kind=b"VP8 "), webp(canvas=(9, 9))])
def test_images_that_end_early_are_damaged_and_never_an_error_of_ours(whole: bytes) -> None:
    for length in range(16, len(whole)):
        try:
            sniff(whole[:length])
        except BadInput as error:
            assert "damaged" in error.message or "pixels" in error.message


def test_an_image_without_a_size_is_refused() -> None:
    for content in (png(0, 5), jpeg(5, 0)):
        with pytest.raises(BadInput, match="pixels"):
            sniff(content)


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (pdf(), ()),
        (pdf(javascript=True), ("javascript",)),
        (pdf(embedded=True), ("embedded_files",)),
        (pdf(javascript=True, embedded=True), ("javascript", "embedded_files")),
        (pdf(password=True), ("encrypted",)),
        (b"%PDF-1.7\n1 0 obj<</S/J#61vaScript/#4aS(x)>>endobj", ("javascript",)),
        (b"%PDF-1.7\n1 0 obj<</S/Launch/F(cmd.exe)>>endobj", ("launches",)),
        (b"%PDF-1.7\n1 0 obj(JavaScript is a language)endobj", ()),
    ],
)
def test_what_a_pdf_may_do_is_noted(content: bytes, notes: tuple[str, ...]) -> None:
    assert sniff(content).notes == notes


def test_what_a_pdf_may_do_is_found_in_packed_objects_too() -> None:
    import zlib

    packed = zlib.compress(b"1 0 2 30 <</S/JavaScript/JS(app.alert(1))>>")
    head = b"%%PDF-1.7\n5 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\r\n" % len(packed)
    assert sniff(head + packed + b"\r\nendstream endobj").notes == ("javascript",)


def test_packed_objects_are_unpacked_within_bounds() -> None:
    import zlib

    packed = zlib.compress(b"x" * 40_000_000, 9)
    one = b"5 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n" + packed + b"\nendstream endobj\n"
    started = time.monotonic()
    assert sniff(b"%PDF-1.7\n" + one * 100).notes == ()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("damage.jpg", "damage.jpg"),
        ("Damage.JPEG", "Damage.JPEG"),
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\windows\\x.jpg", "x.jpg"),
        ("C:\\fakepath\\photo.jpg", "photo.jpg"),
        ("a\0b\x1b[31m.jpg", "ab[31m.jpg"),
        ("gpj\u202e.exe", "gpj.exe.jpg"),
        ("invoice.pdf.exe", "invoice.pdf.exe.jpg"),
        ("", "attachment.jpg"),
        ("...", "attachment.jpg"),
        (".jpg", "attachment.jpg"),
        ("/", "attachment.jpg"),
        ('<b>"x"|?*.jpg', "_b__x____.jpg"),
        ("  Tür \n zerkratzt  .jpg", "Tür zerkratzt.jpg"),
        ("\ud800.jpg", "attachment.jpg"),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert clean_name(name, "image/jpeg") == clean


def test_long_names_keep_their_ending() -> None:
    found = clean_name("x" * 300 + ".pdf", "application/pdf")
    assert len(found) == MAX_NAME
    assert found.endswith("x.pdf")
    assert len(clean_name("é" * 300, "image/png")) == MAX_NAME


async def test_the_scanner_says_clean_or_what_it_found() -> None:
    async with clamd_server() as clamd:
        scanner = ClamdScanner(clamd.address)
        whole = png(tail=b"x" * 200_000)
        assert await scanner.scan(io.BytesIO(whole)) == Scan(state="clean", by="clamd")
        assert clamd.scanned == [whole]
        found = await scanner.scan(io.BytesIO(png(tail=EICAR)))
        assert found == Scan(state="infected", by="clamd", found="Eicar-Signature")


@pytest.mark.parametrize("mood", ["silent", "cut", "nonsense", "full"])
async def test_a_scanner_that_does_not_answer_clears_nothing(mood: str) -> None:
    async with clamd_server() as clamd:
        clamd.mood = mood
        scanner = ClamdScanner(clamd.address, seconds=0.3)
        assert await scanner.scan(io.BytesIO(png(tail=b"x" * 300_000))) == Scan(state="no_answer", by="clamd")


async def test_a_scanner_that_is_away_clears_nothing() -> None:
    async with clamd_server() as clamd:
        address = clamd.address
    await asyncio.sleep(0.05)
    assert (await ClamdScanner(address).scan(io.BytesIO(png()))).state == "no_answer"
