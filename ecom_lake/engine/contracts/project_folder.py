"""The Python files of a user's project folder, as modules that can be imported.

Here: a package of its own for each time that a folder is loaded, so that what was edited since is read again, and two projects
never see each other's modules. Files of a folder import each other relatively (`from .helper import clean`).
Not here: what is in the files (registry.py).
"""

from __future__ import annotations

import importlib
import sys
from itertools import count
from pathlib import Path
from types import ModuleType

_PREFIX = "ecom_lake_project_"
_NUMBERS = count(1)


def as_package(folder: Path) -> str:
    """The name of a new package whose sub-packages are the folders in this one."""
    package = ModuleType(f"{_PREFIX}{next(_NUMBERS)}")
    package.__path__ = [str(folder)]
    sys.modules[package.__name__] = package
    importlib.invalidate_caches()
    return package.__name__


def folder_of(package: str) -> Path | None:
    """The project folder behind such a package; None for any other one."""
    found = sys.modules.get(package) if package.startswith(_PREFIX) else None
    return Path(found.__path__[0]) if found else None
