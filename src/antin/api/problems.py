"""Errors as RFC 9457 problem details: every answer that is no success has this one shape."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from antin.core.codes import N_
from antin.core.errors import AntinError, DefectError, NotFoundError, UsageError
from antin.infra.messages import accepted, translator

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[str, int]] = {
    "usage": 400,
    "input": 422,
    "authentication": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "refused": 422,
    "key_device": 503,
    "unavailable": 503,
    "integrity": 500,
    "defect": 500,
}

TITLES: Final[Mapping[str, str]] = {
    "usage": N_("The request is wrong"),
    "input": N_("The file or data cannot be read"),
    "authentication": N_("Nobody is known by this API key"),
    "forbidden": N_("The right for this is missing"),
    "not_found": N_("Not found"),
    "conflict": N_("The present state forbids this"),
    "refused": N_("A rule forbids this"),
    "key_device": N_("The key device stands in the way"),
    "unavailable": N_("Another service did not answer"),
    "integrity": N_("Stored data contradict each other"),
    "defect": N_("A defect of Antin"),
}


class Problem(BaseModel):
    """What went wrong (RFC 9457). ``code`` is stable; ``values`` are what its sentence names."""

    type: str = Field(examples=["urn:antin:problem:record_closed"])
    title: str = Field(description="Kind of problem, in the language of Accept-Language")
    status: int
    detail: str = Field(description="What happened and what to do, in English")
    code: str
    values: dict[str, str | int | bool | list[str] | None]


PROBLEMS: Final[dict[int | str, dict[str, object]]] = {
    "default": {"model": Problem, "description": "A problem"}
}
"""For the OpenAPI description of every route; ``app.py`` gives it its media type."""

# Where FastAPI says that a header is missing which only ``auth.acting`` asks for.
_IDEMPOTENCY_KEY: Final = ("header", "idempotency-key")


def problem(error: AntinError, language: str, status: int | None = None) -> JSONResponse:
    """Return the answer that says ``error``; ``status`` where HTTP has a closer one."""
    status = status or STATUS[error.family]
    headers = {"WWW-Authenticate": "Bearer"} if status == STATUS["authentication"] else None
    body = {
        "type": f"urn:antin:problem:{error.code}",
        "title": translator(language)(TITLES[error.family]),
        "status": status,
        "detail": error.detail,
        "code": error.code,
        "values": dict(error.values),
    }
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make ``app`` answer every error, its framework's own included, as a problem."""
    app.add_exception_handler(AntinError, _ours)
    app.add_exception_handler(HTTPException, _frameworks)
    app.add_exception_handler(RequestValidationError, _invalid)


def language_of(request: Request) -> str:
    """Return the language that the caller prefers, or the installation's."""
    return accepted(request.headers.get("accept-language"), request.app.state.language)


def _ours(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, AntinError) else DefectError("defect", detail="unknown")
    return problem(known, language_of(request))


def _frameworks(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    found: AntinError
    match status:
        case 404:
            found = NotFoundError("route_not_found")
        case 405:
            found = UsageError("method_not_allowed", method=request.method)
        case 400 | 422:
            found = UsageError("request_invalid", detail="the body cannot be read")
        case _:
            found = DefectError("defect", detail=f"status {status}")
    return problem(found, language_of(request), status if status in {404, 405} else None)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Name the fields that are wrong; never quote what was sent, it may be a secret."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    if any(one["loc"] == _IDEMPOTENCY_KEY for one in problems):
        return problem(UsageError("idempotency_key_missing"), language_of(request))
    detail = "; ".join(
        ".".join(str(part) for part in one["loc"]) + ": " + str(one["msg"]) for one in problems[:10]
    )
    return problem(UsageError("request_invalid", detail=detail), language_of(request))
