"""The frozen Pydantic model that every value crossing a boundary derives from."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Immutable, compared by content. Fields it does not know are left out: a history may have been written by another
    version, and must still be read."""

    model_config = ConfigDict(frozen=True, extra="ignore")
