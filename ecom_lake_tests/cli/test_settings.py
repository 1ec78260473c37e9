"""Commands and the settings of a lake: in another folder, with --project, after an edit; and a lake.toml that is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake.cli.build import _changed_settings
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.dagster.run import run_job
from ecom_lake.settings import load
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run

EDITED = "\n[shops.olist.numbers]\nat_risk_recent_days = 61\n"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("ECOM_LAKE_CONFIG", "ECOM_LAKE_ROOT", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    yield


def numbers(lake: BuiltLake) -> list[int]:
    return lake.site().lake.log.numbers()


def test_a_build_from_another_folder_stops_and_states_what_would_change(run: Run, fresh_lake: BuiltLake) -> None:
    before = numbers(fresh_lake)
    said = run("build", "--root", str(fresh_lake.root))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Shop 'olist' was last built with the settings of ")
    assert "first_month 2017-01 → 2016-09; last_month 2017-04 → unset" in said.err
    assert "A build would rebuild " in said.err and " tables and the tables that depend on them" in said.err
    assert "--accept-settings" in said.err
    assert numbers(fresh_lake) == before
    assert fresh_lake.site().lake.log.head().release == before[-2], "the last state but the fixture's own is the release"


def test_reading_needs_no_confirmation(run: Run, fresh_lake: BuiltLake) -> None:
    root = ("--root", str(fresh_lake.root))
    assert run("sql", "select 1 as one", *root).code == 0
    assert run("ask", "best-month", *root).code == 0
    assert run("tables", *root).code == 0
    status = run("status", *root)
    assert status.code == 1
    assert "not those of the release: first_month 2017-01 → 2016-09" in " ".join(status.out.split())
    assert "A build stops at this." in " ".join(status.out.split())
    doctor = run("doctor", "--json", *root).json
    [found] = [finding for finding in doctor if finding["what"] == "built with"]
    assert (found["state"], "last_month 2017-04 → unset" in found["says"]) == ("warn", True)


def test_the_project_folder_may_be_named_from_anywhere(run: Run, fresh_lake: BuiltLake) -> None:
    project = ("--project", str(fresh_lake.folder))
    assert run("status", *project).code == 0
    assert run("build", *project).out.startswith("Nothing new to build: ")
    shutil.copy(Path(__file__).parents[2] / "dagster.yaml", fresh_lake.folder)
    assert run_job(load(None, {}, str(fresh_lake.folder)), "olist", "ingest").succeeded
    assert (fresh_lake.folder / ".dagster").is_dir(), "the history is in the project folder, not where the command ran"
    assert not Path(".dagster").exists()


def test_a_build_states_which_settings_it_recorded(fresh_lake: BuiltLake) -> None:
    before = fresh_lake.site().lake.log.head()
    assert _changed_settings(fresh_lake.site(), before) == []
    with fresh_lake.config.open("a", encoding="utf-8") as config:
        config.write(EDITED)
    fresh_lake.site().lake.log.commit(lambda head: replace(head, landing={}), "test", "forget what landed")
    ingest(fresh_lake.site())
    edited = f"Built with changed settings, from {fresh_lake.config}: numbers.at_risk_recent_days 60 → 61."
    assert _changed_settings(fresh_lake.site(), before) == [edited]
    adopted = f"This shop had no record of its settings; the build recorded those of {fresh_lake.config}."
    assert _changed_settings(fresh_lake.site(), replace(before, built_with=None)) == [adopted]


def test_a_missing_project_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run("status", "--project", "nowhere")
    expected = f"--project nowhere: there is no {tmp_path}/nowhere/lake.toml. Name the folder that holds the lake.toml.\n"
    assert (said.code, said.err) == (2, expected)
    assert run("sql", "--project").err == "--project needs a value: write --project PROJECT.\n"
    monkeypatch.setenv("ECOM_LAKE_CONFIG", "nowhere.toml")
    said = run("status")
    expected = (
        f"ECOM_LAKE_CONFIG is {tmp_path}/nowhere.toml, which does not exist. Set it to the path of a lake.toml, or unset it.\n"
    )
    assert (said.code, said.err) == (2, expected)


def test_a_folder_in_lake_toml_is_relative_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "lake.toml").write_text('root = "lake"\n[shops.olist]\nlanding = "inbox"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = load(None, {}, "project")
    assert settings.root == str(tmp_path / "project" / "lake")
    assert settings.shop("olist").landing == str(tmp_path / "project" / "inbox")
    assert load("lake", {}, "project").root == str(tmp_path / "lake"), "an argument is relative to the working folder"


def test_a_dagster_run_with_another_projects_settings_fails_with_the_sentence(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    before = numbers(fresh_lake)
    other = tmp_path / "lake.toml"
    other.write_text("[shops.olist]\n", encoding="utf-8")
    settings = load(str(fresh_lake.root), {"ECOM_LAKE_CONFIG": str(other)})
    report = run_job(settings, "olist", "ingest")
    assert not report.succeeded
    assert [why.split(",")[0] for why in report.failures] == [
        f"Shop 'olist' was last built with the settings of {fresh_lake.config}"
    ]
    assert numbers(fresh_lake) == before
    accepted = run_job(settings, "olist", "ingest", accept_settings=True)
    assert accepted.succeeded


def test_an_invalid_lake_toml_is_one_sentence(run: Run, tmp_path: Path) -> None:
    Path("lake.toml").write_text("[shops.olist\n", encoding="utf-8")
    for command in ("status", "build", "tables"):
        said = run(command)
        assert said.code == 2
        assert said.err.startswith(f"{tmp_path}/lake.toml cannot be read as TOML: ")
        assert said.err.count("\n") == 1
    doctor = run("doctor")
    assert (doctor.code, "cannot be read as TOML" in " ".join(doctor.out.split())) == (1, True)


def test_a_lake_toml_of_a_windows_editor_is_read_or_named(run: Run, tmp_path: Path) -> None:
    text = '[shops.olist]\nconnector = "olist"\n'
    Path("lake.toml").write_text(text, encoding="utf-8-sig")
    assert run("status").err.startswith("Shop 'olist' has nothing yet in ")
    Path("lake.toml").write_text(text, encoding="utf-16")
    assert run("status").err == f"{tmp_path}/lake.toml is not UTF-8 text: save it as UTF-8 and run again.\n"


def test_doctor_shows_the_settings_in_force(run: Run) -> None:
    Path("lake.toml").write_text('[shops.web]\nkeep_days = 40\n[shops.bad]\nnightly = "every night"\n', encoding="utf-8")
    said = run("doctor", "--settings")
    assert said.code == 1 and said.err.startswith("[shops.bad] in ")
    assert ["shops.web.keep_days", "40", "30"] in [line.split() for line in said.out.splitlines()]
    found = {one["name"]: one for one in run("doctor", "--settings", "--json", "--shop", "web").json}
    assert found["shops.web.keep_days"] == {"name": "shops.web.keep_days", "value": 40, "default": 30, "is_default": False}
    Path("lake.toml").unlink()
    assert run("doctor", "--settings").err.startswith("The defaults are in force: there is no lake.toml in ")


def test_one_wrong_shop_is_reported_and_the_others_work(run: Run, fresh_lake: BuiltLake) -> None:
    with fresh_lake.config.open("a", encoding="utf-8") as config:
        config.write('\n[shops.bad]\nnightly = "every night"\n')
    project = ("--project", str(fresh_lake.folder))
    assert run("status", *project).code == 0
    bad = run("status", "--shop", "bad", *project)
    assert bad.code == 2
    assert bad.err.startswith(f"[shops.bad] in {fresh_lake.config}: nightly must be a cron expression of five fields")
    for shop in ("olist", "bad"):
        doctor = run("doctor", "--json", "--shop", shop, *project)
        assert doctor.code == 1
        [found] = [finding for finding in doctor.json if finding["what"] == "shop bad"]
        assert (found["state"], found["says"]) == ("fail", bad.err.strip())
    assert any(finding["what"] == "release" for finding in run("doctor", "--json", *project).json)


def test_help_names_the_project_folder(run: Run) -> None:
    said = run("--help")
    assert "--project" in said.out
    assert "ECOM_LAKE_CONFIG" in said.out
