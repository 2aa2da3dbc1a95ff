"""Who a customer says they are, and how much of it may be tried. Pure: nothing is looked up here.

A claim is one guess at an identity: an e-mail address with an order number, or a name with a postcode. It is right when
both halves belong together. A wrong one is counted unless a half of it is right in another claim, so that two orders
under one of two addresses are no guesses. After MAX_WRONG wrong ones nothing that follows counts.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple, TypeVar

from activities.lookups.names import names_in, postcodes_in
from activities.wording import clean
from domain.customers import Proof, name_key, postcode_key

W = TypeVar("W")
MAX_WRONG = 3
"""Wrong claims in one conversation after which a person takes over."""
MAX_CLAIMS = 12
"""Claims of one conversation that are looked at; the rest counts as too many."""
MAX_EMAILS = 4
FEW_WORDS = 8
"""Words beside a number in a message that does little but give it."""
_NUMBER = re.compile(r"(?<![\w.,+€$£-])\d{4,12}(?![\w€$£%-]|[.,]\d)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,5}", re.IGNORECASE)


class Claim(NamedTuple):
    """One guess. The halves are as the desks are asked for them."""

    proof: Proof
    who: str
    """E-mail address, or name."""
    what: str
    """Order number, or postcode."""
    spellings: tuple[str, ...] = ()
    """Where a name may end: it is cut from a sentence."""


class Verdict(NamedTuple):
    """What became of the claims of a conversation."""

    right: tuple[Claim, ...]
    wrong: tuple[Claim, ...]
    exhausted: bool
    """Too much was wrong: a person has to ask."""


def emails_in(text: str) -> tuple[str, ...]:
    """E-mail addresses in a text, lower case, each once."""
    found = (match.group().rstrip(".-").lower() for match in _EMAIL.finditer(text))
    return tuple(dict.fromkeys(email for email in found if len(email) <= 320))


def claims_in(
    messages: Sequence[str],
    *,
    email: str | None,
    ways: Collection[Proof],
    order_ids_in: Callable[[str], Sequence[str]],
) -> tuple[Claim, ...]:
    """The claims of a conversation in the order in which they were made, each once, at most one more than MAX_CLAIMS.
    `messages` are the customer's own.

    `email` is the address that the channel names without vouching for it: it can be half of a claim. `order_ids_in`
    finds order numbers in a text. Only what the store allows by `ways` is a claim.
    """
    claims: dict[Claim, None] = {}
    emails = [email.strip().lower()] if email else []
    order_ids: list[str] = []
    names: list[tuple[str, ...]] = []
    postcodes: list[str] = []
    for message in messages:
        if len(claims) > MAX_CLAIMS:
            break
        text = clean(message)
        ids, found_emails = order_ids_in(text)[: MAX_CLAIMS + 1], emails_in(text)[:MAX_EMAILS]
        if Proof.EMAIL_ORDER in ways:
            for who, what in _new_pairs(emails, found_emails, order_ids, ids or _bare_number(text)):
                claims.setdefault(Claim(Proof.EMAIL_ORDER, who, what))
        if Proof.NAME_POSTCODE in ways:
            found = [code for code in postcodes_in(text) if not any(code in each for each in ids)]
            for name, what in _new_pairs(names, names_in(text), postcodes, found):
                claims.setdefault(Claim(Proof.NAME_POSTCODE, name_key(name[-1]), postcode_key(what), name))
    return tuple(claims)[: MAX_CLAIMS + 1]


def _bare_number(text: str) -> tuple[str, ...]:
    """A number that is an order's because nothing else is said, but an address and a few words."""
    rest = _EMAIL.sub(" ", text)
    number = _NUMBER.findall(rest)
    return tuple(number) if len(number) == 1 and len(rest.split()) <= FEW_WORDS and not names_in(text) else ()


def _new_pairs(
    whos: list[W], more_whos: Sequence[W], whats: list[str], more_whats: Sequence[str]
) -> Iterator[tuple[W, str]]:
    """The pairs that a message adds to what was known before, which it is added to."""
    fresh_whos = [who for who in more_whos if who not in whos]
    fresh_whats = [what for what in more_whats if what not in whats]
    pairs = [(who, what) for who in whos for what in fresh_whats]
    whos += fresh_whos
    whats += fresh_whats
    pairs += [(who, what) for who in fresh_whos for what in whats]
    return iter(pairs)


def judged(claims: Sequence[Claim], is_right: Callable[[Claim], bool]) -> Verdict:
    """Which claims count. What is right only after MAX_WRONG wrong ones does not: it may have been found by trying."""
    right: list[Claim] = []
    tried: list[Claim] = []
    for claim in claims[:MAX_CLAIMS]:
        tried.append(claim)
        if is_right(claim):
            right.append(claim)
        wrong = wrong_of(tried, right)
        if len(wrong) >= MAX_WRONG:
            return Verdict(tuple(right), wrong, exhausted=True)
    return Verdict(tuple(right), wrong_of(tried, right), exhausted=len(claims) > MAX_CLAIMS and not right)


def wrong_of(tried: Sequence[Claim], right: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims of which neither half is right elsewhere."""
    good = {(claim.proof, half) for claim in right for half in (claim.who, claim.what)}
    return tuple(
        claim for claim in tried if (claim.proof, claim.who) not in good and (claim.proof, claim.what) not in good
    )
