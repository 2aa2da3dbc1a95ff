"""A text as facts are compared with it, and the words that it may use. Pure."""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

from domain.values import Value
from domain.vocabulary import Language

WORDS = Path(__file__).parent / "resources" / "answer_words"
_SIGNS = str.maketrans({**dict.fromkeys("‐‑‒–—−", "-"), **dict.fromkeys("’‘´`", "'"), "×": "x", "º": "°"})
_NARROW = re.compile("(?<=\\d)[\u00a0\u202f\u2009](?=\\d{3}(?!\\d))")
_GROUPED = re.compile(r"(?<=\d)[.,'](?=\d{3}(?![\d]))")
_FRACTION = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_ZEROS = re.compile(r"(?<![\d.])(\d+)\.(?:0{1,2})(?![\d.]*\d)|(?<![\d.])(\d+\.[1-9])0(?![\d.]*\d)")
_EURO = r"(?:€|eur(?:o?s|os)?\b|euros?\b)"
_EURO_FIRST = re.compile(rf"{_EURO}\s?(-?\d+(?:\.\d+)?)")
_EURO_LAST = re.compile(rf"(?<=\d)\s?{_EURO}")
_UNIT = re.compile(r"(?<=\d)\s+(?=[%°€])")
_SHORT, _STEM = 3, 5
"""A wording of up to three letters is a whole word; one of five or more may stand inside a longer word."""


class Words(Value):
    """What a language calls things."""

    numbers: dict[str, int]
    ranges: tuple[str, ...]
    """Between the ends of a range, as in `2 to 4`."""
    between: tuple[str, str]
    """Before a range and between its ends, as in `between 2 and 4`."""
    negations: tuple[str, ...]
    conditions: tuple[str, ...]
    """Before what has not happened yet."""
    today: tuple[str, ...]
    tomorrow: tuple[str, ...]
    yesterday: tuple[str, ...]
    status: dict[str, tuple[str, ...]]
    """Wordings by the status of an order."""


@cache
def words_of(language: Language) -> Words:
    """The list of a language, folded."""
    found = Words.model_validate(json.loads((WORDS / f"{language.value}.json").read_text(encoding="utf-8")))
    return found.model_copy(
        update={
            "status": {name: tuple(folded(each) for each in wordings) for name, wordings in found.status.items()},
            "negations": tuple(folded(each) for each in found.negations),
        }
    )


def folded(text: str) -> str:
    """Without case, accents and double blanks; one kind of dash and of apostrophe."""
    letters = unicodedata.normalize("NFKD", _NARROW.sub("", text).casefold().translate(_SIGNS))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_SIGNS)
    return re.sub(r"\s+", " ", bare).strip()


def plain(text: str, language: Language) -> str:
    """Folded, with numbers in figures, a point for the fraction, and the currency behind the amount."""
    read = folded(text)
    read = _FRACTION.sub(".", _GROUPED.sub("", read))
    read = _ZEROS.sub(lambda found: found[1] or found[2], read)
    words = words_of(language)
    numbers = "|".join(sorted(words.numbers, key=len, reverse=True))
    read = re.sub(rf"(?<![\w-])(?:{numbers})(?![\w-])", lambda found: str(words.numbers[found[0]]), read)
    first, second = words.between
    read = re.sub(rf"(?<!\w){first} (\d+(?:\.\d+)?) {second} (?=\d)", r"\1-", read)
    read = re.sub(
        rf"(?<![\w.])(\d+(?:\.\d+)?)\s?(?:-|(?<=\s)(?:{'|'.join(words.ranges)})(?=\s))\s?(?=\d)", r"\1-", read
    )
    return _UNIT.sub("", _EURO_LAST.sub("€", _EURO_FIRST.sub(r"\1€", read)))


def occurs(wanted: str, text: str) -> bool:
    """Whether a plain wording stands in a plain text: figures only as the whole number, short words as whole words."""
    letters = re.sub(r"[^a-z]", "", wanted)
    starts = r"(?<!\d)(?<!\d[.,:/-])" if wanted[:1].isdigit() else "" if len(letters) >= _STEM else r"(?<!\w)"
    ends = r"(?!\d)(?![.,:/-]\d)" if wanted[-1:].isdigit() else r"(?!\w)" if len(letters) <= _SHORT else ""
    return re.search(starts + re.escape(wanted) + ends, text) is not None
