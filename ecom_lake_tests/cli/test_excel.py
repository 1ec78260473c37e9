"""The command `excel`: the file that it writes, and its exit codes."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def test_a_workbook_is_written(fresh_lake: BuiltLake, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.xlsx"
    ran = run("excel", str(file), at=fresh_lake)
    release = fresh_lake.site().lake.log.head().release
    assert (ran.code, ran.out.startswith(f"Workbook of shop olist, release {release}: ")) == (0, True)
    assert file.read_bytes().startswith(b"PK")


def test_a_stopped_command_leaves_the_workbook_as_it_was(
    built_lake: BuiltLake, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shop.xlsx"
    file.write_bytes(b"of yesterday")
    monkeypatch.setattr(Path, "write_bytes", half_of_the_bytes)
    stopped = run("excel", str(file), at=built_lake)
    assert stopped.code == 1 and "No space left" in stopped.err
    assert (file.read_bytes(), [*tmp_path.iterdir()]) == (b"of yesterday", [file])


def half_of_the_bytes(path: Path, data: bytes) -> int:
    """As `write_bytes` on a full disk."""
    with path.open("wb") as file:
        file.write(data[: len(data) // 2])
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_cannot_be_written_is_wrong_usage(built_lake: BuiltLake, run: Run, tmp_path: Path) -> None:
    for file, expected in (("shop.xls", "ends with .xlsx"), ("missing/shop.xlsx", "There is no folder")):
        refused = run("excel", str(tmp_path / file), at=built_lake)
        assert refused.code == 2 and expected in refused.err.replace("\n", " ")
