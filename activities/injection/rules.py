"""What rules find: phrases that order a machine about, in five languages, and the marks of its protocols. Pure.

Phrases and orders are beyond doubt. The others decide nothing by themselves, since “act as a tour guide” is an order to
a machine as well: the model weighs them.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from activities.injection.patterns import is_hidden_order, is_order
from activities.phrase_lists import comparable, phrase_pattern
from retrieval.quarantine import suspicions_in

CERTAIN = frozenset({"phrases", "order", "hidden_order"})
"""Rules that need no model: `phrases` is the list of this package's resources, `order` its patterns, `hidden_order`
what is said in disguise."""
RULES = (
    "phrases",
    "order",
    "hidden_order",
    "override",
    "role",
    "address",
    "secrecy",
    "disclosure",
    "dictation",
    "approval",
    "collection",
    "role_marker",
    "exfiltration",
    "invisible_characters",
    "lookalikes",
    "encoded",
)
"""Every rule: the certain ones, then those of quarantined documents."""
MAX_EXCERPT = 160


class Hit(NamedTuple):
    """A rule that was met, with the words that met it."""

    rule: str
    excerpt: str


def hits_in(text: str, disguised: Sequence[str] = ()) -> tuple[Hit, ...]:
    """At most one a rule; `disguised` is what the text says to who takes off a disguise."""
    found = [*_certain(text, disguised)]
    met = {hit.rule for hit in found}
    for said in (text, *disguised):
        for each in suspicions_in(said):
            if each.rule not in met:
                met.add(each.rule)
                found.append(Hit(each.rule, each.excerpt))
    return tuple(found)


def _certain(text: str, disguised: Sequence[str]) -> Iterator[Hit]:
    for said in disguised:
        if is_hidden_order(text, said):
            yield Hit("hidden_order", said[:MAX_EXCERPT])
            break
    for said in (text, *disguised):
        if match := phrase_pattern("injection").search(comparable(said)):
            yield Hit("phrases", match.group()[:MAX_EXCERPT])
            break
    if any(is_order(said) for said in (text, *disguised)):
        yield Hit("order", text[:MAX_EXCERPT])
