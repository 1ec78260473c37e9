"""The two files in docs/how-to-add-a-mart.md, copied from the page, add a gold table."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.project import PROJECT

BUILD = """
import sys
from ecom_lake.definitions import build_definitions
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.settings import load
settings = load(sys.argv[1], {"ECOM_LAKE_CONFIG": sys.argv[2]})
made = build(open_site(settings, "olist"))
print([check.says for outcome in made for check in outcome.checks if check.blocks])
keys = build_definitions(settings).resolve_asset_graph().get_all_asset_keys()
print(sorted(key.to_user_string() for key in keys if key.path[-1] == "weekday_sales"))
"""


def test_the_two_files_of_the_page_add_a_table(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    page = (PROJECT / "docs/how-to-add-a-mart.md").read_text()
    contract, query = re.search(r"```python\n(.*?)```.*?```sql\n(.*?)```", page, re.DOTALL).groups()  # type: ignore[union-attr]
    package = tmp_path / "code/ecom_lake"
    shutil.copytree(PROJECT / "ecom_lake", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "shop/kpis/weekday_sales.py").write_text(contract)
    (package / "shop/kpis/weekday_sales.sql").write_text(query)
    run = subprocess.run(
        [sys.executable, "-c", BUILD, str(fresh_lake.root), str(fresh_lake.config)],
        cwd=tmp_path / "code",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "[]\n['empty/gold/weekday_sales', 'olist/gold/weekday_sales']\n", run.stderr
    with duckdb.connect(str(fresh_lake.root / "olist/catalog.duckdb"), read_only=True) as con:
        sums = con.execute(
            "select (select sum(net_sales) from weekday_sales), (select sum(net_sales) from kpi_monthly)"
        ).fetchall()
        (comment,) = con.execute("select comment from duckdb_views() where view_name = 'weekday_sales'").fetchall()
        dictionary = con.execute("select count(*) from data_dictionary where table_name = 'weekday_sales'").fetchall()
    assert sums[0][0] == sums[0][1]
    assert comment == ("One row per weekday.",)
    assert dictionary == [(3,)]
    assert (fresh_lake.root / "olist/gold/weekday_sales.parquet").exists()
