"""What a check of `holdpoint doctor` found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a check found."""

    GOOD = "good"
    WARNING = "warning"
    """Works, but somebody should look."""
    FAULT = "fault"
    SKIPPED = "skipped"
    """Could not be looked at now, which is no fault in itself."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one check, in one sentence."""

    check: str
    verdict: Verdict
    said: str
