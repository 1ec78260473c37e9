"""The files in a landing folder, in the order in which a build delivers them."""

from __future__ import annotations

import re

from ecom_lake.engine.store.store import Info, Store


def files_in(landing: Store) -> list[Info]:
    """By name, numbers by value. Hidden and partly copied files are left out."""
    return sorted((info for info in landing.list("") if _counts(info.path)), key=lambda info: _natural(info.path))


def _counts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    hidden = any(step.startswith((".", "_")) for step in path.split("/"))
    return not hidden and not name.endswith((".part", ".tmp", ".crdownload", "~"))


def _natural(path: str) -> list[tuple[int, str]]:
    return [(int(step), "") if step.isdecimal() else (-1, step) for step in re.split(r"(\d+)", path)]
