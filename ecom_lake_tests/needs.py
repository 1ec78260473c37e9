"""What some tests need of the machine: it is missing with a reason, and in CI it must not be missing."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

from ecom_lake_tests.azurite import why_not


def is_missing(reason: str) -> NoReturn:
    """Skips the test with this reason. In CI (`CI=true`) the test fails, because nobody reads the skips in a log of CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have this: {reason}", pytrace=False)
    pytest.skip(reason)


def azurite_installed() -> None:
    if reason := why_not():
        is_missing(reason)


def chromium_installed() -> str:
    """The path of the browser."""
    return shutil.which("chromium") or is_missing("there is no chromium on this machine: run tools/chromium.sh")
