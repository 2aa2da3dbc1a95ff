"""The values that a text states: money, dates, percentages, periods, times, measures, codes, links, phones, numbers.

Each is normalised, so that `3–5 Werktage` and `three to five working days`, or `1.299,00 €` and `€1,299`, are the same
value. Numbers in words count in all five languages.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from activities.guarding.calendar import read_dates
from activities.guarding.number_words import with_digits
from activities.guarding.quantities import (
    Kind,
    Stated,
    read_codes,
    read_durations,
    read_links,
    read_measures,
    read_money,
    read_named_codes,
    read_numbers,
    read_percentages,
    read_phones,
    read_times,
    says_working_days,
)
from activities.wording import fold
from domain.vocabulary import Language

__all__ = ["CONTACTS", "Kind", "Stated", "Values", "values_in", "values_of"]

CONTACTS: frozenset[Kind] = frozenset({"link", "email", "phone"})
"""Kinds that lead a customer somewhere: `UnknownContact` answers for them."""
_WORKDAYS = ("duration", "workdays are meant")
_READERS = (
    read_links,
    read_money,
    read_percentages,
    read_dates,
    read_times,
    read_durations,
    read_phones,
    read_measures,
    read_codes,
    read_numbers,
)


class Values(NamedTuple):
    """All values of some supporting texts, for look-up."""

    keys: frozenset[tuple[str, str]]

    def support(self, value: Stated) -> bool:
        """Whether these texts state the value, or one that says at least as much."""
        if (value.kind, value.key) in self.keys:
            return True
        if value.kind in ("date", "month"):
            return self._supports_date(value)
        if value.kind == "money":
            number, _, currency = value.key.partition(" ")
            return currency != "" and ("money", number) in self.keys
        if value.kind == "duration":
            return self._supports_duration(value.key)
        if value.kind == "time":
            hours = value.key.removesuffix(":00")
            return ("duration", f"{hours}-{hours} hour") in self.keys
        return value.kind == "number" and any((kind, value.key) in self.keys for kind in ("code", "phone"))

    def _supports_date(self, value: Stated) -> bool:
        """A date without its year is supported by the same day of any year; with a year only by that one. A month is
        supported by any day of it."""
        if value.kind == "month":
            return any(kind == "date" and known.startswith(value.key) for kind, known in self.keys)
        year, rest = value.key.split("-", 1)
        return year == "0000" and any(kind == "date" and known.split("-", 1)[1] == rest for kind, known in self.keys)

    def _supports_duration(self, key: str) -> bool:
        """Working days are also meant where a table says `2–4 days` and the text around it that days are working days;
        hours where the text says `14 h`."""
        if key.endswith(" workday"):
            return _WORKDAYS in self.keys and ("duration", key.removesuffix("workday") + "day") in self.keys
        hours = key.removesuffix(" hour").split("-")[0]
        return key.endswith(" hour") and ("time", f"{hours}:00") in self.keys


def values_of(*texts: str, hint: Language | None = None) -> Values:
    """Every value that any of the texts states."""
    keys: set[tuple[str, str]] = {
        (value.kind, value.key) for text in texts for value in values_in(text, hint, freely=True)
    }
    if any(says_working_days(text) for text in texts):
        keys.add(_WORKDAYS)
    return Values(frozenset(keys))


@lru_cache(maxsize=4_096)
def values_in(text: str, hint: Language | None = None, *, freely: bool = False) -> tuple[Stated, ...]:
    """The values of a text, each found once: what one kind has taken is not read again as another. `freely`: of a text
    that supports others, where `a day` counts as one day wherever it stands."""
    found: list[Stated] = list(read_named_codes(text))
    rest = (
        fold(with_digits(text, hint, freely=freely))
        .replace("–", "-")
        .replace("—", "-")
        .replace("º", "")
        .replace("’", "'")
    )
    rest = re.sub(r"\s*\n\s*", " \n ", rest)
    for reader in _READERS:
        rest = reader(rest, found)
    return tuple(found)
