"""What measures the answers: which parts there are, and why one can't be measured here."""

from importlib.util import find_spec
from pathlib import Path

PARTS = ("demo", "tau2", "epqa", "speed", "bad")
MODULES = {"tau2": "evals.tau2", "epqa": "evals.answers_epqa"}
"""Parts over public data, by the module that measures them."""


def absent(name: str, data: Path) -> str | None:
    """Why a part can't be measured here."""
    if name in MODULES and find_spec(MODULES[name]) is None:
        return "nothing measures it yet"
    if name in MODULES and not data.is_dir():
        return f"there is no {data}; name the folder with the public data sets in HOLDPOINT_EVAL_DATA"
    return None
