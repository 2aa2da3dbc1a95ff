"""What an activity raises, as Temporal is told."""

from datetime import timedelta
from typing import Any, cast

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.failures import LONGEST_PAUSE, FailureTranslation
from domain.errors import BadInput, ModelUnusable, StepUnavailable, Unavailable


class Raising(ActivityInboundInterceptor):
    """An activity that raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        raise self._error


async def told(error: Exception) -> ApplicationError:
    """What Temporal is told of it."""
    translated = FailureTranslation().intercept_activity(Raising(error))
    with pytest.raises(ApplicationError) as found:
        await ActivityEnvironment().run(translated.execute_activity, cast(ExecuteActivityInput, None))
    return found.value


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (None, None),  # as the policy of the call says
        (0.0, timedelta(0)),
        (7.5, timedelta(seconds=7.5)),
        (3_600.0, timedelta(seconds=LONGEST_PAUSE)),
        (-1.0, timedelta(0)),
    ],
)
async def test_the_next_attempt_comes_after_the_pause_that_was_asked_for(
    asked: float | None, pause: timedelta | None
) -> None:
    for error in (Unavailable("Away.", retry_after=asked), StepUnavailable("generate", "Away.", retry_after=asked)):
        found = await told(error)
        assert (found.type, found.non_retryable, found.next_retry_delay) == ("Unavailable", False, pause)


async def test_errors_that_another_attempt_does_not_cure_are_final() -> None:
    assert (await told(BadInput("Wrong."))).non_retryable
    assert not (await told(ModelUnusable("Set HOLDPOINT_MODEL."))).non_retryable  # the setting may be corrected


async def test_the_words_of_a_bug_are_told_to_nobody() -> None:
    found = await told(TypeError("Rosalinde Zwingenberger"))

    assert found.non_retryable
    assert "Rosalinde" not in str(found)
