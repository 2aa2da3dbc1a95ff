"""All that is worked out of a text before any weights are applied. Pure, about a millisecond a message."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.injection.normalising import Reading, read
from activities.injection.rules import Hit, hits_in
from activities.injection.traits import traits_of
from activities.injection.windows import windows_of

Numbers = NDArray[np.float64]


class Look(NamedTuple):
    """A text, looked at."""

    reading: Reading
    hits: tuple[Hit, ...]
    pieces: tuple[str, ...]
    """Its windows, and what it holds in disguise; none when it is short and plain."""
    traits: Numbers


def look_at(text: str) -> Look:
    """Never raises, whatever the text."""
    reading = read(text)
    hits = hits_in(reading.shown, reading.disguised)
    return Look(reading, hits, (*windows_of(reading.shown), *reading.disguised), traits_of(reading, hits))
