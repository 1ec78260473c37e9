"""The Python files of a user's project folder, as modules that can be imported.

Here: a new package each time that a folder is loaded, so that edited files are read again, and two projects never import each
other's modules. Files of a folder import each other relatively (`from .helper import clean`).
Not here: the definitions in the files (registry.py).
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
    """The name of a new package whose sub-packages are the folders in this folder."""
    package = ModuleType(f"{_PREFIX}{next(_NUMBERS)}")
    package.__path__ = [str(folder)]
    sys.modules[package.__name__] = package
    importlib.invalidate_caches()
    return package.__name__


def folder_of(package: str) -> Path | None:
    """The project folder of such a package; None for any other package."""
    found = sys.modules.get(package) if package.startswith(_PREFIX) else None
    return Path(found.__path__[0]) if found else None
