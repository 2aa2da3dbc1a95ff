"""What can go wrong, as business facts. Each error carries the HTTP status it is shown with and one sentence.

HoldpointError
├── BadInput (422)             what was sent cannot be used as it is
│   └── DecisionRefused (409)  a decision that changes nothing, with its reason and, for an edit, the findings
├── NotFound (404)
├── Conflict (409)             it exists already, with other content
├── NotAllowed (403)           known, but not for this key or agent
├── NotAuthenticated (401)
├── TooLarge (413)
├── TooMany (429)              too many attempts in a short time
├── SetupError (500)           the installation itself: a port, a folder, a binary, a setting
└── Unavailable (503)          something we call did not answer; worth another try later
    ├── StepUnavailable        a step of the graph gave up within its policy; a person takes over
    └── ModelUnusable          a model refuses, or its files are wrong: a SetupError too, since a setting cures it
"""

from collections.abc import Sequence

from domain.findings import Finding


class HoldpointError(Exception):
    """Base of every error that a person may read. `message` is one sentence that says what to do."""

    status = 500
    title = "Error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(HoldpointError):
    """What was sent cannot be used as it is."""

    status = 422
    title = "Bad input"


class DecisionRefused(BadInput):
    """A decision that was refused and changed nothing. `code` is stable, `findings` is set for a refused edit."""

    status = 409
    title = "Decision refused"

    def __init__(self, message: str, code: str = "refused", findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.findings = tuple(findings)


class NotFound(HoldpointError):
    """Nothing of that name here, or not in this store: the two are not told apart."""

    status = 404
    title = "Not found"


class Conflict(HoldpointError):
    """It exists already, with other content."""

    status = 409
    title = "Conflict"


class NotAllowed(HoldpointError):
    """Known, but not for this key or agent."""

    status = 403
    title = "Not allowed"


class NotAuthenticated(HoldpointError):
    """No key or session, or one that is not valid."""

    status = 401
    title = "Not authenticated"


class TooLarge(HoldpointError):
    """A body, file or line beyond its limit."""

    status = 413
    title = "Too large"


class TooMany(HoldpointError):
    """Too many attempts in a short time; worth another try after a pause."""

    status = 429
    title = "Too many attempts"


class SetupError(HoldpointError):
    """The installation itself: a port, a folder, a binary, a setting."""

    status = 500
    title = "Set-up error"


class Unavailable(HoldpointError):
    """Something we call did not answer; worth another try later, after `retry_after` seconds where it said so."""

    status = 503
    title = "Unavailable"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StepUnavailable(Unavailable):
    """A step of the graph gave up within its policy. The query goes to a person with this reason."""

    def __init__(self, step: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.step = step


class ModelUnusable(SetupError, Unavailable):
    """A model that the settings name refuses us, or does not work. No other attempt helps until the setting that the
    message names is corrected; meanwhile queries that need it go to people, as with whatever does not answer."""
