"""In which of the five languages a text is written, by its stop words: microseconds, for choosing a word list."""

import re
from functools import cache, lru_cache

from activities.wording import fold
from domain.vocabulary import Language
from retrieval.analysis.stopwords import stop_words

_WORDS_READ = 120
PLAINLY, AHEAD = 10, 1.5
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=2_048)
def tongue_of(text: str, hint: Language | None = None) -> Language:
    """The language with the most stop words in the text; the hint where others have no more, else English."""
    hits = _hits(text)
    best = max(hits.values())
    if hint is not None and hits[hint] >= 0.8 * best:
        return hint
    return next((language for language, count in hits.items() if count == best), Language.EN)


def is_plainly(text: str, language: Language) -> bool:
    """Whether so many of the text's words are this language's and no other's that nothing else needs to be asked."""
    hits = _hits(text)
    return hits[language] >= PLAINLY and hits[language] >= AHEAD * max(
        hits[each] for each in Language if each != language
    )


@lru_cache(maxsize=2_048)
def _hits(text: str) -> dict[Language, int]:
    words = _WORD.findall(fold(text[:2_000]))[:_WORDS_READ]
    return {language: sum(word in _folded(language) for word in words) for language in Language}


@cache
def _folded(language: Language) -> frozenset[str]:
    return frozenset(fold(word) for word in stop_words(language))
