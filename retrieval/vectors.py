"""How vectors are kept: one halfvec a passage for the search by meaning, one byte a number for its parts.

The parts of a passage, its title and each of its sentences, are only read for the few candidates that are ranked. A
row of parts is a little-endian float32, the scale, and `dimensions` signed bytes: value = byte * scale. The cosine of
two unit vectors moves by less than 0.005 by it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
"""One row a vector."""


def halfvec_literal(vector: Sequence[float]) -> str:
    """A vector as pgvector reads it; four digits are what a half-precision number holds."""
    return "[" + ",".join(f"{value:.4g}" for value in vector) + "]"


def pack(vectors: Sequence[Sequence[float]] | Matrix) -> bytes:
    """Rows of parts as bytes. Empty for none."""
    if not len(vectors):
        return b""
    rows = np.asarray(vectors, dtype=np.float32)
    scales = np.abs(rows).max(axis=1, keepdims=True) / 127
    scales[scales == 0] = 1.0
    packed = np.zeros(len(rows), dtype=[("scale", "<f4"), ("values", "i1", (rows.shape[1],))])
    packed["scale"] = scales[:, 0]
    packed["values"] = np.rint(rows / scales)
    return packed.tobytes()


def unpack(data: bytes, dimensions: int) -> Matrix:
    """The rows of parts, shape (n, dimensions). Raises ValueError for bytes of other dimensions."""
    packed = np.frombuffer(data, dtype=[("scale", "<f4"), ("values", "i1", (dimensions,))])
    result: Matrix = packed["values"].astype(np.float32) * packed["scale"][:, None]
    return result
