"""Settings: the only reader of the environment.

Every field is an environment variable with the prefix `HOLDPOINT_`, or a line of a `.env` file in the checkout or in
the current folder (the latter wins). An empty value counts as unset.
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from app.attachment_settings import AttachmentSettings
from app.model_settings import ReplyModelSettings
from app.setting_types import (
    LOWER,
    UPPER,
    AbsolutePath,
    Address,
    ApiKey,
    ClassifierChoice,
    Dimensions,
    EmbedderChoice,
    HttpUrl,
    Port,
    PostgresUrl,
    RerankerChoice,
    Seconds,
)
from domain.errors import SetupError

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "HOLDPOINT_"
ENV_FILES = (CHECKOUT / ".env", Path(".env"))


class SettingsError(SetupError):
    """A setting that cannot be used. Wrong use rather than a failure, hence exit code 2."""

    exit_code = 2


class Settings(ReplyModelSettings, AttachmentSettings):
    """What an installation may set; defaults run the whole embedded stack on this machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILES,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    home: AbsolutePath = Field(default=CHECKOUT / ".holdpoint", description="The data folder.")

    database_url: PostgresUrl | None = Field(
        default=None,
        description="URL of an external PostgreSQL, as the schema's owner; unset: the embedded one.",
    )
    app_database_url: PostgresUrl | None = Field(
        default=None,
        description="URL of an external PostgreSQL as the role the application runs as, without superuser rights; "
        "unset: database_url.",
    )

    temporal_address: Address | None = Field(
        default=None, description="host:port of an external Temporal; unset: the embedded one."
    )
    temporal_namespace: str = Field(default="default", min_length=1, description="Namespace of the workflows.")
    temporal_tls: bool = Field(default=False, description="Talk TLS to the external Temporal; an API key implies it.")
    temporal_tls_client_cert: AbsolutePath | None = Field(default=None, description="Client certificate, a PEM file.")
    temporal_tls_client_key: AbsolutePath | None = Field(default=None, description="Its private key, a PEM file.")
    temporal_tls_server_ca: AbsolutePath | None = Field(
        default=None, description="Root certificate of the server, a PEM file; unset: those of the system."
    )
    temporal_api_key: SecretStr | None = Field(default=None, description="API key of a managed Temporal service.")
    temporal_binary: AbsolutePath | None = Field(
        default=None, description="Another `temporal` than the one in the virtual environment or on the PATH."
    )
    temporal_synchronous: Annotated[Literal["NORMAL", "FULL"], UPPER] = Field(
        default="NORMAL",
        description="How the embedded Temporal writes to disk. NORMAL survives the killing of every process; only a "
        "power cut may lose the last commits. FULL survives that too, and is slower.",
    )

    host: str = Field(default="127.0.0.1", min_length=1, description="Address on which the web process listens.")
    port: Port = Field(default=8700, description="Port of the web process.")
    temporal_port: Port = Field(default=7233, description="Port of the embedded Temporal.")
    temporal_ui_port: Port = Field(default=8233, description="Port of the embedded Temporal's Web UI.")
    metrics_port: Port = Field(
        default=8701, description="Port of the first worker's metrics; further workers take the ports after it."
    )
    workers: int = Field(default=1, ge=1, le=64, description="Worker processes that `up` starts.")
    restart_limit: int = Field(
        default=5, ge=0, description="Deaths of a part within 60 s after which `up` stops; 0: it restarts for ever."
    )

    public_url: HttpUrl | None = Field(
        default=None, description="How the web process is reached from outside, for links."
    )
    temporal_ui_url: HttpUrl | None = Field(
        default=None, description="How the Temporal Web UI is reached, for links; unset: the embedded one."
    )

    otlp_endpoint: HttpUrl | None = Field(
        default=None, description="OTLP/HTTP endpoint that receives traces and metrics."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], LOWER] = Field(
        default="info", description="Least severity that is logged; debug also shows tracebacks of commands."
    )
    log_format: Annotated[Literal["json", "console"], LOWER] = Field(default="json", description="Shape of the logs.")

    review_reminder: Seconds = Field(
        default=4 * 3600, description="Seconds from receipt until a waiting review is due soon."
    )
    review_deadline: Seconds = Field(default=24 * 3600, description="Seconds from receipt until a review is overdue.")
    gather_seconds: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="Seconds during which a burst of messages in an open conversation is gathered.",
    )
    classifier: ClassifierChoice = Field(
        default="trained",
        description="What names the intents of a message: trained (ships with its weights), llm:MODEL or cohere:MODEL.",
    )
    llm_url: HttpUrl | None = Field(
        default=None, description="Where a server that speaks chat completions is, such as http://127.0.0.1:8000/v1."
    )
    llm_api_key: ApiKey | None = Field(default=None, description="Its key; unset: it wants none.")
    lookups: AbsolutePath | None = Field(
        default=None,
        description="File that describes the order systems of stores that have their own; unset: all use our tables.",
    )
    embedder: EmbedderChoice = Field(
        default="use-multilingual",
        description="What turns knowledge and questions into vectors: use-multilingual (ships with its weights), "
        "fastembed:MODEL or cohere:MODEL. After a change all knowledge is embedded again.",
    )
    embedder_path: AbsolutePath | None = Field(
        default=None,
        description="Folder with the files of a fastembed model; unset: they are downloaded into "
        "HOLDPOINT_HOME/models.",
    )
    reranker: RerankerChoice = Field(
        default="features",
        description="What has the last word on the order of passages: features (ships with its weights), "
        "fastembed:MODEL or cohere:MODEL.",
    )
    reranker_path: AbsolutePath | None = Field(
        default=None,
        description="Folder with the files of a fastembed cross-encoder; unset: they are downloaded into "
        "HOLDPOINT_HOME/models.",
    )
    cohere_dimensions: Dimensions = Field(
        default=1024, description="Length of the vectors of a Cohere model that lets one choose it."
    )
    vector_index_above: int = Field(
        default=20_000,
        ge=1,
        description="Live passages above which a store gets an HNSW index; up to that many are compared one by one.",
    )
    semantic_k: int = Field(
        default=5, ge=1, le=100, description="Documents that the search by meaning hands to the reranker."
    )
    keyword_k: int = Field(
        default=3, ge=0, le=100, description="Documents that the search by words hands to the reranker."
    )
    top_passages: int = Field(
        default=3, ge=1, le=20, description="Passages that are left after reranking: what a draft may be made of."
    )
    search_pool: int = Field(
        default=40, ge=5, le=500, description="Passages that each search looks at closely before it keeps its best."
    )
    search_ef: int = Field(
        default=200, ge=10, le=1000, description="How far an HNSW index is searched: recall against time."
    )
    keyword_budget: int = Field(
        default=400,
        ge=50,
        le=20_000,
        description="Passages that the search by words scores at most; the rarest words choose them.",
    )
    eval_data: AbsolutePath | None = Field(
        default=None,
        description="Folder with the public data sets that `make evals-retrieval` reads; unset: ../shared/data, "
        "seen from the checkout.",
    )
    watch_private: bool = Field(
        default=False,
        description="Whether `knowledge watch` may read sites whose addresses are inside this network, such as an "
        "intranet.",
    )
    watch_pages: int = Field(default=5_000, ge=1, le=50_000, description="Pages of one site that are read at most.")
    default_store: str = Field(default="demo", min_length=1, description="Store of commands that name none.")

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if (self.temporal_tls_client_cert is None) != (self.temporal_tls_client_key is None):
            raise ValueError("HOLDPOINT_TEMPORAL_TLS_CLIENT_CERT and …_KEY belong together: set both or neither")
        if self.app_database_url is not None and self.database_url is None:
            raise ValueError("HOLDPOINT_APP_DATABASE_URL needs HOLDPOINT_DATABASE_URL, the URL of the schema's owner")
        if self.temporal_address is None and (self.temporal_api_key or self.temporal_tls):
            raise ValueError("TLS or an API key for Temporal needs HOLDPOINT_TEMPORAL_ADDRESS, where it listens")
        if self.review_deadline < self.review_reminder:
            raise ValueError("HOLDPOINT_REVIEW_DEADLINE has to be at or after HOLDPOINT_REVIEW_REMINDER")
        return self

    @model_validator(mode="after")
    def _models(self) -> Self:
        if self.classifier.startswith("llm:") and self.llm_url is None:
            raise ValueError("HOLDPOINT_CLASSIFIER=llm:MODEL needs HOLDPOINT_LLM_URL, where the model is")
        for setting, chosen, path in (
            ("CLASSIFIER", self.classifier, None),
            ("EMBEDDER", self.embedder, self.embedder_path),
            ("RERANKER", self.reranker, self.reranker_path),
        ):
            if path is not None and not chosen.startswith("fastembed:"):
                raise ValueError(f"HOLDPOINT_{setting}_PATH needs HOLDPOINT_{setting}=fastembed:MODEL, what is in it")
            if chosen.startswith("cohere:") and self.cohere_api_key is None:
                raise ValueError(f"HOLDPOINT_{setting}=cohere:MODEL needs HOLDPOINT_COHERE_API_KEY")
        return self

    @property
    def temporal_target(self) -> str:
        """host:port where Temporal's frontend listens, embedded or external."""
        return self.temporal_address or f"127.0.0.1:{self.temporal_port}"

    @property
    def web_url(self) -> str:
        """Where a person reaches the web process, without a slash at the end."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104  only compared
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def ui_url(self) -> str | None:
        """Where a person reaches the Temporal Web UI, without a slash at the end; None when it is not known."""
        if self.temporal_ui_url is not None:
            return self.temporal_ui_url.rstrip("/")
        return None if self.temporal_address else f"http://127.0.0.1:{self.temporal_ui_port}"


def load_settings() -> Settings:
    """The settings of this process, from the environment and `.env`.

    Raises SettingsError, one sentence without the value itself, since a value may be a secret.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The file .env cannot be read ({error.__class__.__name__}): make it readable UTF-8."
        ) from None


def _sentence(error: ValidationError) -> str:
    parts = []
    for fault in error.errors(include_input=False, include_url=False):
        said = fault["msg"].removeprefix("Value error, ")
        name = PREFIX + "_".join(str(step) for step in fault["loc"]).upper() if fault["loc"] else ""
        parts.append(f"{name} cannot be used: {said[:1].lower()}{said[1:]}" if name else said)
    return f"{'; '.join(parts)}. Correct it in the environment or in .env."


def unknown_settings() -> dict[str, str | None]:
    """Variables with our prefix that set nothing, each with the closest known name: most often a misspelling."""
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    names = set(os.environ)
    for file in ENV_FILES:
        names |= set(dotenv_values(file, interpolate=False)) if file.is_file() else set()
    strangers = sorted(name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known)
    return {name: next(iter(get_close_matches(name.upper(), known, n=1)), None) for name in strangers}


def child_environment(settings: Settings, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of our own child processes: this one's, the data folder made absolute, plus `overrides`."""
    return {
        **os.environ,
        PREFIX + "HOME": str(settings.home),
        "PYTHONUNBUFFERED": "1",
        **(overrides or {}),
    }
