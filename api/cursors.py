"""Cursors of pages: where a page ended, in a form that a client only hands back."""

import base64
import binascii

from pydantic import ValidationError

from activities.reading import Place
from domain.errors import BadInput

MAX_CURSOR = 500


def write_cursor(place: Place) -> str:
    """The cursor that continues after a place."""
    return base64.urlsafe_b64encode(place.model_dump_json().encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Place | None:
    """The place a cursor stands for, None without one. Raises BadInput for one that is not ours."""
    if cursor is None:
        return None
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError
        place = Place.model_validate_json(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, binascii.Error, ValidationError):
        place = None
    if place is None or "\x00" in place.query_id or place.deadline_at.tzinfo is None:
        raise BadInput("`cursor` is not one that a page gave out; start again without it.") from None
    return place
