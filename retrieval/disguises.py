"""Words as a model would read them, whatever they are dressed in. Pure.

Lookalike letters, accents, digits for letters, markup inside words, letters set apart, text packed in base64 or hex.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from retrieval.invisible import visible

MAX_PACKED = 20_000
"""Characters of packed text that are unpacked."""
MAX_WORD = 40
"""A longer word is none."""

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<!--|-->")
_MARKUP = re.compile(r"[\\*`~]+|__+")
_BREAK = re.compile(
    r"[.!?…]+[\"'»”)\]]*(?=\s+[^\sa-zà-ÿ,])|\n[ \t]*(?:\n|(?=[-+#>|•]|\d+[.)]))|[.!?…]+(?=\s*$)|\s[-–—]\s"
    r"|[|\[\]{}()\"«»“”„]+"
)
_OTHER = re.compile(r"[^\w|,@$]+")
_PAUSE = re.compile(r"[:;]+(?=\s|$)")
_COMMA = re.compile(r"[\s,]*,[\s,]*")
_SPACES = re.compile(r"\s+")
_DIGIT = re.compile(r"[\d@$]")
_LETTER = re.compile(r"[a-z]")
_LEET_I = str.maketrans("0134578@$", "oieastbas")
_LEET_L = str.maketrans("0134578@$", "oleastbas")
_APART = re.compile(r"(?<!\w)(?:\w[\s.\-_*·|/\u200b-\u200d]{1,3}){9,}\w(?!\w)")
_PACKED = re.compile(r"(?<![A-Za-z0-9+/=_-])(?:[A-Za-z0-9+/]{24,}|[A-Za-z0-9_-]{24,})={0,2}(?![A-Za-z0-9+/=])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}[ :]?){20,}(?![0-9A-Za-z])")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}|[\w.+-]){24,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁԛԝһкмтвнпзбгєАЕОРСУХІЈЅКМТВНΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχωɑɡıⅼǀ",
    "aeopcyxijsdqwhkmtbhnsbreAEOPCYXIJSKMTBHABEZHIKMNOPTYXabeiknoptuxwagill",
)


def plain_words(text: str) -> str:
    """Folded words, each followed by a space; `|` where a clause ends, `,` is kept: ` | ignore all , please | `."""
    if "&" in text:
        text = unescape(text)
    text = _MARKUP.sub("", _TAG.sub("", visible(unicodedata.normalize("NFKC", text)))).translate(_LOOKALIKES)
    text = _BREAK.sub(" | ", text).casefold().replace("_", " ")
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    text = _COMMA.sub(" , ", _OTHER.sub(" ", _PAUSE.sub(",", text))).replace("|", " | ")
    return " | " + _SPACES.sub(" ", text).strip() + " "


def without_digits(words: str) -> Iterator[str]:
    """The same words with digits read as the letters they look like, when there are such words."""
    parts = words.split(" ")
    mixed = {part for part in parts if len(part) <= MAX_WORD and _DIGIT.search(part) and _LETTER.search(part)}
    if mixed:
        for table in (_LEET_I, _LEET_L):
            yield " ".join(part.translate(table) if part in mixed else part for part in parts)


def set_apart(text: str) -> Iterator[str]:
    """Letters that stand apart from each other, closed up to one long word."""
    for found in _APART.finditer(visible(text)):
        letters = "".join(character for character in found.group() if character.isalnum())
        closed = plain_words(letters).strip(" |")
        if sum(letter.isalpha() for letter in closed) > 0.7 * len(closed):
            yield closed


def unpacked(text: str) -> Iterator[str]:
    """Readable text that base64, hexadecimal digits or percent signs hold."""
    for found in _PACKED.finditer(text):
        packed = found.group()[:MAX_PACKED].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            said = _readable(base64.b64decode(packed + "=" * (-len(packed) % 4)))
        except binascii.Error:
            continue
        if said:
            yield said
    for found in _HEX.finditer(text):
        if said := _readable(bytes.fromhex(re.sub(r"[ :]", "", found.group()[:MAX_PACKED]))):
            yield said
    if "%20" in text or "%" in text:
        yield from (unquote(found.group()[:MAX_PACKED]) for found in _PERCENT.finditer(text) if "%20" in found.group())


def _readable(data: bytes) -> str | None:
    """The text of some bytes when it is words and no accident."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    letters = sum(character.isalpha() or character.isspace() for character in text)
    return text if len(_WORD.findall(text)) >= 3 and " " in text and letters > 0.75 * len(text) else None
