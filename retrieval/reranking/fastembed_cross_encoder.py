"""Cross-encoders on this machine, through fastembed."""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain.errors import ModelUnusable, SetupError
from retrieval.embedding.fastembed_model import NOT_INSTALLED, onnx_file
from retrieval.embedding.local_models import ModelFiles, clean, described, open_files, resident

if TYPE_CHECKING:
    from fastembed.rerank.cross_encoder import TextCrossEncoder

BATCH = 16
"""Pairs that a model reads at once. Between two batches another question has its turn."""

_registering = threading.Lock()


class FastembedCrossEncoder:
    """Satisfies `retrieval.reranking.port.Reranker` with any cross-encoder of fastembed, or any in a local folder.

    The files are found, and downloaded where they have to be, when it is made; the weights are loaded at the first use,
    once a process, and shared by all instances.
    """

    def __init__(
        self,
        model_name: str,
        *,
        model_path: Path | None = None,
        threads: int | None = None,
        cache: Path,
    ) -> None:
        """With `model_path` the files are taken from that folder and the network is never asked, else they are kept
        in `cache`. `threads` None: as many as there are cores. Raises SetupError."""
        try:
            from fastembed.rerank.cross_encoder import TextCrossEncoder
        except ImportError as error:
            raise SetupError(NOT_INSTALLED) from error
        if model_path is not None:
            _introduce(model_name, model_path)
        self._files = open_files(TextCrossEncoder, model_name, model_path, cache)
        self._resident = resident(
            (TextCrossEncoder, self._files, threads), partial(_load, TextCrossEncoder, self._files, threads)
        )

    @property
    def name(self) -> str:
        return self._files.name

    async def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """The relevance of each passage from 0 to 1, in order. Raises ModelUnusable when the files are not those of
        this model."""
        scores: list[float] = []
        for start in range(0, len(passages), BATCH):
            batch = [clean(passage) for passage in passages[start : start + BATCH]]
            scores += await self._resident.run(partial(self._scores, clean(question), batch))
        return scores

    async def warm_up(self) -> None:
        """Loads the weights, so that the first customer does not wait for them. Raises ModelUnusable."""
        await self.score("hello", ["hello"])

    def _scores(self, question: str, passages: list[str], model: "TextCrossEncoder") -> list[float]:
        try:
            logits = np.asarray(list(model.rerank(question, passages)), dtype=np.float64)
        except Exception as error:  # what reads weights and words raises it bare
            raise _unfit(self._files) from error
        if logits.shape != (len(passages),) or np.isnan(logits).any():
            raise _unfit(self._files)
        result: list[float] = (0.5 * (1.0 + np.tanh(0.5 * logits))).tolist()  # the logistic function, without overflow
        return result


def _load(kind: "type[TextCrossEncoder]", files: ModelFiles, threads: int | None) -> "TextCrossEncoder":
    try:
        return kind(
            files.model, cache_dir=str(files.folder), threads=threads, cuda=False, specific_model_path=str(files.folder)
        )
    except Exception as error:  # what reads weights and words raises it bare
        raise _unfit(files) from error


def _unfit(files: ModelFiles) -> ModelUnusable:
    return ModelUnusable(
        f"The files in {files.folder} do not work as the cross-encoder {files.model}: fetch them again."
    )


def _introduce(model: str, folder: Path) -> None:
    """Tells fastembed of a cross-encoder in a local folder that it does not know."""
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    with _registering:
        if described(TextCrossEncoder, model) is None:
            file = onnx_file(model, folder)
            TextCrossEncoder.add_custom_model(model, sources=ModelSource(hf=model), model_file=file)
