"""Settings of the language models that write replies."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from app.setting_types import ApiKey, HttpUrl, model_name

COHERE = "cohere"
ModelChoice = Annotated[str, AfterValidator(model_name)]
Price = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class ReplyModelSettings(BaseSettings):
    """Which models write replies, what they cost, and how they are asked."""

    model: ModelChoice | None = Field(
        default=None,
        description="The language model that writes replies, as provider:model, such as cohere:command-a-03-2025 or "
        "openai:gpt-4.1-mini; unset: the offline default.",
    )
    model_url: HttpUrl | None = Field(
        default=None, description="Where it is, for servers of your own; unset: at its provider."
    )
    model_api_key: ApiKey | None = Field(
        default=None, description="Its key; a model of Cohere takes HOLDPOINT_COHERE_API_KEY."
    )
    model_input_price: Price | None = Field(
        default=None, description="What a million tokens cost that it reads, in the currency of the stores' budgets."
    )
    model_output_price: Price | None = Field(default=None, description="What a million tokens cost that it writes.")
    model_max_tokens: int = Field(default=500, ge=50, le=4_000, description="Tokens that a reply may have.")
    model_temperature: float = Field(default=0.3, ge=0, le=1, description="How freely a reply is worded.")
    model_vision: bool = Field(
        default=False,
        description="Whether it can see: pictures that customers send along are then shown to it, and to the fallback.",
    )
    model_seconds: float = Field(
        default=12.0, ge=1, le=60, description="Seconds within which a model has to have answered."
    )
    fallback_model: ModelChoice | None = Field(
        default=None, description="The model that writes while the first is down, as provider:model."
    )
    fallback_model_url: HttpUrl | None = Field(default=None, description="Where that one is.")
    fallback_model_api_key: ApiKey | None = Field(default=None, description="Its key.")
    fallback_model_input_price: Price | None = Field(
        default=None, description="What a million tokens cost that it reads."
    )
    fallback_model_output_price: Price | None = Field(
        default=None, description="What a million tokens cost that it writes."
    )
    cohere_api_key: ApiKey | None = Field(default=None, description="Key for models of Cohere.")
    cohere_url: HttpUrl = Field(
        default="https://api.cohere.com", description="Where Cohere, or what speaks like it, is."
    )

    @model_validator(mode="after")
    def _reply_models(self) -> Self:
        for prefix in ("model", "fallback_model"):
            self._check(prefix)
        if self.model_vision and self.model is None:
            raise ValueError("HOLDPOINT_MODEL_VISION needs HOLDPOINT_MODEL, the model that can see")
        if self.fallback_model is not None:
            if self.model is None:
                raise ValueError("HOLDPOINT_FALLBACK_MODEL needs HOLDPOINT_MODEL, the one that is asked first")
            if (self.fallback_model, self.fallback_model_url) == (self.model, self.model_url):
                raise ValueError("HOLDPOINT_FALLBACK_MODEL has to be another model or server than HOLDPOINT_MODEL")
        return self

    def _check(self, prefix: str) -> None:
        """One model's settings belong together. Raises ValueError."""
        name = f"HOLDPOINT_{prefix.upper()}"
        chosen: str | None = getattr(self, prefix)
        own = [each for each in ("url", "api_key", "input_price", "output_price") if self._of(prefix, each) is not None]
        if chosen is None and own:
            raise ValueError(f"{name}_{own[0].upper()} needs {name}, the model that it is about")
        if (self._of(prefix, "input_price") is None) != (self._of(prefix, "output_price") is None):
            raise ValueError(f"{name}_INPUT_PRICE and {name}_OUTPUT_PRICE belong together: set both or neither")
        if chosen is not None and chosen.startswith(f"{COHERE}:"):
            for part in ("url", "api_key"):
                if part in own:
                    raise ValueError(
                        f"{name}={COHERE}:… takes HOLDPOINT_COHERE_{part.upper()}: unset {name}_{part.upper()}"
                    )
            if self.cohere_api_key is None:
                raise ValueError(f"{name}={COHERE}:MODEL needs HOLDPOINT_COHERE_API_KEY")

    def _of(self, prefix: str, part: str) -> Decimal | str | SecretStr | None:
        found: Decimal | str | SecretStr | None = getattr(self, f"{prefix}_{part}")
        return found
