"""Errors as problem details (RFC 9457): every answer that is not a success has this one shape."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from domain.errors import DecisionRefused, HoldpointError
from domain.findings import Finding

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """One field of the request that cannot be used."""

    field: str = Field(examples=["customer.email"])
    message: str


class Problem(BaseModel):
    """What went wrong, for people and programs."""

    type: str = Field(examples=["urn:holdpoint:problem:not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no query of that id in this store."])
    instance: str = Field(examples=["/v1/queries/0"])
    code: str | None = Field(default=None, description="Why a decision was refused.", examples=["stale"])
    findings: list[Finding] | None = Field(default=None, description="What the guard says of a refused edit.")
    errors: list[FieldProblem] | None = Field(default=None, description="The fields that cannot be used.")


class ProblemResponse(JSONResponse):
    """A problem on its way out."""

    media_type = MEDIA_TYPE


DETAILS = {
    400: "The request cannot be read.",
    404: "There is nothing at this address; /openapi.json lists what there is.",
    405: "This address does not take that method; /openapi.json says which it takes.",
}


def problem(
    status: int,
    detail: str,
    *,
    instance: str,
    title: str | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> ProblemResponse:
    """The response for a problem."""
    title = title or HTTPStatus(status).phrase
    body = Problem(
        type=f"urn:holdpoint:problem:{title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        **more,
    )
    return ProblemResponse(body.model_dump(mode="json", exclude_none=True), status, headers)


def of_error(error: HoldpointError, instance: str) -> ProblemResponse:
    """One of our own errors: its sentence was written to be read."""
    more: dict[str, Any] = {}
    if isinstance(error, DecisionRefused):
        more = {"code": error.code, "findings": list(error.findings)}
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}, 503: {"Retry-After": "2"}}
    return problem(
        error.status, error.message, instance=instance, title=error.title, headers=headers.get(error.status), **more
    )


def of_http(error: HTTPException, instance: str) -> ProblemResponse:
    """What the framework itself refuses: unknown addresses, methods, unreadable bodies."""
    detail = DETAILS.get(error.status_code) or str(error.detail)
    return problem(error.status_code, detail, instance=instance, headers=dict(error.headers or {}))


def of_validation(error: RequestValidationError, instance: str) -> ProblemResponse:
    """Fields that cannot be used, each by name, without their values."""
    faults = [
        FieldProblem(
            field=".".join(str(part) for part in fault["loc"][1:])[:200] or str(fault["loc"][0]), message=_said(fault)
        )
        for fault in error.errors()[:20]
    ]
    first = faults[0]
    detail = f"`{first.field}`: {first.message}" + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")
    return problem(422, detail, instance=instance, title="Bad input", errors=faults)


def _said(fault: Any) -> str:
    said = str(fault["msg"]).removeprefix("Value error, ")
    return said[:300] + ("" if said.endswith(".") else ".")


Present = Callable[[Request, JSONResponse], Response]


def add_handlers(app: FastAPI, present: Present) -> None:
    """Every error leaves as a problem; `present` may show it in another form, such as a page."""

    @app.exception_handler(HoldpointError)
    async def _own(request: Request, error: HoldpointError) -> Response:
        return present(request, of_error(error, request.url.path))

    @app.exception_handler(HTTPException)
    async def _framework(request: Request, error: HTTPException) -> Response:
        return present(request, of_http(error, request.url.path))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return present(request, of_validation(error, request.url.path))

    @app.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> Response:
        log.error("request_failed", path=request.url.path, error=type(error).__name__)
        detail = "Something went wrong here; it was logged. Try again, and tell the operators when it stays."
        return present(request, problem(500, detail, instance=request.url.path))
