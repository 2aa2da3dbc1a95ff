"""One spelling for what people write in several: case, accents, umlauts, widths, invisible characters. Pure."""

import re
import unicodedata

_NO_BREAK_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_THOUSANDS_OF_MONEY = re.compile(
    r"(?<=\d) (?=\d{3}(?: \d{3})*(?:[.,]\d\d?)? ?(?:€|\$|£|eur\b|euros?\b|chf\b))", re.IGNORECASE
)
_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"})
_DIGRAPH = re.compile(r"ae+|oe+|(?<![aeq])ue+")


def plain(text: str) -> str:
    """One width and composition (NFKC), nothing invisible, `1 000 €` as `1000 €`; case is kept.

    Elsewhere a plain blank parts two numbers (`iPhone 15 128 GB`), and a no-break one groups digits.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", _NO_BREAK_THOUSANDS.sub("", text)))
    return _THOUSANDS_OF_MONEY.sub("", text)


def fold(text: str) -> str:
    """Lower case without accents: `Devolución` becomes `devolucion`, `größe` becomes `grosse`. Idempotent."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def fold_german(text: str) -> str:
    """As `fold`, and umlauts written as two letters as one: `Größe`, `Groesse` and `Grosse` become `grosse`."""
    return _DIGRAPH.sub(lambda pair: pair.group()[0], fold(text))
