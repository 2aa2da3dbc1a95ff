"""What measures the answers: which parts there are, and why one can't be measured here."""

from importlib.util import find_spec
from pathlib import Path

PARTS = ("demo", "customers", "tau2", "epqa", "speed", "bad")
MODULES = {"tau2": "evals.tau2", "epqa": "evals.answers_epqa"}
"""Parts over public data, by the module that measures them."""
FOLDERS = {"tau2": "tau2_retail", "epqa": "epqa_dev_half"}
"""Where their data are."""


def absent(name: str, data: Path) -> str | None:
    """Why a part can't be measured here."""
    if name in MODULES and find_spec(MODULES[name]) is None:
        return "nothing measures it yet"
    folder = data / FOLDERS.get(name, "")
    if name in FOLDERS and not folder.is_dir():
        return f"there is no {folder}; name the folder with the public data sets in HOLDPOINT_EVAL_DATA"
    return None
