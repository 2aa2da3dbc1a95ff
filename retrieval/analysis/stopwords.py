"""Words that carry nothing in a question: articles, pronouns, question words, courtesies. Lists of our own."""

from functools import cache
from pathlib import Path

from domain.vocabulary import Language
from retrieval.analysis.folding import fold

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@cache
def stop_words(language: Language) -> frozenset[str]:
    """In lower case with their accents, without, and in German with ae, oe, ue.

    Negations and what is allowed or due (`nicht`, `sin`, `must`) stay in a question: they tell passages apart.
    An accent of its own tells a word from a stop word: `té` is none, though `te` is.
    """
    words = (Path(__file__).parent / "stopwords" / f"{language.value}.txt").read_text("utf-8").split()
    return frozenset(form for word in words for form in (word.casefold(), fold(word), word.translate(_UMLAUTS)))
