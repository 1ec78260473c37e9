"""`ecom-lake report` writes the page to the given path, and prints the path."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.engine.serve.released import released
from ecom_lake.publish.report_file import report_page
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def test_it_writes_the_page(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    wanted = report_page(built_lake.site(), released(built_lake.site()))
    said = run("report", "--json", at=built_lake)
    assert (said.code, said.json["report"]) == (0, "report.html")
    assert (tmp_path / "report.html").read_bytes() == wanted
    assert run("report", "--out", str(tmp_path / "mine.html"), at=built_lake).code == 0
    assert (tmp_path / "mine.html").read_bytes() == wanted


def test_an_invalid_path_is_refused_with_one_sentence(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    nowhere = run("report", "--out", str(tmp_path / "no" / "r.html"), at=built_lake)
    assert nowhere.code == 2 and "there is no folder" in nowhere.err
    folder = run("report", "--out", str(tmp_path), at=built_lake)
    assert folder.code == 2 and "is a folder; name a file in it" in folder.err
