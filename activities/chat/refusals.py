"""What goes wrong with a language model, as errors of ours: one sentence that names the setting to correct.

Their own words are never shown: they may quote the customer, or the key.
"""

import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from domain.errors import ModelUnusable, SetupError, Unavailable

_LATER = frozenset({408, 409, 425, 429, 498, 499})
_MAX_PAUSE = 3_600.0
MAX_CHARACTERS = 50_000
"""Of an answer. One of 500 tokens has about 2,000."""
STALL = 10.0
"""Seconds between two pieces of a stream, at most. Until the first one comes, a model may take all its time."""


class SettingNames(NamedTuple):
    """Which settings a model was named by, for the sentences that say what to correct."""

    model: str = "HOLDPOINT_MODEL"
    url: str = "HOLDPOINT_MODEL_URL"
    api_key: str = "HOLDPOINT_MODEL_API_KEY"


USUAL = SettingNames()


class Failures:
    """The errors of one model."""

    def __init__(self, provider: str, model: str, settings: SettingNames) -> None:
        self._who = f"The language model {provider}:{model}"
        self._settings = settings

    def late(self, seconds: float) -> Unavailable:
        """Nothing, or not all, within `seconds`; or it fell silent."""
        return Unavailable(
            f"{self._who} did not answer in time ({seconds:g} s, and no pause of {min(STALL, seconds):g} s once it "
            "has begun): try again later."
        )

    def out_of_reach(self, why: str) -> Unavailable:
        """No connection, or one that broke."""
        return Unavailable(f"{self._who} cannot be reached ({why}): check {self._settings.url}, or try again later.")

    def misfit(self, how: str) -> Unavailable:
        """An answer that is not what was asked for; `how` continues the sentence."""
        return Unavailable(f"{self._who} gave an answer that {how}: check {self._settings.url}, or try again later.")

    def broke_off(self) -> Unavailable:
        """It failed while it was writing."""
        return Unavailable(f"{self._who} broke off while it was writing: try again later.")

    def failed(self, kind: str) -> Unavailable:
        """Something else; `kind` is a name, never a text of theirs."""
        return Unavailable(f"{self._who} failed ({kind}): try again later.")

    def no_key(self) -> SetupError:
        """What is set as a key cannot be one."""
        return SetupError(f"{self._settings.api_key} is not a key: set it to the one that the provider shows, no more.")

    def of_status(self, status: int, retry_after: str | None = None) -> Unavailable:
        """What an HTTP status other than 200 means; `retry_after` is the header of that name."""
        if status == 429:
            return Unavailable(
                f"{self._who} limits the number of requests (429): try again later.",
                retry_after=seconds_of(retry_after),
            )
        if status >= 500 or status in _LATER:
            return Unavailable(f"{self._who} failed ({status}): try again later.", retry_after=seconds_of(retry_after))
        return ModelUnusable(f"{self._who} {self._cure(status)}.")

    def _cure(self, status: int) -> str:
        names = self._settings
        if status == 402:
            return f"wants to be paid (402): see to the account of {names.api_key}"
        if status in (401, 403):
            return f"refuses the key ({status}): set {names.api_key} to one that may use this model"
        if status == 404:
            return f"is not known there (404): correct {names.model} or {names.url}"
        if status == 413:
            return f"takes no prompt of this length (413): choose another for {names.model}"
        if status < 400:
            return f"answers with {status} where an answer belongs: correct {names.url}"
        return (
            f"refuses the request ({status}): choose one for {names.model} that takes such a prompt, max_tokens and a "
            "temperature"
        )


def seconds_of(asked: str | None) -> float | None:
    """Seconds that Retry-After asks for, as a number or as a date, at most an hour; None without one."""
    try:
        seconds = float(asked or "")
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked or "").timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), _MAX_PAUSE) if seconds == seconds else None  # noqa: PLR0124 - not a number
