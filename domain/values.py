"""The frozen Pydantic model that every value crossing a boundary derives from."""

import re

from pydantic import AfterValidator, BaseModel, ConfigDict


class Value(BaseModel):
    """Immutable, compared by content. Fields it does not know are left out: a history may have been written by another
    version, and must still be read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _refuse_unstorable(text: str) -> str:
    if _UNSTORABLE.search(text):
        raise ValueError("the text holds NUL or half of a surrogate pair, which cannot be stored")
    return text


STORABLE = AfterValidator(_refuse_unstorable)
"""For texts that people hand in: refuses the characters that PostgreSQL cannot store."""
