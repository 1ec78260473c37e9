"""Errors as RFC 9457 documents: a status, and a sentence that states what is wrong and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ecom_lake.engine.serve.query import TooLongError, TooMuchMemoryError
from ecom_lake.errors import UsageError, UserError
from ecom_lake.publish.query_slots import BusyError

MEDIA_TYPE = "application/problem+json"
RETRY = {"Retry-After": "1"}
RETRY_LATER = {"Retry-After": "10"}
"""Of a query that took as long as a query may: the same query at once would be as long."""


class ProblemError(UserError):
    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.headers = status, dict(headers or {})


def problem_of(error: Exception) -> ProblemError:
    """The problem that a client gets for an error."""
    if isinstance(error, ProblemError):
        return error
    if (overload := overload_of(error)) is not None:
        return overload
    if isinstance(error, HTTPException):
        return ProblemError(error.status_code, _http(error), error.headers)
    if isinstance(error, UserError):
        return ProblemError(422 if isinstance(error, UsageError) else 503, str(error))
    return ProblemError(500, "The server failed unexpectedly; its log has the error.")


def overload_of(error: Exception) -> ProblemError | None:
    """The problem where the server has too much to do, so that the same request may succeed later; None for other errors."""
    if isinstance(error, BusyError):
        return ProblemError(503, str(error), RETRY)
    if isinstance(error, TooLongError):
        sentence = "The query took too long and was stopped. Try again later, or ask for fewer rows, columns or months."
        return ProblemError(503, sentence, RETRY_LATER)
    if isinstance(error, TooMuchMemoryError):
        return ProblemError(503, str(error), RETRY_LATER)
    return None


def response(problem: ProblemError, path: str) -> Response:
    document = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": str(problem),
        "instance": path,
    }
    return Response(
        json.dumps(document, ensure_ascii=False),
        problem.status,
        {**problem.headers, "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def answered(request: Request, error: Exception) -> Response:
    """The exception handler of all errors but those of parameters."""
    return response(problem_of(error), request.url.path)


def _http(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is nothing at this address; /docs lists the addresses."
    if error.status_code == 405:
        return "This service only reads: use GET or HEAD."
    return str(error.detail)
