"""The error of a wrong definition in a contract: one sentence with its file and line."""

from __future__ import annotations

import sys
from pathlib import Path

from ecom_lake.errors import UserError

_LANGUAGE = {Path(__file__).with_name(f"{name}.py").as_posix() for name in ("columns", "definition_error", "personal", "table")}
"""The modules that contracts are written with; the author's line is outside them."""


class DefinitionError(UserError):
    """The author of a contract has to fix it. Raised when the contract is read, before anything is built."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"{_author_line()}: {sentence}")


def _author_line() -> str:
    frame = sys._getframe()
    while frame.f_back is not None and Path(frame.f_code.co_filename).as_posix() in _LANGUAGE | {"<string>"}:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
