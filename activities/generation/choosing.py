"""Which pieces go into a reply, once it is known how well each answers: what answers each question, with what it leans
on, and no more than a customer reads. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from activities.generation.judging import Judged
from activities.generation.pieces import Piece
from activities.wording import fold
from domain.vocabulary import Kind

WORDS = 90
"""Of all quotes together; what a single answer needs may go beyond."""
WORDS_FOR_ONE = 60
"""Of the quotes for one of several questions."""
WHOLE_LIST = 60
"""Words up to which a list that something leads up to is quoted whole."""
WHOLE_FAQ = 75
"""Words up to which the answer of an FAQ is quoted whole."""
ALSO = 0.5
"""A further piece is quoted when its chance reaches this share of the best one's."""
NEXT = 0.25
"""The same for the piece right after a quoted one."""
FAINT = 0.02
"""Below this chance of its best piece nothing is quoted for a question at all."""
SAME = 0.75
"""Share of a piece's longer words that a quoted one has, from which on it says nothing new."""


class Chosen(NamedTuple):
    """What to quote, in the order of the passages."""

    pieces: tuple[Piece, ...]
    unanswered: tuple[str, ...]
    """Questions that nothing found answers, as the customer asked them."""


def choose(pieces: Sequence[Piece], judged: Sequence[Judged], answered: float) -> Chosen:
    """`answered`: the chance of its best piece from which on a question counts as answered. Where none does, the best
    there is is quoted for an agent to look at, with the question among the unanswered."""
    open_questions = tuple(each.question.own for each in judged if each.chances[each.best] < answered)
    settled = [each for each in judged if each.chances[each.best] >= answered]
    if not settled:
        likeliest = max(judged, key=lambda each: each.chances[each.best])
        settled = [likeliest] if likeliest.chances[likeliest.best] >= FAINT else []
    budget = WORDS_FOR_ONE if len(settled) > 1 else WORDS
    taken: list[int] = []
    for each in settled:
        taken += [place for place in _for_one(pieces, each, budget) if place not in taken]
    kept = _without_repetition(pieces, taken)
    order = list(dict.fromkeys(pieces[place].passage.passage_id for place in kept))
    kept.sort(key=lambda place: (order.index(pieces[place].passage.passage_id), pieces[place].place))
    return Chosen(tuple(pieces[place] for place in kept), open_questions)


def _for_one(pieces: Sequence[Piece], judged: Judged, budget: int) -> list[int]:
    """Places of the pieces that answer one question, best first."""
    best, chances = judged.best, judged.chances
    taken = _with_company(pieces, best)
    least = ALSO * chances[best]
    for place in sorted(range(len(pieces)), key=lambda place: -chances[place]):
        follows = any(_follows(pieces[place], pieces[each]) for each in taken)
        if place in taken or not _worth(pieces[place], chances[place], least, NEXT * chances[best], follows=follows):
            continue
        more = [each for each in _with_company(pieces, place) if each not in taken]
        if _words(pieces, [*taken, *more]) <= budget and not _repeats(pieces, place, taken):
            taken += more
    return taken


def _worth(piece: Piece, chance: float, least: float, least_next: float, *, follows: bool) -> bool:
    return chance >= least or (follows and (chance >= least_next or piece.leans))


def _follows(piece: Piece, before: Piece) -> bool:
    """A sentence right after another of the same paragraph."""
    same = piece.passage.passage_id == before.passage.passage_id and piece.block == before.block
    return same and piece.shape == "sentence" and piece.place == before.place + 1


def _with_company(pieces: Sequence[Piece], place: int) -> list[int]:
    """A piece with what it makes no sense without: the sentence it points back at, the other steps of a list; a short
    FAQ as a whole, which was written as one answer."""
    piece = pieces[place]
    own = [at for at, each in enumerate(pieces) if each.passage.passage_id == piece.passage.passage_id]
    if piece.passage.kind is Kind.FAQ and _words(pieces, own) <= WHOLE_FAQ:
        return [place, *(at for at in own if at != place)]
    if piece.shape in ("item", "step") and (piece.lead or piece.shape == "step"):
        together = [at for at in own if pieces[at].block == piece.block]
        if _words(pieces, together) <= WHOLE_LIST:
            return [place, *(at for at in together if at != place)]
    found = [place]
    while pieces[found[-1]].leans and len(found) < 3:
        before = [at for at in own if pieces[at].place == pieces[found[-1]].place - 1]
        if not before or pieces[before[0]].shape != "sentence":
            break
        found.append(before[0])
    return found


def _words(pieces: Sequence[Piece], places: Sequence[int]) -> int:
    return sum(pieces[place].words for place in places)


def _repeats(pieces: Sequence[Piece], place: int, taken: Sequence[int]) -> bool:
    return any(_says_the_same(pieces[place], pieces[each]) for each in taken)


def _without_repetition(pieces: Sequence[Piece], taken: Sequence[int]) -> list[int]:
    """The first of those that say the same; within one passage nothing is left out, it was written as it stands."""
    kept: list[int] = []
    for place in taken:
        others = [each for each in kept if pieces[each].passage.passage_id != pieces[place].passage.passage_id]
        if not _repeats(pieces, place, others):
            kept.append(place)
    return kept


def _says_the_same(piece: Piece, other: Piece) -> bool:
    own, others = _telling(piece.text), _telling(other.text)
    return bool(own) and len(own & others) >= SAME * len(own)


@lru_cache(maxsize=8_192)
def _telling(text: str) -> frozenset[str]:
    words = "".join(letter if letter.isalnum() else " " for letter in fold(text)).split()
    return frozenset(word[:6] for word in words if len(word) > 3 or word.isdigit())
