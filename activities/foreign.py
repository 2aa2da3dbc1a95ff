"""A message in a sixth language: named, so that a person who reads it can take it.

The detector of the five calls Dutch German with much confidence. A second one knows 48 languages by trigrams alone
(27 MB, a third of a millisecond; all of them by every n-gram would be 1.3 GB). By itself it takes short messages of the
five for something else too often, so the everyday words of the language must be there as well, unless the message is
long.
"""

import json
import re
import threading
import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale

from activities.wording import RESOURCES, fold, wording
from domain.vocabulary import Language
from retrieval.analysis.stopwords import stop_words

if TYPE_CHECKING:
    from lingua import LanguageDetector

CODES = (
    "af ar be bg ca cs da de el en es et eu fa fi fr ga he hi hr hu id is it ja ko lt lv mk nb nl nn pl pt ro ru sk sl "
    "sq sr sv th tr uk vi zh"
).split()
"""ISO 639-1 codes of the languages that customers of European shops may write in."""
SUSPECTED = 0.1
"""The five together must be below this for the second detector to doubt them."""
LONG = 60
"""Letters from which trigrams alone decide, where the five together have at most CERTAIN."""
CERTAIN = 0.02
_SHORTEST = 12
_SURE_WITHIN_SCRIPT = 0.98
"""Of languages that share an alphabet the commonest is named unless trigrams are this sure of another."""
_SCRIPTS = {
    "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "HANGUL": "ko", "HIRAGANA": "ja",
    "KATAKANA": "ja", "CJK": "zh", "DEVANAGARI": "hi", "THAI": "th",
}  # fmt: skip
_BUILDING = threading.Lock()


def foreign_language(words: str) -> str | None:
    """ISO 639-1 code of a language other than the five, None when it is one of them or cannot be told. `words` is a
    message without greeting, addresses and numbers."""
    letters = [letter for letter in words[:600] if letter.isalpha()]
    if len(letters) < 3:
        return None
    script, share = _script(letters)
    if script != "LATIN" and share > 0.6:
        return _among(words, script)
    if len(letters) < _SHORTEST:
        return None
    return _latin(words, len(letters))


def name_of(code: str) -> str:
    """English name of a language by its code, the code itself when there is none."""
    found = Locale("en").languages.get(code)
    return str(found) if found else code


def _latin(words: str, letters: int) -> str | None:
    spoken = set(re.findall(r"[^\W\d_]+", words.casefold()))
    own = max(len(spoken & _everyday(language)) for language in Language)
    hits = {code: len(spoken & known) for code, known in _foreign_words().items()}
    strongest, few = max(hits.values()), own <= max(1, len(spoken) // 8)
    if not few and strongest <= own:
        return None  # whatever the trigrams would say, and they cost most of the time
    values = _values(words)
    five = sum(values[language.value] for language in Language)
    if five >= SUSPECTED:
        return None
    if letters >= LONG and five <= CERTAIN and few:
        return max((code for code in values if code not in set(Language)), key=lambda code: values[code])
    # Neighbours such as Danish and Norwegian are told apart by the trigrams, among those that have the words.
    likely = max((code for code in hits if hits[code] == strongest), key=lambda code: values.get(code, 0.0))
    return likely if strongest >= 2 and strongest > own else None


def _among(words: str, script: str) -> str:
    """The language of a text in another script: what the detector is sure of, else the script's commonest."""
    values = _values(words)
    best = max(values, key=lambda code: values[code])
    usual = _SCRIPTS.get(script, "und")
    return best if best not in set(Language) and values[best] > _SURE_WITHIN_SCRIPT else usual


def _script(letters: list[str]) -> tuple[str, float]:
    """The script of most letters, as Unicode names it, and its share."""
    scripts = Counter(unicodedata.name(letter, "UNKNOWN").split(" ")[0].split("-")[0] for letter in letters)
    name, often = scripts.most_common(1)[0]
    return name, often / len(letters)


def _values(words: str) -> dict[str, float]:
    with _BUILDING:
        detector = _detector()
    found = detector.compute_language_confidence_values(words[:600])
    return {value.language.iso_code_639_1.name.lower(): value.value for value in found}


@cache
def _everyday(language: Language) -> frozenset[str]:
    listed = frozenset(wording(language).words) | stop_words(language)
    return listed | {fold(word) for word in listed}


@cache
def _foreign_words() -> dict[str, frozenset[str]]:
    lists: dict[str, str] = json.loads((RESOURCES / "foreign_words.json").read_text(encoding="utf-8"))
    return {code: frozenset(words.split()) for code, words in lists.items()}


@cache
def _detector() -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in CODES]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    return builder.with_low_accuracy_mode().with_preloaded_language_models().build()
