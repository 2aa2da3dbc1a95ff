"""What the checks may look at."""

from typing import NamedTuple

from domain.vocabulary import Language


class Context(NamedTuple):
    """One message with its draft and everything that may support it. Texts are as written; checks normalise."""

    message: str
    reply: str | None = None
    language: Language | None = None
    """The language the reply should have: the customer's. None when it is not known."""
    passages: tuple[str, ...] = ()
    """Titles and texts of the cited passages."""
    facts: tuple[str, ...] = ()
    """Looked-up values: of orders, of the policy, computed dates."""
    frame: tuple[str, ...] = ()
    """Fixed texts of the store's own: signature, phrases."""
    order_ids: tuple[str, ...] = ()
    """Orders of this customer that were looked up."""
    emails: tuple[str, ...] = ()
    """Addresses that belong to this customer."""
    cited_languages: frozenset[Language] = frozenset()
