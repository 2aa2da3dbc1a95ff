"""Named timeouts and retries. Activities raise only `Unavailable` as retryable (activities/failures.py), so a policy
says how long something that does not answer is worth waiting for; a bug is final at the first attempt everywhere."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class LocalPolicy(TypedDict):
    """Options of a local activity."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class OutsidePolicy(TypedDict):
    """Options of an activity that calls something outside."""

    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


LOCAL_STEP = LocalPolicy(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=3), maximum_attempts=10
    ),
)
"""A step on our own CPU and database. Bridges about 20 s of a restarting database, then a person takes over."""

OUTSIDE_STEP = OutsidePolicy(
    start_to_close_timeout=timedelta(seconds=30),
    heartbeat_timeout=timedelta(seconds=5),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=8), maximum_attempts=4
    ),
)
"""A model or shop system. At most about two minutes, usually a few seconds, then a person takes over."""

MODEL_STEP = OutsidePolicy(
    start_to_close_timeout=timedelta(seconds=150),
    heartbeat_timeout=timedelta(seconds=5),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=8), maximum_attempts=4
    ),
)
"""Language models that write a reply: the second is asked within the same attempt, each for at most
HOLDPOINT_MODEL_SECONDS (60 at most). That setting is what bounds an attempt; a killed worker is noticed by its
heartbeats. Usually a few seconds, then a person takes over."""

OWN_RECORDS = LocalPolicy(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=5)),
)
"""Reads and writes without which nothing can go on. Tried until our own database is back: nobody else could help."""

DELIVERY = OutsidePolicy(
    start_to_close_timeout=timedelta(seconds=25),
    heartbeat_timeout=timedelta(seconds=5),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=8
    ),
)
"""Handing a reply to a helpdesk. About two minutes of its absence, then the query waits for an agent."""

BACKGROUND = OutsidePolicy(
    start_to_close_timeout=timedelta(days=7),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
)
"""Long work that keeps its place by itself. Nobody waits for it: it is tried until it succeeds; a bug still ends it."""

REFRESH = OutsidePolicy(
    start_to_close_timeout=timedelta(hours=12),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=10), maximum_interval=timedelta(minutes=5), maximum_attempts=6
    ),
)
"""Loading what is watched. About five minutes of a site's absence, then this refresh fails and the next one is due."""
