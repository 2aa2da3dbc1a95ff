"""Evidence that grows with every audited reply and may be looked at after each: e-processes. Pure.

Two bets on the labels of replies that left by themselves. The alarm bets that more than `alpha` are wrong, the merit
that fewer are. If the bet is wrong, its value exceeds 20 with a probability of 1/20 at most, however often one looks.
"""

import math
from collections.abc import Iterable, Sequence

from domain.certification import ALPHA
from domain.values import Value

ACTS_AT = 20.0
ALARM_RATES = (0.125, 0.15, 0.2, 0.25, 0.3, 0.4)
"""Shares of wrong answers that the alarm bets on, each with the same stake."""
MERIT_RATES = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07)
LARGEST_LOG = 690.0
"""e to this is still a float."""


class Evidence(Value):
    """Both bets after some labels. None at all: 1 each."""

    labels: int = 0
    errors: int = 0
    alarm: float = 1.0
    """The alarm's value; it is raised from 20 on."""
    merit: float = 1.0
    """The merit's value; from 20 on a larger share is earned."""

    @property
    def alarmed(self) -> bool:
        """Too many wrong answers: back to review at once."""
        return self.alarm >= ACTS_AT

    @property
    def earned(self) -> bool:
        """Wrong answers are rarer than promised: a step forward is earned."""
        return self.merit >= ACTS_AT and not self.alarmed


def evidence_of(labels: Iterable[bool], *, alpha: float = ALPHA) -> Evidence:
    """The evidence of labels in the order they were given, True for right. It stays at the first action: what is
    decided there is not undone by the labels after."""
    errors = 0
    found = Evidence()
    for n, right in enumerate(labels, 1):
        errors += not right
        found = Evidence(
            labels=n,
            errors=errors,
            alarm=e_value(errors, n, ALARM_RATES, alpha=alpha),
            merit=e_value(errors, n, MERIT_RATES, alpha=alpha),
        )
        if found.alarmed or found.earned:
            return found
    return found


def e_value(errors: int, n: int, rates: Sequence[float], *, alpha: float = ALPHA) -> float:
    """The mean over `rates` of (q/alpha)^errors · ((1-q)/(1-alpha))^(n-errors)."""
    logs = [errors * math.log(q / alpha) + (n - errors) * math.log((1 - q) / (1 - alpha)) for q in rates]
    top = max(logs)
    return math.exp(min(LARGEST_LOG, top + math.log(math.fsum(math.exp(one - top) for one in logs) / len(logs))))
