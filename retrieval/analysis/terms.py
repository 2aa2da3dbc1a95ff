"""From tokens to terms. Pure."""

import re
from functools import lru_cache

from domain.vocabulary import Language
from retrieval.analysis.folding import fold, plain
from retrieval.analysis.stems import stem
from retrieval.analysis.tokens import atoms, tokens

VERSION = "1"
"""Changes whenever any text would give other terms: what was indexed under another version is indexed anew."""

MAX_QUESTION_TERMS = 100
_MAX_QUESTION_LETTERS = 2_000

_LONGEST = 64
_MAX_ATOMS = 12
_CAMEL = re.compile(r"[^\W\d_][a-zß-öø-ÿ]{2,}(?=[A-Z])|[A-Z][a-zß-öø-ÿ]{2,}$")
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’](?=[^\W\d_]{2})", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
_UNIT = re.compile(r"[^\W\d_]{1,4}$")
_CLITICS = frozenset("me te se lo la los las le les lhe lhes nos vos o a os as no na".split())


def terms(text: str, language: Language) -> list[str]:
    """The index terms of a text in order, repeated where it repeats them, each at most 64 letters. Takes any text.

    A word gives its stem; a code (`HB-200`) its parts and itself in one piece; a number one spelling; a number and its
    unit, or letters and their number (`hb 200`), also the two joined.
    """
    found: list[str] = []
    before = ""
    for token, close in tokens(plain(text)):
        found.extend(_token_terms(token, language))
        if close and (joined := _join(before, token)):
            found.append(joined)
        before = token
    return found


def question_terms(text: str, language: Language) -> list[str]:
    """The terms of a question, each once: at most 100, from its first 2,000 characters."""
    return list(dict.fromkeys(terms(text[:_MAX_QUESTION_LETTERS], language)))[:MAX_QUESTION_TERMS]


def _join(before: str, token: str) -> str:
    """`500 ml` as `500ml`, `hb 200` as `hb200`; empty where the two don't belong together."""
    letters_first = before.isalpha() and token[0].isdecimal()
    number_first = before[:1].isdecimal() and before[-1].isdecimal() and _UNIT.match(token)
    if not letters_first and not number_first:
        return ""
    return _whole([*atoms(before), *atoms(token)])


@lru_cache(maxsize=100_000)
def _token_terms(token: str, language: Language) -> tuple[str, ...]:
    if token.isdecimal():
        return (token[:_LONGEST],)
    if token.isalpha():
        return _word_terms(token, language)
    bare = _POSSESSIVE.sub("", _ELISION.sub("", token))
    pieces = atoms(bare)[:_MAX_ATOMS]
    if len(pieces) == 1 or not any(piece[0].isdecimal() for piece in pieces):
        return _worded(bare, pieces, language)
    return _code(pieces, language)


def _worded(token: str, pieces: list[str], language: Language) -> tuple[str, ...]:
    """Words with marks between them: each, and two in one piece (`e-mail`, `Wi-Fi`) unless the last is a clitic."""
    found = [term for piece in pieces for term in _word_terms(piece, language)]
    initials = len(pieces) > 1 and all(len(piece) == 1 for piece in pieces)
    pair = len(pieces) == 2 and pieces[1].lower() not in _CLITICS and not set(token) & set("/,.")
    if initials or pair:
        found.append(_whole(pieces))
    return tuple(found)


def _code(pieces: list[str], language: Language) -> tuple[str, ...]:
    """`HB-200-XL`: its parts, its neighbours joined, and all in one piece."""
    found = [term for piece in pieces for term in _piece_terms(piece, language)]
    if len(pieces) > 2:
        found += [_whole(pieces[at : at + 2]) for at in range(len(pieces) - 1)]
    if len(pieces) > 1:
        found.append(_whole(pieces))
    return tuple(found)


def _piece_terms(piece: str, language: Language) -> tuple[str, ...]:
    return (piece,) if piece[0].isdecimal() else _word_terms(piece, language)


def _word_terms(word: str, language: Language) -> tuple[str, ...]:
    parts = [fold(part) for part in _CAMEL.findall(word)] if not (word.islower() or word.isupper()) else []
    whole = stem(word.casefold(), language)[:_LONGEST]
    return (whole, *(stem(part, language) for part in parts if len(parts) > 1))


def _whole(pieces: list[str]) -> str:
    """In one piece; numbers alone keep a dash between them unless they are long: `20-18` is not the year 2018."""
    digits = all(piece[0].isdecimal() for piece in pieces)
    mark = "-" if digits and sum(map(len, pieces)) < 8 else ""
    return fold(mark.join(pieces))[:_LONGEST]
