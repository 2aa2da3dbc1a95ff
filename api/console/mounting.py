"""Puts the console into the application, and shows errors there as pages."""

import json
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.console import attachments, audits, certificates, knowledge, knowledge_search, live, pages, sessions
from api.console.attempts import Attempts
from api.console.rendering import ROOM, page
from api.console.sessions import HOME, LoginNeeded, PasswordChangeNeeded


class OwnFiles(StaticFiles):
    """Style and script: kept by browsers, and asked for again each time whether they changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def mount_console(app: FastAPI) -> None:
    """The console's pages, its files, and the way to it from the root."""
    app.state.attempts = Attempts()
    app.mount(f"{HOME}/static", OwnFiles(directory=ROOM / "static"), name="static")
    for rooms in (sessions, live, pages, attachments, knowledge, knowledge_search, audits, certificates):
        app.include_router(rooms.router)

    @app.get("/", include_in_schema=False)
    async def _root() -> Response:
        return RedirectResponse(HOME, 307)

    @app.exception_handler(LoginNeeded)
    async def _log_in(request: Request, error: LoginNeeded) -> Response:
        if request.url.path == f"{HOME}/live":
            return Response(status_code=204)  # an open page stops asking
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(target)}" if request.method == "GET" and target != HOME else ""
        return RedirectResponse(f"{HOME}/login{back}", 303)

    @app.exception_handler(PasswordChangeNeeded)
    async def _change_password(request: Request, error: PasswordChangeNeeded) -> Response:
        return RedirectResponse(f"{HOME}/password", 303)


def present(request: Request, found: JSONResponse) -> Response:
    """A problem as it is, or at the console as a page."""
    if not request.url.path.startswith(HOME):
        return found
    problem = json.loads(bytes(found.body))
    return page("error.html", found.status_code, title=problem["title"], detail=problem["detail"])
