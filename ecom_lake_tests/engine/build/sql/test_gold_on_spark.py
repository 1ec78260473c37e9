"""A lake whose gold is made by DuckDB and by Spark in turn. The tests share a session: its start takes 15 s of CPU."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.gold.definition import own_definition
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.release.identities import check_identities
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.sql import open_spark
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.serve.doctor import Finding, examine
from ecom_lake.errors import UsageError, UserError
from ecom_lake.testing import HandShop, item, order, product
from ecom_lake_tests import spark
from ecom_lake_tests.builders.built_lake import BuiltLake

CONTRACT = '''from ecom_lake.engine.contracts.columns import Count
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class Monthly(Gold):
    """One row per month."""

    month = vocabulary.month.replace(key=True)
    orders = Count("Number of valid orders.")

    identities = (
        Identity(
            "orders_exist",
            "select sum(orders) as counted from monthly having sum(orders) > (select count(*) from fct_orders)",
            "There are no more orders than facts of orders.",
        ),
    )
'''
MORE_ORDERS = "select month, count(*) + 1 as orders from fct_orders group by month\n"
SQL = "select month, count(*) as orders from fct_orders where is_valid group by month\n"
ALL_ORDERS = "select month, count(*) as orders from fct_orders group by month\n"


@pytest.fixture
def closed_session() -> None:
    """No session is open before the test. The session that it opens is that of the next tests."""
    open_spark.close_shared_session()


def choose(lake: BuiltLake, engine: str) -> None:
    """Write what computes gold into lake.toml."""
    without = re.sub(r"\[engine\]\n(\w+ = .*\n)*", "", lake.config.read_text(encoding="utf-8"))
    lake.config.write_text(f"{without}{engine}", encoding="utf-8")


SPARK = '[engine]\ngold = "spark"\nmaster = "local[2]"\n'


def own_table(lake: BuiltLake, sql: str, spark_sql: str = "") -> None:
    write_table(lake.folder, sql, spark_sql)


def write_table(project: Path, sql: str, spark_sql: str = "") -> None:
    folder = project / "tables"
    folder.mkdir(exist_ok=True)
    (folder / "monthly.py").write_text(CONTRACT, encoding="utf-8")
    (folder / "monthly.sql").write_text(sql, encoding="utf-8")
    if spark_sql:
        (folder / "monthly.spark.sql").write_text(spark_sql, encoding="utf-8")


def written(site: Site) -> set[str]:
    """The tables that a build writes, without those that describe the lake itself."""
    outcomes = build(site)
    assert not [check.says for outcome in outcomes for check in outcome.checks if check.blocks]
    own = {table for table in site.registry.gold if site.registry.recipe(table).reads_own_tables}
    return {outcome.table.name for outcome in outcomes if outcome.written and outcome.table.layer == "gold"} - own - {"release"}


def is_session_open() -> bool:
    return bool(open_spark._opened)


def says_of_identities(lake: BuiltLake) -> str:
    """Make the own table, and check the identities of what changed since the release."""
    make_gold(lake.site(), "monthly")
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(OnDuckDB, "rows")  # the engine of the lake evaluates them
        return check_identities(lake.site(), lake.site().lake.log.head()).says


def values(site: Site, table: str) -> pl.DataFrame:
    return gold_rows(site, site.lake.log.head(), table)


@pytest.mark.usefixtures("spark_installed", "closed_session")
def test_a_change_of_the_engine_makes_nothing_and_each_table_is_made_by_the_engine_of_its_day(fresh_lake: BuiltLake) -> None:
    own_table(fresh_lake, SQL)
    assert "monthly" in written(fresh_lake.site())
    choose(fresh_lake, SPARK)
    assert due(fresh_lake.site()) == []
    assert written(fresh_lake.site()) == set()
    assert not is_session_open()
    own_table(fresh_lake, ALL_ORDERS)
    assert written(fresh_lake.site()) == {"monthly"}
    assert is_session_open()
    by_spark = values(fresh_lake.site(), "monthly")
    choose(fresh_lake, "")
    assert due(fresh_lake.site()) == []
    assert written(fresh_lake.site()) == set()
    site = fresh_lake.site(full=True)
    make_gold(site, "monthly")
    assert values(site, "monthly").equals(by_spark)
    choose(fresh_lake, SPARK)
    own_table(fresh_lake, MORE_ORDERS)
    assert says_of_identities(fresh_lake).startswith("Failed identities: orders_exist: ")
    own_table(fresh_lake, ALL_ORDERS)
    assert says_of_identities(fresh_lake).startswith("All ")


PERCENTILE = "select month, cast(round(percentile(units, 0.5)) as bigint) as orders from fct_orders group by month\n"
MEDIAN = "select month, median(units)::bigint as orders from fct_orders group by month\n"


def test_a_query_in_sparks_own_sql_is_no_part_of_the_definition(fresh_lake: BuiltLake) -> None:
    own_table(fresh_lake, MEDIAN)
    before = own_definition(fresh_lake.site(), "monthly")
    own_table(fresh_lake, MEDIAN, PERCENTILE)
    after = fresh_lake.site()
    assert after.registry.recipe("monthly").spark_sql == PERCENTILE
    assert own_definition(after, "monthly") == before
    own_table(fresh_lake, SQL)
    assert own_definition(fresh_lake.site(), "monthly") != before


def shop_of(project: Path) -> HandShop:
    """Three orders: of one and two units in January, and of three in February."""
    return HandShop(
        project,
        orders=[order("a"), order("b"), order("c", "2018-02-01 10:00:00")],
        order_items=[item("a", quantity=1), item("b", quantity=2), item("c", quantity=3)],
        products=[product()],
    )


@pytest.mark.usefixtures("spark_installed")
def test_a_hand_made_shop_compares_a_query_in_sparks_own_sql_with_the_one_that_it_replaces(tmp_path: Path) -> None:
    write_table(tmp_path, MEDIAN, PERCENTILE)
    shop = shop_of(tmp_path)
    assert shop.rows("monthly") == [(date(2018, 1, 1), 2), (date(2018, 2, 1), 3)]  # 1.5 units an order are rounded
    assert shop.on_spark("monthly").equals(shop.table("monthly"))
    assert shop.on_spark("kpi_daily").equals(shop.table("kpi_daily"))
    write_table(tmp_path, MEDIAN, PERCENTILE.replace("0.5", "0.0"))
    with pytest.raises(AssertionError, match=r"monthly\.spark\.sql gives other values than monthly\.sql"):
        shop_of(tmp_path).table("monthly")


@pytest.mark.usefixtures("spark_installed")
@pytest.mark.parametrize(
    ("spark_sql", "columns"),
    [
        ("select count(*) as orders, month from fct_orders group by month", "orders, month"),
        ("select month, count(*) as n from fct_orders group by month", "month, n"),
        ("select month, count(*) as orders, 1 as one from fct_orders group by month", "month, orders, one"),
    ],
)
def test_a_query_in_sparks_own_sql_with_other_columns_is_one_sentence(tmp_path: Path, spark_sql: str, columns: str) -> None:
    write_table(tmp_path, SQL, spark_sql)
    with pytest.raises(UserError) as error:
        shop_of(tmp_path).on_spark("monthly")
    assert str(error.value) == (
        f"The query in Spark's own SQL returns the columns {columns}, and the query that it replaces month, orders: "
        "return the same columns in the same order."
    )


def test_a_build_without_the_extra_stops_with_a_sentence_and_changes_nothing(
    fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(fresh_lake, SPARK)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    before = fresh_lake.site().lake.log.numbers()
    assert due(fresh_lake.site()) == []
    with pytest.raises(UsageError) as error:
        make_gold(fresh_lake.site(full=True), "kpi_monthly")
    why = "needs ecom-lake[spark], which is not installed here: run `pip install 'ecom-lake[spark]'`."
    assert str(error.value) == f'gold = "spark" in [engine] of lake.toml {why}'
    assert fresh_lake.site().lake.log.numbers() == before
    assert findings(fresh_lake)["spark"] == Finding("spark", "fail", f"Gold on Spark {why}")


@pytest.mark.usefixtures("spark_installed")
def test_doctor_checks_the_tables_the_master_and_java(fresh_lake: BuiltLake) -> None:
    choose(fresh_lake, SPARK)
    found = findings(fresh_lake)
    tables = len({*map(fresh_lake.site().registry.recipe, fresh_lake.site().registry.gold)})
    assert found["tables on spark"] == Finding("tables on spark", "ok", f"The SQL of all {tables} tables runs on Spark.")
    assert re.fullmatch(r"Spark 4\.\d+\.\d+ on Java \d+[\d.]* answers at local\[2\]\.", found["spark"].says)
    assert not is_session_open()


@pytest.mark.usefixtures("spark_installed")
def test_doctor_names_the_tables_that_are_refused_and_a_master_that_does_not_answer(fresh_lake: BuiltLake) -> None:
    own_table(fresh_lake, MEDIAN)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        master = f"spark://127.0.0.1:{closed.getsockname()[1]}"
        choose(fresh_lake, f'[engine]\ngold = "spark"\nmaster = "{master}"\n')
        found = findings(fresh_lake)
    assert found["spark"].state == "fail" and master in found["spark"].says
    assert found["your files"].state == "fail" and "median(…) has no proven translation to Spark" in found["your files"].says


def findings(lake: BuiltLake) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(lambda: lake.settings, "olist")}


@pytest.mark.usefixtures("spark_installed")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_java_ends_with_the_build_however_it_ends(fresh_lake: BuiltLake, number: signal.Signals) -> None:
    choose(fresh_lake, SPARK)
    with subprocess.Popen(
        [sys.executable, "-c", _WAITS_IN_A_SESSION, str(fresh_lake.config), str(fresh_lake.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=spark.environment(),
    ) as process:
        assert process.stdout is not None
        java = int(process.stdout.readline())
        assert Path(f"/proc/{java}").exists()
        process.send_signal(number)
    while Path(f"/proc/{java}").exists():  # it ends by itself, and the test's own time limit is the bound
        time.sleep(0.01)


_WAITS_IN_A_SESSION = """
import sys
from pyspark import SparkContext
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.settings import load
with open_site(load(sys.argv[2], {"ECOM_LAKE_CONFIG": sys.argv[1]}), "olist").sql_engine():
    print(SparkContext._gateway.proc.pid, flush=True)
    sys.stdin.read()
"""
