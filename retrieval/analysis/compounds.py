"""German compounds: `Lieferadresse` into `liefer` and `adresse`. Pure. All words here are folded.

The parts are the words of `german_parts.txt`, nouns and the stems of verbs, that shops and their customers join most.
Parts learned from a general dictionary (1.1 million forms) were tried instead: hit@1 .930 against .951, words cut that
are no compounds, and seconds and 200 MB to read it.
"""

import re
from functools import cache, lru_cache
from pathlib import Path

from retrieval.analysis.folding import fold_german

_SHORTEST, _LONGEST = 7, 48
_LINKS = ("s", "es", "n", "en", "er", "e", "ens")
_ENDINGS = ("s", "es", "n", "en", "e", "er", "ern", "em", "nen", "se", "ses", "sen")
_QUALITIES = frozenset(
    "dicht fest frei freundlich fahig pflichtig gerecht sicher bereit echt los arm reich voll".split()
)
"""Adjectives that stand last in a compound: `wasserdicht`, `versandkostenfrei`."""

_PREFIXES = tuple(
    "nach unter uber durch inter wieder wider hinter hint zwischen gegen zusammen nieder fort voll miss heraus hinaus"
    " einander vorher uberein ver ent zer ange abge ausge einge aufge vorge zuge umge unge mitge nachge".split()
)
"""No unknown first part ends in these: what follows is a verb's, not a word of its own."""

_BACK = re.compile(r"zuruck([a-z]{4,})?$|ruck((?:gabe|nahme|send|erstatt|zahl|versand|ruf)(?:e|en|n|s|ung|ungen)?)$")
"""`zurückgeben` and `Rückgabe` meet by what they have in common; a longer word is a compound of `Rückgabe`."""

_LINKED_BY_S = ("ung", "heit", "keit", "schaft", "ion", "tat")
_SUFFIXES = tuple(
    "lich schaft keit heit isch ung ismus itat ier ion iv ell al haft los er en ig bar rung lung nung".split()
)


@lru_cache(maxsize=50_000)
def split(word: str) -> tuple[str, ...]:
    """The parts of a folded word, a part that has parts itself before them; empty for what isn't made of known ones.

    `kreditkartenzahlung` gives `kreditkarten`, `kredit`, `karten`, `zahlung`. Of a long word one known part is enough:
    `mahroboterzubehor` gives `mahroboter`, `zubehor`.
    """
    if back := _BACK.match(word):
        return ("ruck", *filter(None, back.groups()))
    if not _SHORTEST <= len(word) <= _LONGEST or _is_part(word, _ENDINGS):
        return ()
    found = _whole(word) or _half(word)
    if not found:
        return ()
    before, last = found
    return (before, *split(before), last, *split(last))


@lru_cache(maxsize=50_000)
def _whole(word: str) -> tuple[str, str] | None:
    """The word in two where each is made of known parts, the fewest of them; the longest last part decides a tie."""
    best: tuple[int, tuple[str, str]] | None = None
    for at in range(2, len(word) - 2):
        before, last = word[:at], word[at:]
        if not (_is_part(last, _ENDINGS) or _less(last, _ENDINGS, _QUALITIES)):
            continue
        count = 1 if _is_modifier(before) else _count(before)
        if count and (best is None or count < best[0]):
            best = count, (before, last)
    return best[1] if best else None


def _count(word: str) -> int:
    """How many parts a modifier that is a compound itself has; 0 where it is none."""
    found = _whole(word) if len(word) >= _SHORTEST else None
    return 1 + (1 if _is_modifier(found[0]) else _count(found[0])) if found else 0


def _half(word: str) -> tuple[str, str] | None:
    """A long known part and a rest nobody knows, a brand or a rare word of four letters or more."""
    for at in range(len(word) - 4, 4, -1):
        before, last = word[:at], word[at:]
        if before in _parts():
            last = last.removeprefix("s" if before.endswith(_LINKED_BY_S) else "n" if before.endswith("e") else "")
            if len(last) > 3 and not last.startswith(_SUFFIXES):
                return before, last
            break
    for at in range(4, len(word) - 5):
        before, last = word[:at], word[at:]
        if not before.endswith(_PREFIXES) and _less(last, _ENDINGS, _long_parts()):
            return before, last
    return None


def _is_modifier(word: str) -> bool:
    return _is_part(word, _LINKS) or (len(word) > 3 and word + "e" in _parts())


def _is_part(word: str, endings: tuple[str, ...]) -> bool:
    return _less(word, endings, _parts())


def _less(word: str, endings: tuple[str, ...], known: frozenset[str]) -> bool:
    """Whether the word is known as it stands, or less its ending with four letters or more."""
    if word in known:
        return True
    return any(word.endswith(end) and len(word) - len(end) > 3 and word[: -len(end)] in known for end in endings)


@cache
def _parts() -> frozenset[str]:
    return frozenset(map(fold_german, (Path(__file__).parent / "german_parts.txt").read_text("utf-8").split()))


@cache
def _long_parts() -> frozenset[str]:
    return frozenset(part for part in _parts() if len(part) > 5)
