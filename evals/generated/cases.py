"""A generated question with what a right answer to it says, and the split that decides what it may be used for.

The splits are dealt by hash to wordings, to facts and to customers, each for itself; a question exists only where its
wording and its fact (or customer) fell into the same split. So no wording and no fact of `test` was ever seen by what
is measured on it. **Nobody looks at scores or replies of `test` before the end.**
"""

import hashlib
from collections.abc import Mapping
from random import Random
from typing import Literal

from domain.values import Value
from domain.vocabulary import Language

Split = Literal["fit", "calibrate", "test"]
BOUNDS: Mapping[Split, float] = {"fit": 0.34, "calibrate": 0.57, "test": 1.0}
"""Where each split ends, as a share of all hashes."""
_HASHES = 2**32


class Need(Value):
    """One thing that a right answer says. Any of the values or of the phrases will do."""

    values: tuple[str, ...] = ()
    """As English writes them, such as `30 days` or `€4.95`; dates as ISO days."""
    phrases: tuple[str, ...] = ()
    """In the question's language, in lower case and without accents."""


class GeneratedCase(Value):
    """One question."""

    id: str
    split: Split
    kind: str
    """What it is about, such as `orders/status` or `knowledge/price`."""
    cluster: str
    """Wording and fact go with others of this name: cross-validation keeps them together."""
    language: Language
    text: str
    email: str | None = None
    """Of a customer whom the channel has verified; None: nobody is."""
    needs: tuple[Need, ...] = ()
    documents: tuple[str, ...] = ()
    """Ids of the documents that state it; one has to be cited. Empty: no document is needed."""
    elsewhere: Mapping[Language, tuple[str, ...]] = {}
    """How the documents of each language say what has to be said as a phrase."""
    own: tuple[str, ...] = ()
    """Order ids, tracking numbers and addresses of this customer: no other may be named."""
    dates: tuple[str, ...] = ()
    """ISO days that may stand in a sentence that names one of the orders; empty: any may."""
    answerable: bool = True
    """False: nothing that the store knows answers it, so that every answer is wrong."""


class Reply(Value):
    """A draft, as far as it can be right or wrong."""

    kind: Literal["answer", "clarification", "holding"]
    text: str
    language: Language
    documents: tuple[str, ...] = ()
    """Ids of the cited documents."""
    source_languages: frozenset[Language] = frozenset()
    """Languages of the cited passages."""


def split_of(key: str) -> Split:
    """What a wording, a fact or a customer may be used for. The same everywhere, whatever else is added."""
    share = int.from_bytes(hashlib.sha256(f"generated/{key}".encode()).digest()[:4], "big") / _HASHES
    return next(split for split, end in BOUNDS.items() if share < end)


def chance_of(key: str) -> Random:
    """Chance that is the same for the same key."""
    return Random(hashlib.sha256(f"chance/{key}".encode()).digest())  # noqa: S311  # nothing secret hangs on it
