"""Parameters that many addresses have, and the sentence about a wrong one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from ecom_lake.publish.api.formats import Format
from ecom_lake.publish.api.problem import ProblemError, response

LARGEST = 999_999_999

OfFormat = Annotated[Format | None, Query(description="Default: by the Accept header, else json.")]
OfRelease = Annotated[int | None, Query(ge=1, le=LARGEST, description="The number of a release. Default: the latest one.")]
ShopName = Annotated[str, Path(description="The name of a shop.", max_length=40)]
TableName = Annotated[str, Path(description="The name of a gold table.", max_length=100)]
ReleaseNumber = Annotated[int, Path(ge=1, le=LARGEST, description="The number of a release.")]


def wrong_parameter(request: Request, error: Exception) -> Response:
    """The exception handler of parameters that FastAPI refuses."""
    assert isinstance(error, RequestValidationError)
    return response(ProblemError(422, _sentence(error)), request.url.path)


def _sentence(error: RequestValidationError) -> str:
    first = error.errors()[0]
    parameter, given = first["loc"][-1], first.get("input")
    requirement = _REQUIREMENTS.get(first["type"])
    if requirement is None:
        return f"{parameter}: {first['msg']}{'' if given is None else f', not {given!r}'}."
    said = requirement.format(**first.get("ctx", {}))
    return f"{parameter} must {said}{'' if first['type'] == 'missing' or len(str(given)) > _QUOTED else f', not {given!r}'}."


_QUOTED = 100
"""Characters of the longest value that an error quotes."""
_REQUIREMENTS = {
    "missing": "be given",
    "int_parsing": "be a whole number",
    "int_from_float": "be a whole number",
    "greater_than_equal": "be at least {ge:,}",
    "less_than_equal": "be at most {le:,}",
    "string_too_long": "have at most {max_length:,} characters",
    "literal_error": "be {expected}",
}
"""By pydantic's type of error."""
