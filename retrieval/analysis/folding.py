"""One spelling for what people write in several: case, accents, umlauts, widths, invisible characters. Pure."""

import re
import unicodedata

_NO_BREAK_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"})
_DIGRAPH = re.compile(r"ae|oe|(?<![aeq])ue")


def plain(text: str) -> str:
    """One width and composition (NFKC), nothing invisible, `1 000` with a no-break space as `1000`; case is kept."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", _NO_BREAK_THOUSANDS.sub("", text))
    return unicodedata.normalize("NFKC", text)


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
