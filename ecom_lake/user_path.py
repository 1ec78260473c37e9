"""Paths that people write."""

from __future__ import annotations

import os
from pathlib import Path

from ecom_lake.errors import UsageError


def user_path(where: str | Path, setting: str) -> Path:
    """The path with the home folder in place of a leading ~. `setting` is the name of what it was written for."""
    try:
        return Path(where).expanduser()
    except RuntimeError:
        raise UsageError(f"{setting}: the home folder in '{where}' is not known; write the whole path.") from None


def file_above(path: Path) -> Path | None:
    """The file that a folder cannot be made at, or below: the path itself, or one of its parents."""
    there = next((one for one in (path, *path.parents) if os.path.lexists(one)), None)
    return there if there and not there.is_dir() else None
