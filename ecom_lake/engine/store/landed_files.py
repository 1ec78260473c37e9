"""The files in a landing folder, in the order in which a build delivers them."""

from __future__ import annotations

import re

from ecom_lake.engine.store.store import Info, Store

HIDDEN = (".", "_")
"""The beginnings of names of files and folders that no build reads."""
PARTLY_COPIED = (".part", ".tmp", ".crdownload", "~")
"""The ends of names of files that no build reads."""


def files_in(landing: Store) -> list[Info]:
    """By name, numbers by value. Hidden and partly copied files are left out."""
    return sorted((info for info in landing.list("") if is_read(info.path)), key=lambda info: delivery_order(info.path))


def is_read(path: str) -> bool:
    """Whether a build reads a file of this name."""
    hidden = any(step.startswith(HIDDEN) for step in path.split("/"))
    return not hidden and not path.endswith(PARTLY_COPIED)


def delivery_order(path: str) -> list[tuple[int, str]]:
    """The key by which landed files are sorted."""
    return [(int(step), "") if step.isdecimal() else (-1, step) for step in re.split(r"(\d+)", path)]
