"""Personal data that a reply must not carry: card and account numbers, national ids, telephone numbers, passwords."""

import re

from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT
from activities.wording import clean
from domain.findings import Finding

MAX_READ = 20_000
MAX_ANALYSED = 2_000
"""From the first candidate on: what a reply holds beyond that changes nothing, since one finding is enough."""
BEFORE = 60
MAX_PUBLISHED = 60_000
_CANDIDATE = re.compile(
    r"(?:\d[ .()/-]{0,2}){7,}\d?|[A-Z]{2} ?\d{2} ?[\dA-Z]{2}|\b[\dXYZ]\d{6,7}[ -]?[A-Z]\b|\d{1,3}(?:\.\d{1,3}){3}"
    r"|(?:[0-9A-Fa-f]{2}[:-]){5}|\b(?:bc1|[13])[A-Za-z0-9]{24,}|[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2}"
    r"|(?i:\b(?:password|passwort|contraseña|mot de passe|palavra-passe|senha)\s*[:=])"
)
"""What any of the recognisers could take. Few replies hold such a thing, and they alone pay for the analysis."""


class PersonalData:
    """A number that identifies somebody. The customer's own orders, tracking numbers and addresses may pass, and what
    a cited passage publishes; what the customer wrote may not: an echoed card number is a leak too."""

    name = "personal_data"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        rest = self._without_known(clean(context.reply)[:MAX_READ], context)
        first = _CANDIDATE.search(rest)
        if first is None:
            return []
        rest = rest[max(0, first.start() - BEFORE) :][:MAX_ANALYSED]
        from activities.guarding.identity_numbers import personal_numbers

        return [
            Finding(
                check=self.name,
                on="reply",
                excerpt=_masked(rest[start:end])[:MAX_EXCERPT],
                why=f"This may be {kind}, and nothing looked up says that it belongs here.",
            )
            for start, end, kind in personal_numbers(rest)
        ]

    def _without_known(self, reply: str, context: Context) -> str:
        """The reply without what may stand in it, each letter a space, so that places stay."""
        known = {*context.order_ids, *context.emails, *(fact for fact in context.facts if len(fact) >= SHORTEST)}
        for each in sorted(known, key=len, reverse=True):
            reply = reply.replace(each, " " * len(each))
        published = "\n".join((*context.passages, *context.frame, *context.facts))
        numbers = {_digits(match.group()) for match in _CANDIDATE.finditer(published[:MAX_PUBLISHED])}
        return _CANDIDATE.sub(
            lambda found: " " * len(found.group()) if _digits(found.group()) in numbers else found.group(), reply
        )


SHORTEST = 4
"""A shorter fact could be part of any number."""


def _digits(number: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", number).upper()


def _masked(number: str) -> str:
    """Only the last two letters are told: findings are kept and shown."""
    shown = number[-2:]
    return re.sub(r"\w", "•", number[:-2]) + shown
