"""Where a reply leads a customer: links and telephone numbers, by an exact list of what is allowed."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from rapidfuzz.distance import Levenshtein

from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT
from activities.guarding.promises import stated_in
from activities.guarding.values import Stated, values_of
from domain.findings import Finding

_SCRIPT = re.compile(r"^(?:javascript|data|vbscript|ftp|file):", re.I)
_PUNYCODE = re.compile(r"(?:^|[/.])xn--", re.I)
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]")
NEAR = 2
"""A host so few letters away from an allowed one imitates it."""


class UnknownContact:
    """A link or telephone number that is not exactly one of a cited passage's, a look-up's or the store's own. What
    only the customer wrote is not repeated: it may lead anywhere."""

    name = "unknown_contact"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        sentences = stated_in(context.reply, context.language)
        stated = [value for _, values in sentences for value in values if value.kind in ("link", "phone")]
        if not stated:
            return []
        allowed = values_of(*context.passages, *context.facts, *context.frame, hint=context.language)
        hosts = {_host(key) for kind, key in allowed.keys if kind == "link"} | context.domains
        return [
            Finding(check=self.name, on="reply", excerpt=value.excerpt[:MAX_EXCERPT], why=_why(value, hosts))
            for value in stated
            if not allowed.support(value) and not self._is_own(value, context)
        ]

    def _is_own(self, value: Stated, context: Context) -> bool:
        return value.kind == "link" and not _strange(value.key) and _host(value.key) in context.domains


def _why(value: Stated, hosts: Iterable[str]) -> str:
    if value.kind == "phone":
        return "No cited passage and no looked-up fact states this telephone number."
    if _SCRIPT.match(value.key):
        return "This link would run something instead of opening a page."
    host = _host(value.key)
    if _strange(value.key):
        return "This link hides which host it leads to."
    if any(_imitates(host, known) for known in hosts):
        return "This host looks like one that is allowed and is another."
    return "No cited passage, look-up or setting has exactly this link."


def _strange(key: str) -> bool:
    return bool(_SCRIPT.match(key) or _PUNYCODE.search(key) or _OUTSIDE_ASCII.search(_host(key)) or "@" in key)


def _imitates(host: str, known: str) -> bool:
    if host == known or not known:
        return False
    name = known.rsplit(".", 1)[0]
    return (
        Levenshtein.distance(host, known, score_cutoff=NEAR) <= NEAR
        or known in host
        or (len(name) > 4 and name in host)
    )


def _host(key: str) -> str:
    try:
        return (urlsplit(f"//{key.rsplit('://', maxsplit=1)[-1]}").hostname or "").casefold()
    except ValueError:
        return ""
