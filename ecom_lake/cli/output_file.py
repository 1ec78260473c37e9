"""A file that a command writes for its user: it is replaced as a whole, or stays as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecom_lake.errors import UsageError


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A draft that replaces the target only when the block succeeds."""
    if not target.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {target.absolute().parent}: make it first, or name another file.")
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name a file in it.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
