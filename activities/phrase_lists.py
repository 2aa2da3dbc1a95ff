"""Lists of phrases in text files, one file a language, compiled to one pattern.

In a phrase `*` stands for the rest of a word and `~` for up to four words; accents, case and hyphens do not count. All
five languages are looked through whatever the text's language: people mix them.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from activities.wording import RESOURCES, fold
from domain.vocabulary import Language


def read_lines(path: Path) -> tuple[str, ...]:
    """The lines of a list, without blank ones and comments (`#`); none when there is no such file."""
    if not path.is_file():
        return ()
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def comparable(text: str) -> str:
    """A text as the patterns of this module read it: folded, hyphens and runs of space as one space."""
    return " ".join(fold(text).replace("-", " ").split())


@cache
def phrase_pattern(folder: str) -> re.Pattern[str]:
    """One pattern for every phrase of `resources/{folder}/{language}.txt`; matches nothing when there are none."""
    phrases = {phrase for language in Language for phrase in read_lines(RESOURCES / folder / f"{language.value}.txt")}
    return compiled(phrases)


def compiled(phrases: Iterable[str]) -> re.Pattern[str]:
    """One pattern for these phrases, to be searched in a `comparable` text."""
    ordered = sorted(set(phrases), key=len, reverse=True)
    return re.compile("|".join(_regex(phrase) for phrase in ordered) or r"(?!)")


def _regex(phrase: str) -> str:
    parts = []
    for word in comparable(phrase).split():
        parts.append(r"(?:\S+ ){0,4}" if word == "~" else re.escape(word).replace(r"\*", r"\w*") + " ")
    return r"\b" + "".join(parts).removesuffix(" ") + r"(?!\w)"
