"""What commands must not import: a library that a command does not use costs more than its work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.database_shop import ITEMS, ORDERS, VARIABLE, DatabaseShop, MariaDBServer, PostgreSQLServer, Server

HEAVY = (
    *("adlfs", "dagster", "duckdb", "fastapi", "fsspec", "jinja2", "numpy", "pandas", "polars", "psycopg", "pyarrow", "pydantic"),
    *("pymysql", "scipy", "sklearn", "statsmodels"),
)
PROGRAM = """
import sys
from ecom_lake.cli import main
heavy, *commands = sys.argv[1:]
codes = {main([word.replace("+", " ") for word in command.split()]) for command in commands}
print(*codes, *[module for module in heavy.split(",") if module in sys.modules])
"""
LANDING = {"pydantic"}
"""It validates lake.toml."""


def imported(folder: Path, *commands: str, environment: Mapping[str, str] | None = None) -> set[str]:
    """The heavy modules that commands import, in one process; all must succeed. A plus is a blank in an argument."""
    program = [sys.executable, "-c", PROGRAM, ",".join(HEAVY), *commands]
    said = subprocess.run(
        program, capture_output=True, text=True, check=True, cwd=folder, env={**os.environ, **(environment or {})}
    )
    code, *modules = said.stdout.splitlines()[-1].split()
    assert code == "0", said.stderr
    return set(modules)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    assert imported(tmp_path, "--help", "land --help", "build --help") == set()


@pytest.mark.parametrize(
    ("settings", "modules"),
    [
        ('connector = "olist"', LANDING),
        ('connector = "canonical"\nwithout = ["reviews", "products.unit_cost"]', LANDING),
        ('connector = "canonical"\nwithout = ["orders.ordered_at"]', LANDING),
        ('map = "shopify"', {*LANDING, "duckdb"}),  # DuckDB's parser reads the cells of a map
    ],
)
def test_landing_a_file_imports_no_engine(tmp_path: Path, settings: str, modules: set[str]) -> None:
    (tmp_path / "lake.toml").write_text(f"[shops.mine]\n{settings}\n", "utf-8")
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at\n1,ann,2024-01-01\n", "utf-8")
    assert imported(tmp_path, "land orders.csv") == modules


def _pulled(folder: Path, server: Server, setting: str) -> set[str]:
    server.reset()
    shop = DatabaseShop(folder / "shop", server, setting=setting)
    shop.execute(ORDERS, ITEMS)
    shop.order("A")
    environment = {VARIABLE: server.url, "ECOM_LAKE_CONFIG": str(shop.config), "ECOM_LAKE_ROOT": str(shop.folder / "data")}
    return imported(folder, "pull", environment=environment)


@pytest.mark.parametrize(
    ("setting", "modules"),
    [('connector = "canonical"', {*LANDING, "psycopg"}), ('map = "shop_database"', {*LANDING, "psycopg", "duckdb"})],
)
def test_a_pull_imports_the_driver_of_its_database_alone(
    tmp_path: Path, postgres_server: PostgreSQLServer, setting: str, modules: set[str]
) -> None:
    assert _pulled(tmp_path, postgres_server, setting) == modules


def test_a_pull_from_mariadb_imports_its_driver_alone(tmp_path: Path, mariadb_server: MariaDBServer) -> None:
    assert _pulled(tmp_path, mariadb_server, 'connector = "canonical"') == {*LANDING, "pymysql"}


def test_commands_that_read_import_neither_dagster_nor_models(built_lake: BuiltLake, tmp_path: Path) -> None:
    environment = {"ECOM_LAKE_CONFIG": str(built_lake.config), "ECOM_LAKE_ROOT": str(built_lake.root)}
    read = ["status", "ask best-month", "sql select+1", "tables", "describe rfm", "ledger", "quarantine", "log"]
    modules = imported(tmp_path, *read, environment=environment)
    assert modules <= {"duckdb", "fsspec", "polars", "pydantic"}
    assert not imported(tmp_path, "doctor", environment=environment) & {"dagster", "scipy", "sklearn"}


def test_the_server_starts_without_what_its_first_page_does_not_need() -> None:
    unused = ("fastapi", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "dagster", "xlsxwriter", "mcp")
    program = f"import sys, ecom_lake.publish.server; print(*[one for one in {unused} if one in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == []


def test_the_first_page_needs_neither_the_api_nor_models(built_lake: BuiltLake) -> None:
    unused = ("fastapi", "scipy", "sklearn", "dagster", "mcp")
    program = f"""
import sys
from starlette.testclient import TestClient
from ecom_lake.publish.server import server
from ecom_lake.settings import load
with TestClient(server(load()), base_url="http://127.0.0.1") as client:
    assert client.get("/olist/overview").status_code == 200
print(*[one for one in {unused} if one in sys.modules])
"""
    environment = {**os.environ, "ECOM_LAKE_CONFIG": str(built_lake.config), "ECOM_LAKE_ROOT": str(built_lake.root)}
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert said.stdout.split() == []
