"""What rules find: phrases that order a machine about, in five languages, and the marks of its protocols. Pure.

Phrases and orders are beyond doubt. The others decide nothing by themselves, since “act as a tour guide” is an order to
a machine as well: the model weighs them.
"""

from typing import NamedTuple

from activities.injection.patterns import is_order
from activities.phrase_lists import comparable, phrase_pattern
from retrieval.quarantine import suspicions_in

CERTAIN = frozenset({"phrases", "order"})
"""Rules that need no model: `phrases` is the list of this package's resources, `order` its patterns."""
RULES = (
    "phrases",
    "order",
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


def hits_in(text: str) -> tuple[Hit, ...]:
    """At most one a rule."""
    found = [Hit(each.rule, each.excerpt) for each in suspicions_in(text)]
    if match := phrase_pattern("injection").search(comparable(text)):
        found.insert(0, Hit("phrases", match.group()[:MAX_EXCERPT]))
    if is_order(text):
        found.insert(0, Hit("order", text[:MAX_EXCERPT]))
    return tuple(found)
