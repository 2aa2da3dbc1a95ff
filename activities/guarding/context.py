"""What the checks may look at."""

from typing import NamedTuple

from activities.classification.signs import Sign
from activities.injection.detector import Suspicion
from domain.vocabulary import Language


class PolicyTerm(NamedTuple):
    """One number that a store's policy fixes, such as the days of its return window."""

    name: str
    """One of `resources/policy_terms.json`, such as `return_window`."""
    values: tuple[str, ...]
    """The values that may be said, as keys of `guarding.values`, such as `30-30 day` or `75 EUR`."""
    source: str
    """Where it stands, for the agent: a document's title or `the store's settings`."""


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
    """Texts of the store's own that are true here: the signature, the state of the looked-up orders."""
    phrases: tuple[str, ...] = ()
    """Fixed sentences that a draft may hold as they stand; by themselves they say nothing about this case."""
    order_ids: tuple[str, ...] = ()
    """Orders of this customer that were looked up."""
    emails: tuple[str, ...] = ()
    """Addresses that belong to this customer."""
    cited_languages: frozenset[Language] = frozenset()
    domains: frozenset[str] = frozenset()
    """Hosts of the store's own, any page of which may be linked to; other links have to be cited or looked up."""
    competitors: tuple[str, ...] = ()
    """Names that a reply of this store does not mention."""
    forbidden: tuple[str, ...] = ()
    """Words that a reply of this store does not use."""
    terms: tuple[PolicyTerm, ...] = ()
    """Numbers that the store's policy fixes."""
    prompts: tuple[str, ...] = ()
    """Instructions that the generator was given, without the passages: a reply must not repeat them."""
    canaries: tuple[str, ...] = ()
    """Marks that those instructions carry; any mark of `guarding.canaries` is known without being listed."""
    suspicion: Suspicion | None = None
    """Whether the message gives orders to a machine, when its meaning was read; else its letters are."""
    signs: tuple[Sign, ...] | None = None
    """Must-escalate categories that were met already; None: not looked for yet."""
