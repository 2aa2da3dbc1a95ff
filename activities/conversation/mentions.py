"""Which orders a conversation speaks of, and what the customer has told of themselves."""

import re
from typing import NamedTuple

from activities.classification.entities import OrderIdReader
from activities.conversation.questions import questions_in
from activities.conversation.turns import OURS, Turns
from activities.wording import clean
from domain.conversations import Digest

_READER = OrderIdReader()
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_BARE = re.compile(r"(?<![\w.,/:+-])#?\s?(\d{4,12})(?![\w/:-]|[.,]\d)")


class Mentions(NamedTuple):
    """The orders of a conversation."""

    known: tuple[str, ...] = ()
    """Every one of them, in the order of first mention."""
    focus: tuple[str, ...] = ()
    """Those that the last turn with any spoke of."""
    listed: tuple[str, ...] = ()
    """The last that were named together, two or more, in their order there."""


class Given(NamedTuple):
    """What the customer has said of themselves in a conversation, oldest first: what need not be asked again."""

    order_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def emails_in(text: str) -> tuple[str, ...]:
    """Addresses in a text, in lower case, each once."""
    return tuple(dict.fromkeys(match.group().rstrip(".").lower() for match in _EMAIL.finditer(clean(text))))


def order_ids_in(text: str, *, bare: bool = False) -> tuple[str, ...]:
    """Order ids in a text; with `bare` digits alone count too: the customer was asked for a number."""
    text = clean(text)
    found = _READER.read(text)
    if found or not bare:
        return found
    return tuple(dict.fromkeys(match.group(1) for match in _BARE.finditer(_EMAIL.sub(" ", text))))


def mentions_in(thread: Turns, digest: Digest | None = None) -> Mentions:
    """The orders that the turns before a message speak of. Numbers that we asked to check are not among them."""
    known = list(digest.order_ids) if digest else []
    focus: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    for turn in thread:
        if turn.role == "notice":
            continue
        ids = order_ids_in(turn.text)
        doubted = _doubted(turn.text) if turn.role in OURS else frozenset()
        if doubted:
            known = [each for each in known if each not in doubted]
            focus = tuple(each for each in focus if each not in doubted)
            ids = tuple(each for each in ids if each not in doubted)
        if not ids:
            continue
        known += [each for each in ids if each not in known]
        focus = ids
        listed = ids if len(ids) > 1 else listed
    return Mentions(tuple(known), focus, listed)


def said_before(thread: Turns) -> Given:
    """What the customer has given anywhere in the thread, the message at hand included."""
    ids: dict[str, None] = {}
    emails: dict[str, None] = {}
    asked = False
    for turn in thread:
        if turn.role in OURS:
            asked = any("order_number" in question.asked for question in questions_in(turn.text))
        elif turn.role == "customer":
            ids |= dict.fromkeys(order_ids_in(turn.text, bare=asked))
            emails |= dict.fromkeys(emails_in(turn.text))
    return Given(tuple(ids), tuple(emails))


def _doubted(text: str) -> frozenset[str]:
    """Numbers in a reply of ours that asks for a number: the one that was not found."""
    asks = any("order_number" in question.asked for question in questions_in(text))
    return frozenset(order_ids_in(text)) if asks else frozenset()
