"""The frozen Pydantic model that every value crossing a boundary derives from."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Immutable, compared by content, refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
