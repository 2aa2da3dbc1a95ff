"""Embedding models on this machine, through fastembed."""

import json
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain.errors import ModelUnusable, SetupError
from domain.ports import EmbeddingRole
from retrieval.embedding.local_models import ModelFiles, clean, described, open_files, resident
from retrieval.embedding.prefixes import prefixes_of

if TYPE_CHECKING:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import PoolingType

BATCH = 32
"""Texts that a model reads at once. Between two batches of a long load a customer's question has its turn."""
NOT_INSTALLED = (
    "fastembed is not installed: it is for no Mac with Intel; elsewhere run make setup again, or leave "
    "HOLDPOINT_EMBEDDER and HOLDPOINT_RERANKER unset."
)

_registering = threading.Lock()


class FastembedEmbedder:
    """Satisfies `domain.ports.Embedder` with any text model of fastembed, or any ONNX model in a local folder.

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
        offline: bool = False,
    ) -> None:
        """With `model_path` the files are taken from that folder and the network is never asked, else they are kept
        in `cache`, and when they are not there yet, downloaded, unless `offline`. `threads` None: as many as there are
        cores. Raises SetupError."""
        try:
            from fastembed import TextEmbedding
        except ImportError as error:
            raise SetupError(NOT_INSTALLED) from error
        if model_path is not None:
            _introduce(model_name, model_path)
        self._prefixes = prefixes_of(model_name)
        salt = json.dumps(self._prefixes)
        self._files = open_files(TextEmbedding, model_name, model_path, cache, salt=salt, offline=offline)
        self._dimensions = TextEmbedding.get_embedding_size(self._files.model)
        self._resident = resident(
            (TextEmbedding, self._files, threads), partial(_load, TextEmbedding, self._files, threads)
        )

    @property
    def name(self) -> str:
        return self._files.name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """One unit vector a text, in order. Raises ModelUnusable when the files are not those of this model."""
        vectors: list[list[float]] = [[]] * len(texts)
        by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # so that little is padding
        for start in range(0, len(by_length), BATCH):
            places = by_length[start : start + BATCH]
            batch = [clean(self._prefixes[role] + texts[place]) for place in places]
            found = await self._resident.run(partial(self._vectors, batch, role))
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector
        return vectors

    async def warm_up(self) -> None:
        """Loads the weights, so that the first customer does not wait for them. Raises ModelUnusable."""
        await self.embed(["hello"], role="question")

    def _vectors(self, texts: list[str], role: EmbeddingRole, model: "TextEmbedding") -> list[list[float]]:
        embed = model.query_embed if role == "question" else model.passage_embed
        try:
            rows = np.asarray(list(embed(texts)), dtype=np.float64)
        except Exception as error:  # what reads weights and words raises it bare
            raise _unfit(self._files) from error
        if rows.shape != (len(texts), self._dimensions) or not np.isfinite(rows).all():
            raise _unfit(self._files)
        rows[~rows.any(axis=1)] = 1.0  # a text of which the model knows no word: near nothing in particular
        result: list[list[float]] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).tolist()
        return result


def _load(kind: "type[TextEmbedding]", files: ModelFiles, threads: int | None) -> "TextEmbedding":
    try:
        return kind(
            files.model, cache_dir=str(files.folder), threads=threads, cuda=False, specific_model_path=str(files.folder)
        )
    except Exception as error:  # what reads weights and words raises it bare
        raise _unfit(files) from error


def _unfit(files: ModelFiles) -> ModelUnusable:
    return ModelUnusable(f"The files in {files.folder} do not work as the model {files.model}: fetch them again.")


def _introduce(model: str, folder: Path) -> None:
    """Tells fastembed of a model in a local folder that it does not know, as sentence-transformers describes it."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource

    with _registering:
        if described(TextEmbedding, model) is not None:
            return
        pooling, dimensions = _pooling(model, folder)
        TextEmbedding.add_custom_model(
            model,
            pooling=pooling,
            normalization=True,
            sources=ModelSource(hf=model),
            dim=dimensions,
            model_file=onnx_file(model, folder),
        )


def _pooling(model: str, folder: Path) -> "tuple[PoolingType, int]":
    from fastembed.common.model_description import PoolingType

    modes = {
        "pooling_mode_cls_token": PoolingType.CLS,
        "pooling_mode_mean_tokens": PoolingType.MEAN,
        "pooling_mode_lasttoken": PoolingType.LAST_TOKEN,
    }
    file = folder / "1_Pooling" / "config.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return next(mode for key, mode in modes.items() if said.get(key) is True), int(said["word_embedding_dimension"])
    except (OSError, ValueError, LookupError, AttributeError, TypeError, StopIteration) as error:
        raise SetupError(
            f"fastembed does not know the model {model}, and {file} does not say how its vectors are made: correct the "
            "name, or put the whole folder of the model there."
        ) from error


def onnx_file(model: str, folder: Path) -> str:
    """Where a model's weights are in its folder. Raises SetupError when they are in neither of the usual places."""
    for name in ("onnx/model.onnx", "model.onnx"):
        if (folder / name).is_file():
            return name
    raise SetupError(f"The folder {folder} holds neither onnx/model.onnx nor model.onnx: put the model {model} there.")
