"""Errors for people: one sentence that states what happened, where, and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path


class UserError(Exception):
    """Displayed as its sentence, without a stack trace; the exit code is 1."""


class UsageError(UserError):
    """The request is wrong, not the lake; the exit code is 2."""


class StoreError(UserError):
    """The store cannot be reached or refuses access, after every retry."""


_DISK = {
    errno.ENOSPC: "Free some space, then run it again.",
    errno.EDQUOT: "Free some space, then run it again.",
    errno.EFBIG: "Raise the limit on file size, then run it again.",
    errno.EROFS: "Mount it with write access, or use another folder.",
    errno.EACCES: "Give this user read and write access, or use another folder.",
    errno.EPERM: "Give this user read and write access, or use another folder.",
    errno.EIO: "Check the disk; `ecom-lake doctor --deep` lists damaged files.",
    errno.EMFILE: "Raise the limit on open files, then run it again.",
}


def disk_trouble(error: BaseException) -> str | None:
    """A sentence on a disk error and its remedy, also if an engine wrapped the error; None for any other error."""
    message = str(error)
    for number, remedy in _DISK.items():
        words = os.strerror(number)
        if getattr(error, "errno", None) == number or words in message:
            return f"{words}{_place(error)}. {remedy} Released tables are unchanged."
    return None


def _place(error: BaseException) -> str:
    where = getattr(error, "filename2", None) or getattr(error, "filename", None)
    return f": {Path(os.fsdecode(where)).absolute()}" if isinstance(where, str | bytes | os.PathLike) else ""


def was_interrupted(error: BaseException) -> bool:
    """Whether DuckDB ended a call because of a signal or of `interrupt()`.

    Python runs the handler of a signal while DuckDB works. DuckDB drops the exception of the handler (a KeyboardInterrupt or
    Dagster's own exception) and raises a RuntimeError, which would look like a failure of the step."""
    is_signal = type(error) is RuntimeError and str(error) == "Query interrupted"
    return is_signal or type(error).__name__ == "InterruptException"
