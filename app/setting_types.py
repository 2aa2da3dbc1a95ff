"""Kinds of settings: what each must look like, said in the words that its user reads when it does not."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  resolve() would follow a symlinked data folder


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _postgres_url(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("it has to be a URL such as postgresql://user:password@host:5432/holdpoint")
    return value


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or "/" in value or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("it has to be host:port, such as temporal.example.com:7233")
    return value


def _model_of(own: str) -> AfterValidator:
    """A choice between what ships, by its name, and a model of one of the providers."""

    def check(value: str) -> str:
        provider, _, model = value.partition(":")
        if value != own and (provider not in {"fastembed", "cohere"} or not re.fullmatch(r"[\w./-]+", model)):
            raise ValueError(f"it has to be {own}, fastembed:MODEL or cohere:MODEL, such as cohere:embed-v4.0")
        return value

    return AfterValidator(check)


def model_name(value: str) -> str:
    """A language model as provider:model. Raises ValueError for anything else."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*:[\w./:@+-]+", value):
        raise ValueError(
            "it has to be provider:model, such as cohere:command-a-03-2025, openai:gpt-4.1-mini or ollama:qwen2.5:7b"
        )
    return value


def _classifier(value: str) -> str:
    if value != "trained" and not re.fullmatch(r"(?:llm|cohere):[\w./:@+-]+", value):
        raise ValueError("it has to be trained or llm:MODEL, such as llm:qwen2.5:7b-instruct, or cohere:MODEL")
    return value


def _key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("it has to be the key alone, without blanks or quotes around it")
    return value


def _dimensions(value: int) -> int:
    if value not in {256, 512, 768, 1024, 1536, 2048}:
        raise ValueError("it has to be 256, 512, 768, 1024, 1536 or 2048, and a length that the model offers")
    return value


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
Port = Annotated[int, Field(ge=1, le=65535)]
PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
Address = Annotated[str, AfterValidator(_host_and_port)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^/\s]+")]
Seconds = Annotated[float, Field(gt=0, le=366 * 86400)]
EmbedderChoice = Annotated[str, _model_of("use-multilingual")]
RerankerChoice = Annotated[str, _model_of("features")]
ClassifierChoice = Annotated[str, AfterValidator(_classifier)]
ApiKey = Annotated[SecretStr, AfterValidator(_key)]
Dimensions = Annotated[int, AfterValidator(_dimensions)]
LOWER, UPPER = BeforeValidator(_lower), BeforeValidator(_upper)
