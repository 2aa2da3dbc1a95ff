"""Log-in, sessions and forms: who sits at the console, and that a form is really theirs."""

import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from activities.access import (
    MAX_NAME,
    MAX_PASSWORD,
    MIN_PASSWORD,
    SESSION_LENGTH,
    Agent,
    change_password,
    check_password,
    close_session,
    csrf_token,
    find_session,
    open_session,
)
from api.bodies import check_text
from api.callers import Parts
from api.console.attempts import Attempts
from api.console.rendering import page
from api.parts import parts_of
from domain.errors import BadInput, HoldpointError, NotAllowed, NotAuthenticated

COOKIE = "holdpoint_session"
HOME = "/console"
router = APIRouter(prefix=HOME, include_in_schema=False)


class LoginNeeded(NotAuthenticated):
    """Nobody is logged in here."""


class PasswordChangeNeeded(NotAllowed):
    """The one-time password has to be replaced first."""


class Seat:
    """An agent at the console, with the session that proves it."""

    def __init__(self, agent: Agent, token: str) -> None:
        self.agent = agent
        self.token = token
        self.csrf = csrf_token(token)


async def find_seat(request: Request) -> Seat:
    """Who is logged in. Raises LoginNeeded."""
    token = request.cookies.get(COOKIE, "")
    agent = await find_session(parts_of(request).database, token)
    if agent is None:
        raise LoginNeeded("Log in first.")
    return Seat(agent, token)


async def find_trusted_seat(seat: Annotated[Seat, Depends(find_seat)]) -> Seat:
    """The same, once the one-time password was replaced. Raises PasswordChangeNeeded."""
    if seat.agent.must_change_password:
        raise PasswordChangeNeeded("Choose a password of your own first.")
    return seat


AnySeat = Annotated[Seat, Depends(find_seat)]
AtConsole = Annotated[Seat, Depends(find_trusted_seat)]


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form sent from one of our own pages. Raises NotAllowed for one from elsewhere, BadInput."""
    refuse_other_sites(request)
    form = await request.form(max_files=0, max_fields=20)
    fields = {name: value.replace("\r\n", "\n") for name, value in form.items() if isinstance(value, str)}
    for value in fields.values():
        check_text(value)
    return fields


async def read_own_form(request: Request, seat: AnySeat) -> dict[str, str]:
    """The fields of a form of this very session. Raises NotAllowed without its token."""
    fields = await read_form(request)
    if not hmac.compare_digest(fields.pop("csrf", "").encode(), seat.csrf.encode()):
        raise NotAllowed("This form is not from your session any more; go back, reload the page and try again.")
    return fields


Form = Annotated[dict[str, str], Depends(read_form)]
OwnForm = Annotated[dict[str, str], Depends(read_own_form)]


def refuse_other_sites(request: Request) -> None:
    """Browsers say which site a form comes from: only our own may."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    try:
        same_host = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:  # no browser's
        same_host = False
    if site not in {"same-origin", "none"} or not same_host:
        raise NotAllowed("This form comes from another site; open the console itself.")


@router.get("/login")
async def show_login(next: str = HOME) -> Response:
    return page("login.html", name="", next=own_path(next), error=None)


@router.post("/login")
async def log_in(request: Request, fields: Form, parts: Parts) -> Response:
    name, password = fields.get("name", "")[:MAX_NAME], fields.get("password", "")
    address = request.client.host if request.client else ""
    attempts: Attempts = request.app.state.attempts
    target = own_path(fields.get("next", HOME))
    try:
        attempts.begin(name, address)
        agent = await check_password(parts.database, name, password)
    except HoldpointError as error:
        return page("login.html", error.status, name=name, next=target, error=error.message)
    attempts.succeed(name, address)
    response = RedirectResponse(f"{HOME}/password" if agent.must_change_password else target, 303)
    token = await open_session(parts.database, agent)
    secure = request.url.scheme == "https" or parts.options.web_url.startswith("https:")
    age = int(SESSION_LENGTH.total_seconds())
    response.set_cookie(COOKIE, token, max_age=age, path=HOME, secure=secure, httponly=True, samesite="lax")
    return response


@router.post("/logout")
async def log_out(seat: AnySeat, fields: OwnForm, parts: Parts) -> Response:
    del fields
    await close_session(parts.database, seat.token)
    response = RedirectResponse(f"{HOME}/login", 303)
    response.delete_cookie(COOKIE, path=HOME)
    return response


@router.get("/password")
async def show_password(seat: AnySeat) -> Response:
    return password_page(seat)


@router.post("/password")
async def set_password(seat: AnySeat, fields: OwnForm, parts: Parts) -> Response:
    new = fields.get("new", "")
    try:
        if new != fields.get("again", ""):
            raise BadInput("The two new passwords differ; write the same one twice.")
        await change_password(parts.database, seat.agent, fields.get("old", ""), new, session=seat.token)
    except (BadInput, NotAuthenticated) as error:
        said = "The present password is wrong." if isinstance(error, NotAuthenticated) else error.message
        return password_page(seat, said)
    return RedirectResponse(f"{HOME}?done=password", 303)


def password_page(seat: Seat, error: str | None = None) -> Response:
    """The page on which an agent chooses a password."""
    limits = {"shortest": MIN_PASSWORD, "longest": MAX_PASSWORD}
    return page("password.html", 422 if error else 200, agent=seat.agent, csrf=seat.csrf, error=error, **limits)


def own_path(target: str) -> str:
    """Where to go after the log-in: only to a page of the console."""
    inside = target == HOME or target.startswith((f"{HOME}/", f"{HOME}?"))
    return target if inside and target.isprintable() and "\\" not in target and ".." not in target else HOME
