"""All that is worked out of a text before any weights are applied. Pure, about a millisecond a message."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.injection.normalising import Reading, read
from activities.injection.rules import Hit, hits_in
from activities.injection.traits import traits_of
from activities.injection.windows import windows_of
from activities.wording import MAX_UNITS, sentences_of, units_of

Numbers = NDArray[np.float64]
LAST_SENTENCES = 3
"""Of a message longer than its units, its last sentences are embedded too: that is where orders are put."""
LEFT_OUT = 0.6
"""The whole is embedded beside its gist where the gist has less than this share of it: a quoted mail, a signature."""
_ALL = 400


class Look(NamedTuple):
    """A text, looked at."""

    reading: Reading
    hits: tuple[Hit, ...]
    units: tuple[str, ...]
    """Parts that are embedded, the gist first: what the classifier embeds of the same message, what that leaves out,
    and what is said in disguise."""
    windows: tuple[str, ...]
    """Further pieces of a text that is longer than its units."""
    traits: Numbers

    @property
    def read(self) -> tuple[str, ...]:
        """Everything that is read by its letters: the whole as written, the units, the windows."""
        return (self.reading.shown, *self.units, *self.windows)


def look_at(text: str) -> Look:
    """Never raises, whatever the text."""
    reading = read(text)
    hits = hits_in(reading.shown, reading.disguised)
    gist, *sentences = units_of(reading.shown)
    left_out = len(gist) < LEFT_OUT * len(reading.shown)
    longer = left_out or len(sentences) == MAX_UNITS
    whole = [reading.shown] if left_out else []
    last = sentences_of(reading.shown, _ALL)[-LAST_SENTENCES:] if longer else []
    units = tuple(dict.fromkeys([gist, *sentences, *whole, *last, *reading.disguised]))
    windows = tuple(windows_of(reading.shown)) if longer else ()
    return Look(reading, hits, units, windows, traits_of(reading, hits))
