"""From a word to its stem: Snowball's algorithms, made to meet words without their accents. Pure."""

import re
import threading
from functools import cache
from pathlib import Path

import Stemmer

from domain.vocabulary import Language
from retrieval.analysis.folding import fold, fold_german

_ALGORITHMS = {
    Language.EN: "english",
    Language.ES: "spanish",
    Language.FR: "french",
    Language.DE: "german",
    Language.PT: "portuguese",
}

_ENDINGS: dict[Language, tuple[tuple[re.Pattern[str], str], ...]] = {
    Language.ES: (
        (re.compile(r"ia(s|n|mos|is)?$"), r"ía\1"),
        (re.compile(r"(?<=[a-z]{2}[aei])re$"), "ré"),
        (re.compile(r"(?<=[a-z]{2})ais$"), "áis"),
        (re.compile(r"(?<=[a-z]{2})eis$"), "éis"),
    ),
    Language.FR: ((re.compile(r"ee(s)?$"), r"ée\1"), (re.compile(r"ite(s)?$"), r"ité\1")),
    Language.PT: (
        (re.compile(r"(?:oes|aos?)$"), "ão"),
        (re.compile(r"(?<=[a-z]{3})(?:([ai])v(?:el|eis))$"), r"\1vel"),
        (re.compile(r"(?<=[a-z]{3})([ao])is$"), r"\1l"),
        (re.compile(r"avel$"), "ável"),
        (re.compile(r"ivel$"), "ível"),
    ),
}
"""Endings that the algorithms know with an accent only, and plurals they don't; every word is folded before."""

_own = threading.local()


def stem(word: str, language: Language) -> str:
    """The folded stem of a word: the same with its accents, without them, and in German with ae, oe, ue.

    Words of one family that the endings don't show (`paid`, `payment`; `devolver`, `devolución`) share one stem.
    """
    found = _ending_cut(word, language)
    return _families(language).get(found, found)


def _ending_cut(word: str, language: Language) -> str:
    word = fold_german(word) if language is Language.DE else fold(word)
    for ending, accented in _ENDINGS.get(language, ()):
        word = ending.sub(accented, word)
    return fold(_stemmer(language).stemWord(word))


@cache
def _families(language: Language) -> dict[str, str]:
    """From a stem to that of its family, each line of the file being one; a word stays with the first that names it."""
    found: dict[str, str] = {}
    for line in (Path(__file__).parent / "families" / f"{language.value}.txt").read_text("utf-8").splitlines():
        stems = [_ending_cut(word, language) for word in line.split()]
        family = found.get(stems[0], stems[0])
        for other in stems:
            found.setdefault(other, family)
    return found


def _stemmer(language: Language) -> Stemmer.Stemmer:
    """One for each thread: they hold a state of their own."""
    stemmers: dict[Language, Stemmer.Stemmer] | None = getattr(_own, "stemmers", None)
    if stemmers is None:
        stemmers = _own.stemmers = {}
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(_ALGORITHMS[language], 0)
    return stemmers[language]
