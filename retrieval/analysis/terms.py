"""From tokens to terms. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import Stemmer

from domain.vocabulary import Language
from retrieval.analysis.compounds import split
from retrieval.analysis.folding import fold, fold_german, plain
from retrieval.analysis.stems import stem
from retrieval.analysis.stopwords import stop_words
from retrieval.analysis.tokens import atoms, tokens

VERSION = f"3/{Stemmer.version()}"
"""Changes whenever a text would give other terms, with the stemmers too: other versions' terms are to be made anew."""

MAX_QUESTION_TERMS = 100
_MAX_QUESTION_LETTERS = 2_000

_LONGEST = 64
_MAX_ATOMS = 12
_CAMEL = re.compile(r"[^\W\d_][a-zß-öø-ÿ]{2,}(?=[A-Z])|[A-Z][a-zß-öø-ÿ]{2,}$")
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’](?=[^\W\d_])", re.IGNORECASE)
_SHORTENED = re.compile(r"['’](?:s|m|re|ve|ll|d)$", re.IGNORECASE)
_NEGATED = re.compile(r"(?<=n)['’](?=t$)", re.IGNORECASE)
_UNIT = re.compile(r"[^\W\d_]{1,4}$")
_CLITICS = {
    Language.FR: re.compile(
        r"(?<!^rendez)(?:-t)?(?:-(?:je|tu|ils?|elles?|on|nous|vous|ce|ci|là|les?|la|lui|leur|moi|toi|y|en))+$",
        re.IGNORECASE,
    ),
    Language.PT: re.compile(r"(?:-(?:me|te|se|lhes?|nos|vos|[oa]s?|l[oa]s?|n[oa]s?))+$", re.IGNORECASE),
}


def terms(text: str, language: Language) -> list[str]:
    """The index terms of a text in order, repeated where it repeats them, each at most 64 letters. Takes any text.

    A word gives its stem, in German also its parts (`Lieferadresse`: `lieferadress`, `lief`, `adress`); a code
    (`HB-200`) its parts and itself in one piece; a number one spelling; a number with its unit, or letters with the
    number after them (`hb 200`), also the two joined. Stop words stay: rarity weighs them, and a question leaves them
    out. Terms are stems, meant for comparing, not for reading.
    """
    return [term for word in _words(text, language) for term in word.terms(language)]


def question_terms(text: str, language: Language, passages: Language | None = None) -> list[str]:
    """The terms of a question, each once: at most 100, from its first 2,000 characters.

    Without stop words, unless there is nothing else. `language` is the question's; where the `passages` are in another,
    each word that tells something has that language's terms too, by which names and cognates are met.
    """
    languages = dict.fromkeys((language, passages or language))
    found = list(_words(text[:_MAX_QUESTION_LETTERS], language))
    telling = [word for word in found if not _says_nothing(word.text, language)]
    ordered = (term for word in telling or found for each in languages for term in word.terms(each))
    return list(islice(dict.fromkeys(ordered), MAX_QUESTION_TERMS))


class _Word(NamedTuple):
    """A token without what an apostrophe ties to it; or two that a blank parts, joined: a term as it stands."""

    text: str
    joined: bool = False

    def terms(self, language: Language) -> tuple[str, ...]:
        return (self.text,) if self.joined else _word_terms(self.text, language)


def _words(text: str, language: Language) -> Iterator[_Word]:
    before = ""
    for token, close in tokens(plain(text)):
        word = token if token.isalnum() else _bare(token, language)
        yield _Word(word)
        joined = _join(before, word, language) if close else ""
        if joined:
            yield _Word(joined, joined=True)
        before = "" if joined[:1].isdecimal() else word


def _bare(token: str, language: Language) -> str:
    """Without what a mark ties to it: `l'adresse`, `customer's`, `puis-je`, `devolvê-lo`; `don't` as `dont`."""
    bare = _NEGATED.sub("", _SHORTENED.sub("", _ELISION.sub("", token)))
    return _CLITICS[language].sub("", bare) if language in _CLITICS else bare


def _says_nothing(word: str, language: Language) -> bool:
    return word.casefold() in stop_words(language)


def _join(before: str, word: str, language: Language) -> str:
    """`500 ml` as `500ml`, `hb 200` as `hb200`; empty where the two don't belong together."""
    code = before.isalpha() and word[0].isdecimal() and not _says_nothing(before, language)
    measure = before[-1:].isdecimal() and _UNIT.match(word) and not (len(word) > 1 and _says_nothing(word, language))
    return _whole([*atoms(before), *atoms(word)]) if code or measure else ""


@lru_cache(maxsize=100_000)
def _word_terms(word: str, language: Language) -> tuple[str, ...]:
    if word.isdecimal():
        return (word[:_LONGEST],)
    if word.isalpha():
        return _stems(word, language)
    pieces = atoms(word)[:_MAX_ATOMS]
    found = [term for piece in pieces for term in _piece_terms(piece, language)]
    if any(piece[0].isdecimal() for piece in pieces):
        found += _joined_code(pieces)
    elif _is_one_word(word, pieces):
        found.append(_whole(pieces))
    return tuple(found)


def _joined_code(pieces: list[str]) -> list[str]:
    """Of `HB`, `200`, `XL` the neighbours joined, and all in one piece."""
    pairs = [_whole(pieces[at : at + 2]) for at in range(len(pieces) - 1)] if len(pieces) > 2 else []
    return [*pairs, _whole(pieces)] if len(pieces) > 1 else []


def _is_one_word(word: str, pieces: list[str]) -> bool:
    """Whether words with marks between them are also written in one: `e-mail`, `Wi-Fi`, `U.S.`, not `and/or`."""
    return (len(pieces) == 2 and not set(word) & set("/,.")) or (
        len(pieces) > 1 and all(len(one) == 1 for one in pieces)
    )


def _piece_terms(piece: str, language: Language) -> tuple[str, ...]:
    return (piece,) if piece[0].isdecimal() else _stems(piece, language)


def _stems(word: str, language: Language) -> tuple[str, ...]:
    whole = stem(word[:_LONGEST], language)[:_LONGEST]
    if language is Language.DE and (parts := split(fold_german(word[:_LONGEST]))):
        return (whole, *(stem(part, language) for part in parts))
    humps = [] if word.islower() or word.isupper() else _CAMEL.findall(word[:_LONGEST])
    return (whole, *(stem(hump, language) for hump in humps)) if len(humps) > 1 else (whole,)


def _whole(pieces: list[str]) -> str:
    """In one piece; numbers alone keep a dash between them unless they are long: `20-18` is not the year 2018."""
    digits = all(piece[0].isdecimal() for piece in pieces)
    mark = "-" if digits and sum(map(len, pieces)) < 8 else ""
    return fold(mark.join(pieces))[:_LONGEST]
