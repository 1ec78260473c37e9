"""The text of a file that a person has written: a table, a question, a map."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.errors import UserError


class UnreadableError(UserError, ValueError):
    """One sentence that names the file: it is not UTF-8 text, or it cannot be read at all."""


def read_text(file: Path) -> str:
    """The text of a file in UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UnreadableError(f"{file}: it is not UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise UnreadableError(f"{file}: it cannot be read: {error.strerror}.") from None
