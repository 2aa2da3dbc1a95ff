"""Dates in a customer's words."""

from activities.guarding.calendar import read_dates
from activities.guarding.quantities import Stated
from activities.wording import fold


def dates_in(text: str) -> tuple[str, ...]:
    """ISO dates, each once, in the notations of the five languages; the year is 0000 where none is written."""
    found: list[Stated] = []
    read_dates(fold(text), found)
    return tuple(dict.fromkeys(stated.key for stated in found if stated.kind == "date" and stated.key[:4].isdigit()))
