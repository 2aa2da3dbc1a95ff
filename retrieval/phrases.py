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
_LIST = re.compile(r"@\w+")
_GAP = re.compile(r"~(\d*)")
_STARTS = ("| ", ", ", *(f" {word} " for word in "and then but please also y e et puis und dann bitte".split()))
_CLAUSE = "(?<= )(?:" + "|".join(f"(?<={re.escape(start)})" for start in _STARTS) + ")"
_SEPARATOR = " (?:, )?"
_PLACES = {"/": r"(?:(?:[|,] )+|\Z)", ",": r"(?:, )+"}


class Phrase(NamedTuple):
    """One phrase: the section it stands in, words one of which its texts hold (None: any may match), and its pattern
    over plain words."""

    section: str
    needed: frozenset[str] | None
    pattern: re.Pattern[str]


class Phrases:
    """Phrases of some sections of every language's list."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._anywhere: list[Phrase] = []
        self._by_word: dict[str, list[Phrase]] = {}
        for phrase in phrases:
            if phrase.needed is None:
                self._anywhere.append(phrase)
            for word in phrase.needed or ():
                self._by_word.setdefault(word, []).append(phrase)

    def candidates(self, words: Iterable[str]) -> Iterator[Phrase]:
        """Those that a text of these words may match; the others need not be tried."""
        likely = [phrase for word in words for phrase in self._by_word.get(word, ())]
        return chain(self._anywhere, {id(phrase): phrase for phrase in likely}.values())


@cache
def phrases_of(*sections: str, folder: Path = FOLDER) -> Phrases:
    """The phrases of the sections of these names in a folder's lists, read once a process."""
    return Phrases(
        _phrase(section, line)
        for language in Language
        for section, line in _lines(folder, language)
        if section in sections
    )


def _lines(folder: Path, language: Language) -> Iterator[tuple[str, str]]:
    """Each phrase with the name of its section; `@name` stands for the words that were listed under it above."""
    section = ""
    lists: dict[str, str] = {}
    for line in (folder / f"{language.value}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif line.startswith("@") and " = " in line:
            name, _, words = line.partition(" = ")
            lists[name] = f"({words.strip()})"
        elif line.strip() and not line.startswith("#"):
            yield section, _LIST.sub(lambda found: lists[found.group()], line.strip())


def _phrase(section: str, line: str) -> Phrase:
    parts = _TOKEN.findall(line)
    at_start = parts[0] == "^"
    if at_start:
        parts = parts[1:]
    pattern = (_CLAUSE if at_start else "(?<= )") + "".join(_regex(part) for part in parts)
    return Phrase(section, _needed(parts), re.compile(pattern))


def _regex(part: str) -> str:
    if part in _PLACES:
        return _PLACES[part]
    if gap := _GAP.fullmatch(part):
        return rf"(?:[^\s|]+{_SEPARATOR}){{0,{gap.group(1) or 4}}}"
    if part.startswith("("):
        optional = "?" if part.endswith("?") else ""
        ends = r"\w*" if part.rstrip("?").endswith("*") else ""
        choices = "|".join(_words(choice) for choice in part.rstrip("?*").strip("()").split("|"))
        return f"(?:(?:{choices}){ends}{_SEPARATOR}){optional}"
    return _words(part) + _SEPARATOR


def _words(text: str) -> str:
    """Some words of a phrase as a regular expression without its last separator."""
    parts = (plain_words(word.rstrip("*")).strip(" |") for word in text.split())
    stars = (r"\w*" if word.endswith("*") else "" for word in text.split())
    return _SEPARATOR.join(re.escape(part).replace(r"\ ", " ") + star for part, star in zip(parts, stars, strict=True))


def _needed(parts: Iterable[str]) -> frozenset[str] | None:
    """Words one of which a text must hold for the phrase to match: those of the part that is the least common, which is
    the one with the longest words; None when any text may match."""
    sets = [words for part in parts if (words := _beginnings(part))]
    return max(sets, key=lambda words: min(map(len, words)), default=None)


def _beginnings(part: str) -> frozenset[str]:
    if part in _PLACES or part.endswith("?") or _GAP.fullmatch(part):
        return frozenset()
    choices = part.strip("()").split("|")
    firsts = [choice.split()[0] for choice in choices]
    if part.endswith("*") or any(first.endswith("*") for first in firsts):
        return frozenset()
    return frozenset(plain_words(first).strip(" |").split()[0] for first in firsts)
