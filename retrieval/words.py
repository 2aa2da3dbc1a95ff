"""Words for the keyword search: the same cutting and accent folding for what is indexed and what is asked. Pure."""

import re
import unicodedata

MAX_QUESTION_WORDS = 100

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:[-/'’][^\W_]+)*", re.UNICODE)
_PART = re.compile(r"[^\W_]+", re.UNICODE)


def fold(text: str) -> str:
    """Lower case without accents: `Devolución` becomes `devolucion`, `größe` becomes `grosse`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def search_words(text: str) -> str:
    """The text as words between spaces, ready for `to_tsvector`.

    PostgreSQL's parser takes `HB-200` for `hb` and the number -200, so words are cut here. A code is kept in parts and
    joined (`hb 200 hb200`), and a word with accents is followed by its folded form: the stemmers know the accented
    endings, customers often leave the accents out.
    """
    words: list[str] = []
    for found in _WORD.finditer(unicodedata.normalize("NFKC", text)):
        words.extend(_forms(found.group().casefold()))
    return " ".join(words)


def question_words(text: str) -> str:
    """Words of a question, each once, at most the first hundred."""
    return " ".join(list(dict.fromkeys(search_words(text).split()))[:MAX_QUESTION_WORDS])


def _forms(word: str) -> list[str]:
    if word[0].isdigit() and ("." in word or "," in word):
        return [word.replace(",", ".")]
    parts = _PART.findall(word)
    forms = []
    for part in parts:
        folded = fold(part)
        forms += [part] if folded == part else [part, folded]
    if len(parts) > 1 and any(letter.isdigit() for letter in word):
        forms.append(fold("".join(parts)))
    return forms
