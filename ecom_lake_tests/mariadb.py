"""A MariaDB server for the tests, started by tools/mariadb.sh."""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager

from ecom_lake_tests.project import PROJECT
from ecom_lake_tests.server import served

PROGRAMS = ("mariadbd", "mariadb-install-db")


def why_not() -> str:
    """The reason why the server cannot run on this machine; empty if it can."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    if not all(shutil.which(program, path=path) for program in PROGRAMS):
        return "MariaDB is not installed: run tools/mariadb.sh"
    return ""


def mariadb() -> AbstractContextManager[str]:
    """The URL of an empty database."""
    return served(PROJECT / "tools" / "mariadb.sh")
