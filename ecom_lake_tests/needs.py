"""Programs that some tests need: without one a test is skipped with the reason, and in CI it fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from ecom_lake_tests import azurite, mariadb, postgres, spark


def is_missing(reason: str) -> NoReturn:
    """Skips the test with this reason. In CI (`CI=true`) the test fails, because nobody reads the skipped tests in a CI log."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have this: {reason}", pytrace=False)
    pytest.skip(reason)


def azurite_installed() -> None:
    if reason := azurite.why_not():
        is_missing(reason)


def postgres_installed() -> None:
    if reason := postgres.why_not():
        is_missing(reason)


def mariadb_installed() -> None:
    if reason := mariadb.why_not():
        is_missing(reason)


def spark_installed() -> None:
    """Spark can be imported afterwards."""
    if reason := spark.why_not():
        is_missing(reason)
    spark.make_importable()


def chromium_installed() -> str:
    """The path of the browser."""
    return shutil.which("chromium") or is_missing("Chromium is not installed on this machine: run tools/chromium.sh")


def libreoffice_installed() -> str:
    """The path of LibreOffice; pdftotext is installed too."""
    if not shutil.which("pdftotext"):
        is_missing("pdftotext is not installed on this machine: run tools/libreoffice.sh")
    return shutil.which("soffice") or is_missing("LibreOffice is not installed on this machine: run tools/libreoffice.sh")


def axe_installed() -> str:
    """The script of axe-core, the accessibility checker."""
    script = Path(__file__).parents[1] / "tools/axe/node_modules/axe-core/axe.min.js"
    return script.read_text(encoding="utf-8") if script.exists() else is_missing("axe-core is not installed: run tools/axe.sh")


def dclint_installed() -> Path:
    """The linter of compose.yaml."""
    program = Path(__file__).parents[1] / "tools/dclint/node_modules/.bin/dclint"
    return program if program.exists() else is_missing("dclint is not installed: run tools/dclint.sh")


def image_tools_installed() -> Path:
    """The script that builds and runs the image, as root."""
    if os.geteuid() or not all(map(shutil.which, ("buildah", "debootstrap", "podman"))):
        is_missing("buildah, debootstrap and podman are not installed, or this is not root: run tools/containers.sh")
    return Path(__file__).parents[1] / "tools/containers.sh"
