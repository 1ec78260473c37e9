"""`init` and `new`: the files they write work unchanged, from an empty folder to released tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ecom_lake.definitions import build_definitions
from ecom_lake.settings import load
from ecom_lake_tests.cli.conftest import Run
from ecom_lake_tests.project import PROJECT

DRAFTS = (("table", "orders_by_month"), ("question", "best-months"), ("model", "next_orders"))


@pytest.fixture
def project(run: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "my shop"
    assert run("init", str(folder)).code == 0
    return folder


def test_a_new_project_can_be_built_tested_and_released(run: Run, project: Path) -> None:
    """Everything that init and new write is built, queried, tested and released, and is in Dagster."""
    at = ("--project", str(project))
    assert run("synth", str(project / "export"), "--full", "--orders", "300", "--last-month", "2017-02", *at).code == 0
    assert run("land", str(project / "export"), *at).code == 0
    for kind, name in DRAFTS:
        assert run("new", kind, name, *at).code == 0
    built = run("build", *at)
    assert (built.code, built.err) == (0, "")
    asked = run("ask", "busiest-weekday", *at)
    assert asked.code == 0 and "weekday_name" in asked.out
    assert run("ask", "best-months", "--top", "1", *at).code == 0
    with duckdb.connect(str(project / "data/demo/catalog.duckdb"), read_only=True) as con:
        ours, theirs = con.execute(
            "select (select sum(orders) from weekday_sales), (select sum(orders) from orders_by_month)"
        ).fetchall()[0]
        assert ours == theirs > 0
        models = con.execute("select status from model_cards where model = 'next_orders'").fetchall()
        words = con.execute(
            "select count(*), any_value(source) from data_dictionary where table_name = 'weekday_sales'"
        ).fetchall()
    assert len(models) == 1 and words == [(4, "tables/weekday_sales.py")]
    keys = build_definitions(load(project=str(project))).resolve_asset_graph().get_all_asset_keys()
    own = {"weekday_sales", "orders_by_month", "next_orders", "next_orders_fit"}
    assert own <= {key.path[-1] for key in keys}
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=project, capture_output=True, text=True, check=False
    )
    assert tests.returncode == 0, tests.stdout
    (project / "tables/weekday_sales.sql").write_text("select wrong from fct_orders", encoding="utf-8")
    assert run("build", *at).code == 1, "a query that fails stops at its table"
    (project / "tables/weekday_sales.sql").write_text("select from", encoding="utf-8")
    rebuilt = run("build", *at)
    assert rebuilt.code == 0 and "weekday_sales.sql: its SQL cannot be parsed" in " ".join(rebuilt.out.split())
    assert "weekday_sales.sql" in run("doctor", *at).out


@pytest.mark.parametrize(("kind", "name"), [("table", "order"), ("table", "select"), ("model", "left")])
def test_a_word_of_sql_names_no_table(run: Run, project: Path, kind: str, name: str) -> None:
    said = run("new", kind, name, "--project", str(project))
    assert (said.code, said.err) == (
        2,
        f"'{name}' is a word of SQL, so that no query could read the table: choose another name.\n",
    )
    assert not list(project.rglob(f"{name}.*"))


@pytest.mark.parametrize("name", ["orders", "month", "returns", "date"])
def test_a_word_that_sql_takes_as_a_name_is_accepted(run: Run, project: Path, name: str) -> None:
    said = run("new", "table", name, "--project", str(project))
    assert said.code == 0 or "already" in said.err


def test_doctor_names_files_that_nothing_reads(run: Run, project: Path) -> None:
    (project / "tables" / "my-table.py").touch()
    found = [one for one in run("doctor", "--json", "--project", str(project)).json if one["what"] == "your files"]
    assert [one["state"] for one in found] == ["warn", "ok"]
    assert found[0]["says"].startswith(f"{project}/tables/my-table.py is not read: the name of a module has letters")


def test_a_project_below_a_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("file", "file/project"):
        said = run("init", folder)
        assert (said.code, said.err) == (
            2,
            f"{tmp_path}/file is a file, and the project would be a folder there: name a new folder.\n",
        )


def test_the_example_map_builds_a_shop(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ann's order has two lines; the other order has no address, so that it is anonymous."""
    monkeypatch.setenv("ECOM_LAKE_PSEUDONYM_KEY", "a key of this test, long enough")
    (project / "lake.toml").write_text('[shops.web]\nmap = "maps/web_sales.toml"\nfirst_month = "2026-01"\n', "utf-8")
    sales = project / "sales.csv"
    sales.write_text(
        "Order No,Email,Order Date,Status,SKU,Quantity,Total\n"
        "1,ann@example.com,31.01.2026,paid,shirt,2,19.00\n1,ann@example.com,31.01.2026,paid,hat,1,7.50\n"
        "2,,01.02.2026,sent,hat,1,7.50\n",
        "utf-8",
    )
    at = ("--project", str(project))
    assert run("land", str(sales), *at).code == 0
    built = run("build", *at)
    assert (built.code, built.err) == (0, "")
    with duckdb.connect(str(project / "data/web/catalog.duckdb"), read_only=True) as con:
        orders = con.execute("select order_id, net_sales::varchar, status, is_anonymous from fct_orders order by 1").fetchall()
    assert orders == [("1", "26.50", "approved", False), ("2", "7.50", "shipped", True)]


def test_a_folder_that_is_not_empty_is_left_alone(run: Run, project: Path) -> None:
    again = run("init", str(project))
    assert again.code == 2 and "exists and is not empty" in again.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("new", "table", "Weekday"), "'Weekday' cannot name a table: use small letters, digits and underscores"),
        (("new", "table", "kpi_daily"), "There is a table kpi_daily already"),
        (("new", "table", "weekday_sales"), "There is a table weekday_sales already"),
        (("new", "model", "class"), "'class' cannot name a model"),
        (("new", "question", "best_month"), "'best_month' cannot name a question"),
        (("new", "question", "best-month"), "There is a question best-month already"),
        (("new",), "Name what to draft"),
    ],
)
def test_an_invalid_name_is_refused(run: Run, project: Path, arguments: tuple[str, ...], sentence: str) -> None:
    said = run(*arguments, "--project", str(project))
    assert (said.code, said.out) == (2, "") and sentence in said.err


def test_a_file_that_exists_is_not_overwritten(run: Run, project: Path) -> None:
    (project / "tests/test_mine.py").write_text("kept", encoding="utf-8")
    said = run("new", "table", "mine", "--project", str(project))
    assert said.code == 2 and "test_mine.py exists already" in said.err
    assert not (project / "tables/mine.py").exists()
    assert (project / "tests/test_mine.py").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("name", [".env", "dagster.yaml", "workspace.yaml"])
def test_a_project_has_the_settings_of_dagster_that_the_repository_has(project: Path, name: str) -> None:
    assert (project / name).read_text(encoding="utf-8") == (PROJECT / name).read_text(encoding="utf-8")
