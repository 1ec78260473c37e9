"""The command `excel`: the file that it writes, and its exit codes."""

from __future__ import annotations

from pathlib import Path

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def test_a_workbook_is_written(built_lake: BuiltLake, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.xlsx"
    ran = run("excel", str(file), at=built_lake)
    release = built_lake.site().lake.log.head().release
    assert (ran.code, ran.out.startswith(f"Workbook of shop olist, release {release}: ")) == (0, True)
    assert file.read_bytes().startswith(b"PK")


def test_a_file_that_cannot_be_written_is_wrong_usage(built_lake: BuiltLake, run: Run, tmp_path: Path) -> None:
    for file, expected in (("shop.xls", "ends with .xlsx"), ("missing/shop.xlsx", "there is no folder")):
        refused = run("excel", str(tmp_path / file), at=built_lake)
        assert refused.code == 2 and expected in refused.err.replace("\n", " ")
