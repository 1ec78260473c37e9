"""Spark for the tests: the packages that tools/spark.sh installs, which are no part of the environment."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Mapping

from ecom_lake_tests.project import PROJECT

_JAVA = {"JAVA_TOOL_OPTIONS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1", "SPARK_LOCAL_IP": "127.0.0.1"}
"""A test ends before compiling its code pays."""
PACKAGES = PROJECT / "tools" / "spark" / "site-packages"


def why_not() -> str:
    """The reason why Spark cannot run on this machine; empty if it can."""
    if not shutil.which("java"):
        return "Java is not installed: run tools/spark.sh"
    if not (PACKAGES / "pyspark").exists():
        return "Spark is not installed: run tools/spark.sh"
    return ""


def make_importable() -> None:
    """Add the packages to those that this process, and the processes that it starts, can import."""
    os.environ.update(_JAVA)
    if str(PACKAGES) not in sys.path:
        sys.path.append(str(PACKAGES))
        importlib.invalidate_caches()


def environment() -> Mapping[str, str]:
    """The environment of a process that imports Spark."""
    return {**os.environ, **_JAVA, "PYTHONPATH": os.pathsep.join([str(PACKAGES), str(PROJECT)])}
