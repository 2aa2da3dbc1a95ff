"""From a word to its stem: Snowball's algorithms, made to meet words without their accents. Pure."""

import re
import threading

import Stemmer

from domain.vocabulary import Language
from retrieval.analysis.folding import fold

_ALGORITHMS = {
    Language.EN: "english",
    Language.ES: "spanish",
    Language.FR: "french",
    Language.DE: "german",
    Language.PT: "portuguese",
}

_ENDINGS: dict[Language, tuple[tuple[re.Pattern[str], str], ...]] = {
    Language.ES: ((re.compile(r"ia(s|n|mos|is)?$"), r"ía\1"),),
    Language.FR: ((re.compile(r"ee(s)?$"), r"ée\1"), (re.compile(r"ite(s)?$"), r"ité\1")),
    Language.PT: (
        (re.compile(r"cao$"), "ção"),
        (re.compile(r"coes$"), "ções"),
        (re.compile(r"([ai])vel$"), r"ável"),
    ),
}
"""Endings that the algorithms know with an accent only; every word is folded first, so that both spellings meet."""

_own = threading.local()


def stem(word: str, language: Language) -> str:
    """The folded stem of a lower-case word; the same for a word with its accents, without, and with ae, oe, ue."""
    if language is Language.DE:
        return fold(_stemmer(language).stemWord(word))
    word = fold(word)
    for ending, accented in _ENDINGS.get(language, ()):
        word = ending.sub(accented, word)
    return fold(_stemmer(language).stemWord(word))


def _stemmer(language: Language) -> Stemmer.Stemmer:
    """One for each thread: they hold a state of their own."""
    stemmers: dict[Language, Stemmer.Stemmer] | None = getattr(_own, "stemmers", None)
    if stemmers is None:
        stemmers = _own.stemmers = {}
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(_ALGORITHMS[language], 0)
    return stemmers[language]
