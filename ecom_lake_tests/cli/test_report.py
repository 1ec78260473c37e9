"""`ecom-lake report` writes the page to the given path, and prints the path."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.serve.released import released
from ecom_lake.publish.report_file import report_page
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run
from ecom_lake_tests.cli.test_excel import half_of_the_bytes


def test_it_writes_the_page(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    wanted = report_page(built_lake.site(), released(built_lake.site()))
    said = run("report", "--json", at=built_lake)
    assert (said.code, said.json["report"]) == (0, "report.html")
    assert (tmp_path / "report.html").read_bytes() == wanted
    assert run("report", "--out", str(tmp_path / "mine.html"), at=built_lake).code == 0
    assert (tmp_path / "mine.html").read_bytes() == wanted


def test_a_stopped_command_leaves_the_report_as_it_was(
    run: Run, built_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(b"of yesterday")
    monkeypatch.setattr(Path, "write_bytes", half_of_the_bytes)
    stopped = run("report", "--out", str(file), at=built_lake)
    assert stopped.code == 1 and "No space left" in stopped.err
    assert file.read_bytes() == b"of yesterday"


def test_an_invalid_path_is_refused_with_one_sentence(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    nowhere = run("report", "--out", str(tmp_path / "no" / "r.html"), at=built_lake)
    assert nowhere.code == 2 and "There is no folder" in nowhere.err
    folder = run("report", "--out", str(tmp_path), at=built_lake)
    assert folder.code == 2 and "is a folder: name a file in it" in folder.err
