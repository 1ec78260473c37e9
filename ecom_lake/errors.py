"""The errors that a person is meant to read: a sentence that says what, where and what to do."""

from __future__ import annotations

import errno
import os


class UserError(Exception):
    """Shown as its sentence alone, without a stack trace, and with a non-zero exit."""


class UsageError(UserError):
    """What was asked for is not there or cannot be meant: the asking is wrong, not the lake."""


class StoreError(UserError):
    """A store that cannot be reached, or does not let us in, after every try."""


_DISK = {
    errno.ENOSPC: "Make room there, then run it again.",
    errno.EDQUOT: "Make room there, then run it again.",
    errno.EFBIG: "Raise the limit on the size of files, then run it again.",
    errno.EROFS: "Mount it so that it can be written to, or name another root.",
    errno.EACCES: "Let this user read and write there, or name another root.",
    errno.EPERM: "Let this user read and write there, or name another root.",
    errno.EIO: "Look after the disk; `ecom-lake doctor --deep` says which files are whole.",
    errno.EMFILE: "Raise the limit on open files, then run it again.",
}


def disk_trouble(error: BaseException) -> str | None:
    """What a disk complains of and what to do about it, also where an engine hides it in its own words; None if it is none."""
    said = str(error)
    for number, todo in _DISK.items():
        words = os.strerror(number)
        if getattr(error, "errno", None) == number or words in said:
            where = getattr(error, "filename2", None) or getattr(error, "filename", None)
            return f"{words}{f': {where}' if where else ''}. {todo} What was released is as it was."
    return None


def was_interrupted(error: BaseException) -> bool:
    """Whether DuckDB ended a call because of a signal or of `interrupt()`.

    Python runs a signal's handler while DuckDB works. DuckDB drops what the handler raises, a KeyboardInterrupt or Dagster's own
    exception, and raises a RuntimeError, which would pass for a failure of the step."""
    is_signal = type(error) is RuntimeError and str(error) == "Query interrupted"
    return is_signal or type(error).__name__ == "InterruptException"
