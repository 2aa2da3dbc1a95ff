"""A text as a model would read it, whatever it is dressed in. Pure, and quick for any text.

Shown words come first; then what they hold in disguise: letters set apart, digits for letters, base64, hexadecimal
digits, escapes, text written backwards or shifted by thirteen places, pieces that are to be put together.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from activities.injection.shapes import SMALL, lexicon
from activities.wording import fold
from retrieval.disguises import plain_words, unpacked, without_digits
from retrieval.invisible import TAGS, visible

MAX_CHARACTERS = 24_000
"""Of a longer text the beginning and the end are read, half each; that it was longer is told."""
MAX_READINGS = 6
MAX_DISGUISED = 2_000
"""Characters of a text that are tried backwards and shifted."""

LONGEST_WORD = 16
KNOWN = 0.25
"""Share of known words from which letters make sense."""

_SHORT_HEX = re.compile(r"(?<!\w)(?:[0-9a-fA-F]{2} ?){8,19}(?!\w)")
_LINES = re.compile(r"[^\S\n]+")
_OVERLONG = re.compile(r"(\S{120})\S+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_PIECES = re.compile(r"[\"'“”„«»]([^\"'“”„«»\n]{1,80})[\"'“”„«»]")
_JOIN = re.compile(
    r"[\w\"'”»)]\s?\+\s?[\w\"'“«(]|\b(?:join|combine|concat\w*|put together|setz\w*|füg\w*|zusammen\w*|junta\w*"
    r"|une\w*|junt\w*|assembl\w*|colle\w*|part|parte|partie|teil|piece|half)\b",
    re.I,
)
_INSIDE = re.compile(r"(?<=[a-zà-ÿ])[\U0001f000-\U0001faff\u2190-\u2bff\ufe0f*_~|]{1,3}(?=[a-zà-ÿ])", re.I)
_SYLLABLES = re.compile(r"(?<![\w.-])(?:[^\W\d_]{1,4}[.-]){3,12}[^\W\d_]{1,4}(?![\w.-])")
_APART = re.compile(r"(?<!\w)(?:\w[\s.\-_*·|/]{1,4}){9,}\w(?!\w)")
_GAP = re.compile(r"\s{2,}|\s?[|/]\s?")
_WORDS = re.compile(r"[^\W\d_]{2,}")


class Reading(NamedTuple):
    """A text with everything that can be read in it."""

    shown: str
    """As written, without what nobody sees; line breaks are kept."""
    disguised: tuple[str, ...]
    """What it says to who takes off the disguise, most plausible first, at most MAX_READINGS."""
    unseen: int
    """How many characters nobody sees it had, emoji's joiners aside."""
    cut: bool
    """Whether it was longer than is read."""


def read(text: str) -> Reading:
    """Never raises, whatever the text."""
    cut = len(text) > MAX_CHARACTERS
    if cut:
        text = f"{text[: MAX_CHARACTERS // 2]}\n{text[-MAX_CHARACTERS // 2 :]}"
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    drawn = visible(text)
    shown = unicodedata.normalize("NFKC", unescape(drawn) if "&" in drawn else drawn)
    shown = _CONTROL.sub(" ", shown.replace("\r\n", "\n").replace("\r", "\n")).replace("’", "'")
    shown = _OVERLONG.sub(r"\1", _LINES.sub(" ", shown)).strip()
    found: dict[str, None] = {}
    for each in _disguised(text, drawn, shown):
        said = " ".join(each.split())[:MAX_DISGUISED]
        if said and said.casefold() != shown.casefold():
            found.setdefault(said)
        if len(found) == MAX_READINGS:
            break
    return Reading(shown, tuple(found), max(0, len(text) - len(drawn) - text.count("\r")), cut)


def _disguised(text: str, drawn: str, shown: str) -> Iterator[str]:
    if tags := TAGS.findall(text):
        yield "".join(chr(ord(character) - 0xE0000) for character in "".join(tags))
    yield from unpacked(shown)
    for found in _SHORT_HEX.finditer(shown):
        said = bytes.fromhex(re.sub(r"\s", "", found.group())).decode("ascii", errors="ignore")
        if said.isprintable() and known_share(said) > KNOWN:
            yield said
    if _ESCAPES.search(shown):
        yield _ESCAPES.sub(lambda found: chr(int(found[1] or found[2], 16)), shown)
    yield from _closed_up(drawn)
    words = plain_words(shown[:MAX_DISGUISED])
    yield from (each.replace("|", " ") for each in without_digits(words))
    closed = _SYLLABLES.sub(lambda found: re.sub("[.-]", "", found.group()), _INSIDE.sub("", shown))
    if closed != shown:
        yield closed
    if _JOIN.search(shown) and len(pieces := _PIECES.findall(shown)) > 1:
        yield "".join(pieces)
        yield " ".join(pieces)
    yield from _turned(shown[:MAX_DISGUISED])


def _closed_up(drawn: str) -> Iterator[str]:
    """Letters that stand apart, as words: wider gaps part these, and where there are none the words that are known."""
    for found in _APART.finditer(drawn[:MAX_DISGUISED]):
        words = [re.sub(r"[\W_]", "", word) for word in _GAP.split(found.group())]
        yield " ".join(words) if len(words) > 1 else _parted(fold(words[0]))


def _parted(letters: str) -> str:
    """Letters without spaces, parted where known words begin; the longest word first at each place."""
    known = lexicon().exact.keys() | COMMON | SMALL
    at, words = 0, [""]
    while at < len(letters):
        ends = range(min(len(letters), at + LONGEST_WORD), at + 1, -1)
        word = next((letters[at:end] for end in ends if letters[at:end] in known), "")
        words += [word, ""] if word else []
        words[-1] += "" if word else letters[at]
        at += len(word) or 1
    return " ".join(word for word in words if word)


def _turned(shown: str) -> Iterator[str]:
    """The text backwards or shifted, where that makes more words of the five languages than it has as written."""
    written = known_share(shown)
    for said in (shown[::-1], codecs.encode(shown, "rot13")):
        for part in {said, *_tail(said)}:
            if known_share(part) > max(KNOWN, written if part is said else 0.0):
                yield part


def _tail(text: str) -> Iterator[str]:
    """The part behind or before a colon: what comes before it tells what to do with it."""
    for piece in re.split(r":\s|\s:|\n", text)[:4]:
        if len(_WORDS.findall(piece)) > 2:
            yield piece


def known_share(text: str) -> float:
    """Share of the words that are among the commonest of the five languages, 0 to 1."""
    words = _WORDS.findall(fold(text[:MAX_DISGUISED]))
    return sum(word in COMMON for word in words) / len(words) if words else 0.0


COMMON = frozenset(
    "the and you your are for not with this that what have from all tell print show say instructions rules password "
    "secret que los las por para una con del como tus dime clave contrasena les des est pas une vous dans pour sur dis "
    "moi mot passe der die das und nicht mir dein deine sag zeig passwort nao uma com diz senha voce seu sua prompt "
    "ignore system regeln reglas regles regras".split()
)
"""Enough to see whether letters make words; not a language model."""
