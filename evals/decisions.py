"""Measures what decides whether a reply may leave: which parts there are, and which of them ask what is sealed."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from evals.messages import SEALED_FILES
from evals.public_intents import banking_absent, clinc_absent
from evals.replies import REPLIES
from evals.tables import Part

PARTS = (
    *("intents", "escalation", "guard", "injection", "confidence", "certificate"),
    *("banking77", "clinc_oos", "speed"),
)
SEALED = frozenset({"intents", "escalation", "guard", "injection", "confidence"})
"""Parts that ask messages, replies or questions which nothing may be chosen by."""
Measure = Callable[[], Awaitable[Part]]


def sealed_paths() -> tuple[Path, ...]:
    """The files whose contents are sealed."""
    return (*SEALED_FILES, REPLIES)


def absent(name: str, data: Path) -> str | None:
    """Why a part can't be measured here."""
    checks = {"banking77": banking_absent, "clinc_oos": clinc_absent}
    if name in checks:
        return checks[name](data)
    if name == "intents" and not SEALED_FILES[0].is_dir():
        return "there are no sealed messages"
    return None
