"""The free space on a lake's disk, and its thresholds."""

from __future__ import annotations

import shutil
from pathlib import Path

from ecom_lake.engine.build.shop_context import Site

LITTLE, TOO_LITTLE = 5 * 10**9, 5 * 10**8
"""Bytes: below the first, the doctor warns; below the second, a build may run out of space."""


def free_bytes(site: Site) -> int | None:
    """None for a remote store."""
    if not site.lake.store.is_local:
        return None
    root = Path(site.lake.store.url)
    return shutil.disk_usage(next(folder for folder in (root, *root.parents) if folder.exists())).free
