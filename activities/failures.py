"""How an activity fails, in one place: what is worth another try is retried, everything else fails at once.

Temporal retries whatever an activity raises, for ever by default. Here only `Unavailable` is retryable, within the named
policy of the call; every other error of ours, and every programming error, is final, so that a bug leaves the run
failed instead of looping.
"""

from typing import Any

from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from domain.errors import HoldpointError, Unavailable


class FailureTranslation(Interceptor):
    """Worker interceptor that translates what activities raise."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Translating(next)


class _Translating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        try:
            return await super().execute_activity(input)
        except (ApplicationError, CancelledError):
            raise
        except Unavailable as error:
            raise ApplicationError(error.message, type="Unavailable") from error
        except HoldpointError as error:
            raise ApplicationError(error.message, type=type(error).__name__, non_retryable=True) from error
        except Exception as error:
            # A bug. Its message may quote a customer, so the history gets its kind alone; the log has the traceback.
            kind = type(error).__name__
            raise ApplicationError(
                f"{kind} in this step; see the worker's log.", type=kind, non_retryable=True
            ) from error
