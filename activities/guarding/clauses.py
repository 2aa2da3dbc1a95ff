"""Sentences cut into clauses, each with what it speaks of and whether it denies it: what polarity is compared on."""

import json
import re
from functools import cache, lru_cache
from typing import NamedTuple

from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES, clean, sentences_of
from domain.vocabulary import Language
from retrieval.analysis.stopwords import stop_words
from retrieval.analysis.terms import terms

MAX_TEXT = 12_000
"""Longer sources and replies are compared no further."""
MAX_CLAUSES = 400
FEW = 2
"""A colon behind a denial of at most so many words of content goes on with what is denied."""
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_RULER = re.compile(r"^[\s|:-]+$")
_HEADING = re.compile(r"^\s*#{1,6}\s|^\s*[-*]?\s*\*\*[^*]+:\*\*\s*$")
_ANSWER = re.compile(r"^(?:no|yes|nein|ja|non|oui|si|sí|não|nao|sim)\s*[,:.;!–-]\s*", re.I)
_MARK = re.compile(r"^\s*(?:#{1,6}\s+|[-*•]\s+|\d{1,2}[.)]\s+|>\s+)|\*\*|__|`", re.MULTILINE)
_BRACKETS = re.compile(r"\(([^()]{1,300})\)")
LETTERS = 2
"""So many letters of a word are looked up before a pattern is tried."""
_STARTS = re.compile(rf"\b[\w']{{1,{LETTERS}}}")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


class Polarity(NamedTuple):
    """The words of one language that turn a sentence into its opposite."""

    negations: re.Pattern[str]
    limits: re.Pattern[str]
    innocent: re.Pattern[str]
    conditions: re.Pattern[str]
    breaks: re.Pattern[str]
    cuts: re.Pattern[str]
    """Where one clause ends and the next begins."""
    opposites: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    beginnings: dict[str, tuple[tuple[int, int], ...]]
    """From the first letters of a word to the sides of pairs that may begin with it: most clauses hold none."""
    contrary: tuple[frozenset[str], ...]
    """The stems of both sides of each pair, which say nothing about what a clause speaks of."""


class Clause(NamedTuple):
    """A part of a sentence that can be true or false by itself."""

    text: str
    stems: frozenset[str]
    """What it speaks of: stems of the words that are no stop words and no negations."""
    negated: bool = False
    limited: bool = False
    """`only` or `unless`: it says something for the opposite too."""
    sides: frozenset[tuple[int, int]] = frozenset()
    """Which pairs of opposites it holds, and which side of each."""
    asserts: bool = True
    """Not so in a heading: it names a matter."""
    conditional: bool = False
    """`if …`, `as long as …`: it says when, not that."""
    spans: bool = False
    """Both sides of a colon, whose parts are clauses as well."""


@cache
def polarity(language: Language) -> Polarity:
    """The lists of one language, read once a process."""
    lists = json.loads((RESOURCES / "polarity" / f"{language.value}.json").read_text(encoding="utf-8"))
    return Polarity(
        negations=compiled(lists["negations"]),
        limits=compiled(lists["limits"]),
        innocent=compiled(lists["innocent"]),
        conditions=compiled(lists["conditions"]),
        breaks=compiled(lists["breaks"]),
        cuts=re.compile(_cuts(lists)),
        opposites=tuple((compiled(one), compiled(other)) for one, other in lists["opposites"]),
        beginnings=_beginnings(lists["opposites"]),
        contrary=tuple(_stems_of([*one, *other], language) for one, other in lists["opposites"]),
    )


def _beginnings(opposites: list[list[list[str]]]) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, set[tuple[int, int]]] = {}
    for index, pair in enumerate(opposites):
        for side, phrases in enumerate(pair):
            for phrase in phrases:
                found.setdefault(comparable(phrase).split()[0][:LETTERS], set()).add((index, side))
    return {letters: tuple(sorted(sides)) for letters, sides in found.items()}


def _stems_of(phrases: list[str], language: Language) -> frozenset[str]:
    words = " ".join(phrase.replace("*", "") for phrase in phrases)
    return frozenset(stem for word in _LETTERS.findall(comparable(words)) for stem in terms(word, language))


def _cuts(lists: dict[str, list[str]]) -> str:
    """Clauses end at marks, before words that open one, and before a negation that follows a comma or an `and`."""
    starters, breaks, joins = (_any(lists[name]) for name in ("starters", "breaks", "conjunctions"))
    denies, soon = (rf"(?:[^\s,]+ ){{0,{most}}}(?:{compiled(lists['negations']).pattern})" for most in (3, 2))
    return (
        rf"[;!?…]|(?<=[^\W\d_]{{3}})\.\s|,\s+(?=(?:{starters})\b)|,\s+(?={denies})|\s+(?=(?:{joins}) {soon})"
        rf"|\s+(?=(?:{breaks})\b)|\s[–-]\s"
    )


def _any(phrases: list[str]) -> str:
    return "|".join(sorted((re.escape(comparable(each)) for each in phrases), key=len, reverse=True))


@lru_cache(maxsize=1_024)
def clauses_of(text: str, language: Language) -> tuple[Clause, ...]:
    """The clauses of a text in order, without questions, at most MAX_CLAUSES."""
    found: list[Clause] = []
    names: list[str] = []
    for line in clean(text[:MAX_TEXT]).split("\n"):
        if _RULER.match(line) or not _LETTERS.search(line):
            continue
        plain = _MARK.sub("", line).strip()
        if not _ROW.match(line):
            names = []
            found += _of_line(plain, language, heading=_HEADING.match(line) is not None)
            continue
        cells = [comparable(cell) for cell in plain.strip("|").split("|")]
        names = names or cells
        found += _of_row(cells, names, language)
    return tuple(found[:MAX_CLAUSES])


def _of_line(line: str, language: Language, *, heading: bool) -> list[Clause]:
    found = []
    for sentence in sentences_of(line, 100):
        if not sentence.rstrip("”»\"' ").endswith("?"):
            found += _cut(comparable(_ANSWER.sub("", sentence)), language, heading=heading)
    return found


def _of_row(cells: list[str], names: list[str], language: Language) -> list[Clause]:
    """A row of a table is one clause. Where a cell denies something, each part of the row stands for itself, and a
    mere `none` or `never` goes with the name of its column."""
    if not polarity(language).negations.search(" ".join(cells)):
        return [_clause(" ".join(cells), language)]
    parts = [part.strip() for cell in cells for part in re.split(r"[,;()]", cell)]
    parts += [
        f"{name} {cell}"
        for name, cell in zip(names, cells, strict=False)
        if polarity(language).negations.search(cell) and not content_of(cell, language)
    ]
    parts.append(" ".join(cell for cell in cells if not polarity(language).negations.search(cell)))
    return [_clause(part, language) for part in parts if content_of(part, language)]


def _cut(words: str, language: Language, *, heading: bool) -> list[Clause]:
    found: list[str] = []
    whole: list[str] = []
    for segment in (each for each in re.split(r"[;!?…]", _without_brackets(words, language)) if each.strip(" .,:")):
        parts = _parts(segment, language)
        pieces = [
            piece for part in parts for cut in polarity(language).cuts.split(part) for piece in _ended(cut, language)
        ]
        found += _joined([piece for each in pieces if (piece := each.strip(" .,:"))], language)
        whole += [segment.strip()] if len(parts) > 1 else []
    told = [_clause(piece, language, heading=heading) for piece in found]
    return told + [_clause(piece, language, heading=heading, spans=True) for piece in whole]


def _joined(pieces: list[str], language: Language) -> list[str]:
    """The pieces, those that speak of nothing by themselves joined to their neighbour."""
    joined: list[str] = []
    for piece in pieces:
        if not content_of(piece, language) and polarity(language).conditions.match(piece):
            continue
        if joined and (not content_of(piece, language) or not content_of(joined[-1], language)):
            joined[-1] = f"{joined[-1]}, {piece}"
        else:
            joined.append(piece)
    return joined


def _without_brackets(words: str, language: Language) -> str:
    """What stands in brackets goes on with the sentence, unless it denies something: then it stands for itself."""
    signs = polarity(language)
    return _BRACKETS.sub(lambda found: f"; {found[1]};" if signs.negations.search(found[1]) else f" {found[1]} ", words)


def _ended(piece: str, language: Language) -> list[str]:
    """`without giving a reason, you can …` and `if …, we …`: such a phrase ends at its comma."""
    words, signs = piece.strip(), polarity(language)
    starts = signs.conditions.match(words) or (signs.negations.match(words) and signs.breaks.match(words))
    return piece.split(", ", 1) if starts else [piece]


def _parts(words: str, language: Language) -> list[str]:
    """What a colon parts, unless the few words before it deny what is listed behind it."""
    before, colon, after = words.partition(": ")
    last = before.rsplit(", ", 1)[-1]
    lists = polarity(language).negations.search(last) and len(content_of(last, language)) <= FEW
    return [words] if not colon or lists else [before, after]


def _clause(words: str, language: Language, *, heading: bool = False, spans: bool = False) -> Clause:
    signs = polarity(language)
    plain = signs.innocent.sub(" ", words)
    maybe = {each for word in _STARTS.findall(words) for each in signs.beginnings.get(word, ())}
    sides = {(index, side) for index, side in maybe if signs.opposites[index][side].search(words)}
    return Clause(
        words,
        content_of(words, language),
        signs.negations.search(plain) is not None,
        signs.limits.search(plain) is not None,
        frozenset(sides),
        asserts=not heading,
        conditional=signs.conditions.match(words) is not None,
        spans=spans,
    )


@lru_cache(maxsize=8_192)
def content_of(words: str, language: Language) -> frozenset[str]:
    """The stems that tell what the words are about."""
    told = polarity(language).negations.sub(" ", words)
    kept = [word for word in _LETTERS.findall(told) if word not in _silent(language)]
    return frozenset(terms(" ".join(kept), language))


@cache
def _silent(language: Language) -> frozenset[str]:
    return frozenset(comparable(word) for word in stop_words(language))
