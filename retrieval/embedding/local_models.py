"""Models that run on this machine through fastembed: their files, and one loaded copy of each in a process."""

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from domain.errors import SetupError

if TYPE_CHECKING:
    from fastembed.common.model_description import BaseModelDescription
    from fastembed.common.model_management import ModelManagement

Model = TypeVar("Model")
Result = TypeVar("Result")

MAX_CHARACTERS = 20_000
"""Longer texts are cut before a model reads them: its own limit lies far below, and cutting words into tokens takes
time."""


@dataclass(frozen=True)
class ModelFiles:
    """Where a model lies."""

    model: str
    """Its name as fastembed spells it."""
    folder: Path
    fingerprint: str
    """Changes with the weights and with the words they know: twelve hexadecimal digits."""

    @property
    def name(self) -> str:
        """Name and version: two models of one name give the same numbers. Versions of fastembed pool differently."""
        return f"fastembed-{'.'.join(version('fastembed').split('.')[:2])}/{self.model}/{self.fingerprint}"


def open_files(
    registry: "type[ModelManagement[Any]]",
    model: str,
    path: Path | None,
    cache: Path,
    *,
    salt: str = "",
    offline: bool = False,
) -> ModelFiles:
    """The files of a model: those in `path`, without ever asking the network, else those in `cache`, else downloaded
    to there, unless `offline`.

    `salt` is what else shapes the numbers. Raises SetupError when fastembed does not know the model, when a file is
    missing, and when the model cannot be downloaded.
    """
    description = described(registry, model)
    if description is None:
        names = [str(each["model"]) for each in registry.list_supported_models()]
        close = get_close_matches(model.lower(), {name.lower(): name for name in names}, n=1, cutoff=0.5)
        meant = next((name for name in names if close and name.lower() == close[0]), names[0])
        raise SetupError(f"fastembed knows no model {model}: choose one of its list, such as {meant}.")
    folder = path if path is not None else _fetched(registry, description, cache, offline=offline)
    needed = [description.model_file, *description.additional_files, "tokenizer.json"]
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise SetupError(
            f"The folder {folder} holds no {missing[0]}, which the model {description.model} needs: put its files "
            "there as its publisher lays them out."
        )
    stamps = tuple(_stamp(folder / name) for name in needed)
    return ModelFiles(description.model, folder, _fingerprint(stamps, salt))


def described(registry: "type[ModelManagement[Any]]", model: str) -> "BaseModelDescription | None":
    """What fastembed knows of a model; names are compared without regard to case."""
    known: Iterable[BaseModelDescription] = registry._list_supported_models()
    return next((each for each in known if each.model.lower() == model.lower()), None)


def _fetched(
    registry: "type[ModelManagement[Any]]", description: "BaseModelDescription", cache: Path, *, offline: bool
) -> Path:
    _forward_logs()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return registry.download_model(description, str(cache), retries=1, local_files_only=offline)
    except (ValueError, OSError, RuntimeError) as error:
        raise SetupError(
            f"The model {description.model} is not in {cache} and cannot be downloaded ({type(error).__name__}): allow "
            "the connection, or put its files into a folder and set HOLDPOINT_EMBEDDER_PATH or HOLDPOINT_RERANKER_PATH."
        ) from error


@lru_cache(maxsize=1)
def _forward_logs() -> None:
    """fastembed says why a download failed in a log of its own that goes past ours: it is brought into ours."""
    from loguru import logger

    logger.remove()
    logger.add(lambda line: logging.getLogger("fastembed").info(str(line).strip()), format="{message}", level="INFO")


def _stamp(file: Path) -> tuple[Path, int, int]:
    stat = file.stat()
    return file, stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=32)
def _fingerprint(stamps: tuple[tuple[Path, int, int], ...], salt: str) -> str:
    digest = hashlib.sha256(salt.encode())
    for file, size, _ in stamps:
        digest.update(f"\0{file.name}\0{size}\0".encode())
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:12]


class Resident(Generic[Model]):
    """A model in memory. It is loaded at its first use and works on one thread of its own, so that the event loop stays
    free and its numbers do not depend on load."""

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self._model: Model | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    async def run(self, work: Callable[[Model], Result]) -> Result:
        """What `work` makes of the model. Raises what loading it or the work raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run(self, work: Callable[[Model], Result]) -> Result:
        if self._model is None:
            self._model = self._load()
        return work(self._model)


_residents: dict[tuple[object, ...], Resident[Any]] = {}
_lock = threading.Lock()


def resident(key: tuple[object, ...], load: Callable[[], Model]) -> Resident[Model]:
    """The one copy of a model in this process."""
    with _lock:
        if key not in _residents:
            _residents[key] = Resident(load)
        return _residents[key]


def clean(text: str) -> str:
    """What a model can take: at most MAX_CHARACTERS, without lone surrogates, never nothing at all."""
    return text[:MAX_CHARACTERS].encode("utf-8", errors="replace").decode("utf-8") or " "
