"""The words by which a product or a matter is known: stems, without those that every message about orders holds."""

from functools import cache, lru_cache

from activities.wording import clean
from domain.vocabulary import Language
from retrieval.analysis.stopwords import stop_words
from retrieval.analysis.terms import terms

MAX_READ = 4_000
SHORTEST = 3


@lru_cache(maxsize=2_048)
def telling_stems(text: str, language: Language) -> frozenset[str]:
    """The stems of a text's telling words; of German compounds also of their parts."""
    found = terms(clean(text[:MAX_READ]), language)
    return frozenset(each for each in found if len(each) >= SHORTEST and each.isalpha()) - _silent(language)


@cache
def _silent(language: Language) -> frozenset[str]:
    return frozenset(stem for word in stop_words(language) for stem in terms(word, language))
