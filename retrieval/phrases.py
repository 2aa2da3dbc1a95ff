"""Lists of phrases as patterns, one text file a language, looked for whatever the language of a text: people mix them.

The lists of `activities` are for one customer's message and stay literal; these know alternatives, the beginning of a
clause, and finds that other words take back: a document is long and says ordinary things with the same words.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from domain.vocabulary import Language
from retrieval.disguises import plain_words

FOLDER = Path(__file__).parent / "resources" / "quarantine"
BREAK = "|"
"""Stands in plain words where a clause ends."""

_TOKEN = re.compile(r"\([^)]*\)\*?\??|\S+")
_GAP = re.compile(r"~(\d?)")
_STARTS = ("| ", ", ", *(f" {word} " for word in "and then but please also y e et puis und dann bitte".split()))
_CLAUSE = "(?:" + "|".join(f"(?<={re.escape(start)})" for start in _STARTS) + ")"
_SEPARATOR = " (?:, )?"


class Phrase(NamedTuple):
    """One phrase: the words it may begin with (None: any), and its pattern over plain words."""

    firsts: frozenset[str] | None
    pattern: re.Pattern[str]


class Section:
    """The phrases of one section of every language's list."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._anywhere: list[re.Pattern[str]] = []
        self._by_first: dict[str, list[re.Pattern[str]]] = {}
        for phrase in phrases:
            if phrase.firsts is None:
                self._anywhere.append(phrase.pattern)
            for first in phrase.firsts or ():
                self._by_first.setdefault(first, []).append(phrase.pattern)

    def candidates(self, words: Iterable[str]) -> list[re.Pattern[str]]:
        """The patterns that a text of these words may match; the others need not be tried."""
        begun = (pattern for word in words for pattern in self._by_first.get(word, ()))
        return list(dict.fromkeys(chain(self._anywhere, begun)))


@cache
def section_of(name: str) -> Section:
    """The phrases of the section of that name, read once a process."""
    return Section(_phrase(line) for language in Language for section, line in _lines(language) if section == name)


def _lines(language: Language) -> Iterator[tuple[str, str]]:
    section = ""
    for line in (FOLDER / f"{language.value}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif line.strip() and not line.startswith("#"):
            yield section, line.strip()


def _phrase(line: str) -> Phrase:
    tokens = _TOKEN.findall(line)
    at_start = tokens[0] == "^"
    if at_start:
        tokens = tokens[1:]
    pattern = (_CLAUSE if at_start else "(?<= )") + "".join(_regex(token) for token in tokens)
    return Phrase(_firsts(tokens[0]), re.compile(pattern))


def _regex(token: str) -> str:
    if gap := _GAP.fullmatch(token):
        return rf"(?:[^\s|]+{_SEPARATOR}){{0,{gap.group(1) or 4}}}"
    if token.startswith("("):
        optional = "?" if token.endswith("?") else ""
        ends = r"\w*" if token.rstrip("?").endswith("*") else ""
        choices = "|".join(_words(choice) for choice in token.rstrip("?*").strip("()").split("|"))
        return f"(?:(?:{choices}){ends}{_SEPARATOR}){optional}"
    return _words(token) + _SEPARATOR


def _words(text: str) -> str:
    """Some words of a phrase as a regular expression without its last separator."""
    parts = (plain_words(word.rstrip("*")).strip(" |") for word in text.split())
    stars = (r"\w*" if word.endswith("*") else "" for word in text.split())
    return _SEPARATOR.join(re.escape(part).replace(r"\ ", " ") + star for part, star in zip(parts, stars, strict=True))


def _firsts(token: str) -> frozenset[str] | None:
    choices = token.rstrip("?").strip("()").split("|") if token.startswith("(") else [token]
    firsts = [choice.split()[0] for choice in choices]
    if token.endswith("?") or any(first.endswith("*") for first in firsts):
        return None
    return frozenset(plain_words(first).strip(" |").split()[0] for first in firsts)
