"""How an activity fails, in one place: what is worth another try is retried, everything else fails at once.

Temporal retries whatever an activity raises, for ever by default. Here only `Unavailable` is retryable, within the
named policy of the call; every other error of ours, and every programming error, is final, so that a bug leaves the
run failed instead of looping.
"""

import traceback
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from domain.errors import HoldpointError, Unavailable

LONGEST_PAUSE = 20.0
"""Seconds. Whoever asks for a longer pause before the next attempt gets this one: a customer waits."""


class FailureTranslation(Interceptor):
    """Worker interceptor that translates what activities raise."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Translating(next)


class _Translating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except (ApplicationError, CancelledError):
            raise
        except Unavailable as error:
            raise ApplicationError(error.message, type="Unavailable", next_retry_delay=_pause(error)) from error
        except HoldpointError as error:
            raise ApplicationError(error.message, type=type(error).__name__, non_retryable=True) from error
        except Exception as error:  # noqa: BLE001 - the one place where every bug becomes final
            # A bug. Its message may quote a customer: the history gets its kind alone, the log where it happened.
            kind = type(error).__name__
            where = "".join(traceback.format_tb(error.__traceback__))
            activity.logger.error("%s in the activity %s\n%s", kind, activity.info().activity_type, where)
            message = f"{kind} in this step; see the worker's log."
            raise ApplicationError(message, type=kind, non_retryable=True) from None


def _pause(error: Unavailable) -> timedelta | None:
    """How long what did not answer asked to be left alone; None: as long as the policy of the call says."""
    if error.retry_after is None:
        return None
    return timedelta(seconds=min(max(0.0, error.retry_after), LONGEST_PAUSE))
