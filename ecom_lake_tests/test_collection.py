"""No file is in a folder that pytest or git ignores: `norecursedirs` for pytest, .gitignore for git."""

from __future__ import annotations

import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from ecom_lake_tests.project import PROJECT

TESTS = Path(__file__).parent


def test_pytest_collects_every_folder_of_tests(pytestconfig: pytest.Config) -> None:
    left_out: list[str] = pytestconfig.getini("norecursedirs")
    folders = {part for file in TESTS.rglob("test_*.py") for part in file.relative_to(TESTS).parts[:-1]}
    assert not [folder for folder in folders if any(fnmatch(folder, pattern) for pattern in left_out)]


def test_git_ignores_no_file_that_belongs_to_the_project() -> None:
    if not (PROJECT / ".git").exists():
        pytest.skip("this folder is not a clone of the repository")
    ignored = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ignored.stdout == ""
