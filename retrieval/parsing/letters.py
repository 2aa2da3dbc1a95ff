"""Bytes to letters. Pure.

UTF-8 alone is read: a wrong guess would put broken words before customers, a refusal costs one "save as". Only HTML
that declares Windows-1252 or Latin-1 is believed, because a declaration is no guess.
"""

import re

from domain.errors import BadInput

_ARCHIVES = {b"PK\x03\x04": "ZIP", b"\x1f\x8b": "gzip", b"7z\xbc\xaf\x27\x1c": "7-Zip", b"Rar!": "RAR", b"BZh": "bzip2"}
_ARCHIVES |= {b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "Zstandard"}
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*(windows-1252|cp1252|iso-8859-15|iso-8859-1|latin1)", re.I
)
_TWICE = re.compile(r"[ÃÂâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def decode(data: bytes) -> str:
    """UTF-8 text, with or without a byte order mark, lines ended by newlines. Raises BadInput for anything else."""
    return _plain_lines(_utf8(data))


def decode_html(data: bytes) -> str:
    """As `decode`, and the one-byte encodings of western Europe where the page declares one of them."""
    declared = _DECLARED.search(data[:2_048])
    if declared and data[:3] != b"\xef\xbb\xbf" and not _is_utf8(data):
        # Browsers read all of these as Windows-1252 but for the euro sign of Latin-9.
        name = "iso-8859-15" if declared.group(1).endswith(b"15") else "cp1252"
        return _plain_lines(_binary_refused(data).decode(name, errors="replace"))
    return decode(data)


def refuse_foreign(head: bytes) -> None:
    """Raises BadInput when the first bytes of a file tell that it is no UTF-8 text, and what it is."""
    for mark, name in _ARCHIVES.items():
        if head.startswith(mark):
            raise BadInput(f"it is an archive ({name}); unpack it and load the files that are inside.")
    if head.startswith(b"%PDF-"):
        raise BadInput("it is a PDF; let its name end with .pdf.")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadInput("it is UTF-16 text; save it as UTF-8.")


def fault_of_letters(text: str) -> str | None:
    """One sentence on letters that were broken before the file was saved, None when there are none."""
    if (place := text.find("\ufffd")) >= 0:
        return (
            f"it holds � in place of a letter that was lost, near {_near(text, place)}; save it anew from the original."
        )
    if len(found := list(_TWICE.finditer(text))) > 2 and _is_encoded_twice(text, [each.group() for each in found]):
        return f"its letters were encoded twice, near {_near(text, found[0].start())}; save it anew from the original."
    return None


def _is_encoded_twice(text: str, pairs: list[str]) -> bool:
    """Whether nearly everything beyond ASCII in the text is such a pair, and not the odd name with à or â."""
    beyond = sum(not character.isascii() for character in text)
    return sum(map(len, pairs)) > 0.6 * beyond


def _near(text: str, place: int) -> str:
    return repr(" ".join(text[max(0, place - 12) : place + 12].split()))


def _utf8(data: bytes) -> str:
    try:
        return _binary_refused(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"it is not UTF-8 text ({_guess(data, error.start)}); save it as UTF-8.") from error


def _binary_refused(data: bytes) -> bytes:
    refuse_foreign(data[:8])
    if b"\0" in data:
        raise BadInput("it is a binary file, not text.")
    return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess(data: bytes, place: int) -> str:
    """Where it breaks, and how the place reads as Windows-1252 when these are letters: the reader knows at a glance."""
    around = data[max(0, place - 12) : place + 12].decode("cp1252", errors="replace")
    letter = data[place : place + 1].decode("cp1252", errors="replace")
    if letter.isalpha() or letter in "€„“”‘’–—°§«»¿¡º":
        return f"byte {place}; it looks like Windows-1252, near {_near(around, 12)}"
    return f"byte {place}"


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
