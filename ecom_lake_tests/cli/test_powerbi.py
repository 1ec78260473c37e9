"""`ecom-lake powerbi` writes a project, keeps what its user changed, and explains what it refuses."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.engine.serve.released import released
from ecom_lake.publish.powerbi.project import MODEL, REPORT, Options, project
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run

TABLE, PAGES = f"{MODEL}/definition/tables/Sales.tmdl", f"{REPORT}/definition/pages/pages.json"


def test_it_writes_the_project_for_each_kind_of_source(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    site = built_lake.site()
    said = run("powerbi", "mine", "--source", "blob", "--json", at=built_lake)
    wanted = project(site, released(site), Options("blob"))
    assert (said.code, said.json["files"], said.json["kept"]) == (0, len(wanted), [])
    assert all((tmp_path / "mine" / path).read_text(encoding="utf-8") == text for path, text in wanted.items())
    again = run("powerbi", "mine", "--location", "D:\\shop", at=built_lake)
    assert again.code == 0 and "release" in again.out
    assert 'ShopFolder = "D:\\shop"' in (tmp_path / "mine" / MODEL / "definition" / "expressions.tmdl").read_text(
        encoding="utf-8"
    )


def test_it_keeps_a_changed_report_and_refuses_a_changed_model(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    assert run("powerbi", "mine", at=built_lake).code == 0
    pages, table = tmp_path / "mine" / PAGES, tmp_path / "mine" / TABLE
    pages.write_text("{}", encoding="utf-8")
    said = run("powerbi", "mine", at=built_lake)
    assert said.code == 0 and "was kept. --overwrite report replaces it" in said.out
    assert pages.read_text(encoding="utf-8") == "{}"
    table.write_text("mine", encoding="utf-8")
    refused = run("powerbi", "mine", "--overwrite", "report", at=built_lake)
    assert refused.code == 2 and "--overwrite model" in refused.err
    assert run("powerbi", "mine", "--overwrite", "model", "--overwrite", "report", at=built_lake).code == 0
    assert table.read_text(encoding="utf-8") != "mine" and pages.read_text(encoding="utf-8") != "{}"


def test_what_it_refuses(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine", encoding="utf-8")
    assert "did not write it: name a new folder" in run("powerbi", "notes", at=built_lake).err
    assert "is a file" in run("powerbi", "notes/a.txt", at=built_lake).err
    wrong = run("powerbi", "new", "--source", "adls", "--location", "D:\\shop", at=built_lake)
    assert wrong.code == 2 and "begins with https://" in wrong.err
    assert not (tmp_path / "new").exists()
