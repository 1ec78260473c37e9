"""A shop with a map from its files to readers: a Dagster run, the ledger, damage, a copy, a replay with a corrected map."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ecom_lake.cli import main
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.dagster.assets import shop_assets
from ecom_lake.engine.dagster.run import RunReport, run_job
from ecom_lake.engine.store.lake import Lake
from ecom_lake_tests.builders.mapped_shop import MAP, MappedShop, a_mapped_shop, lines, sales

pytestmark = pytest.mark.lake
Run = Callable[..., str]


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[MappedShop, RunReport]:
    shop = a_mapped_shop(tmp_path_factory.mktemp("mapped"))
    shop.land(
        "sales-1.csv",
        sales(
            "A1,ann,2024-01-05,paid,Rome,",
            "A2,bob,2024-01-06,gone,Oslo,",
            "A3,ann,2024-02-01,odd,Rome,test",
            "A4,eve,5.3.24,paid,Rome,",
        ),
    )
    shop.land("lines-1.csv", lines("A1,1,x,10.00", "A1,2,y,oops", "A2,1,x,10", "A4,1,z,3"))
    return shop, run_job(shop.settings, "mine")


@pytest.fixture
def shop(first_run: tuple[MappedShop, RunReport], tmp_path: Path) -> MappedShop:
    """A copy that a test may change."""
    shutil.copytree(first_run[0].folder, tmp_path, dirs_exist_ok=True)
    return MappedShop(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(shop: MappedShop, *arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        returned = main([*arguments, "--project", str(shop.folder)])
        said = capsys.readouterr()
        assert returned == code, said
        return said.out + said.err

    return run


def test_a_run_builds_every_table(first_run: tuple[MappedShop, RunReport]) -> None:
    shop, report = first_run
    assert report.failures == ()
    assert {table: state for table, state in report.tables.items() if table.startswith("mapped/")}.keys() == {
        "mapped/orders",
        "mapped/order_items",
        "mapped/customers",
    }
    assert "orders: [words.status] of the map does not list 'odd' (1 row)." not in report.warnings  # a left-out row
    assert due(shop.site) == []
    assert shop.ask("select sum(net_sales)::float from fct_orders where is_valid") == [(10.0,)]


def test_dagster_shows_the_mapped_tables_between_bronze_and_silver(first_run: tuple[MappedShop, RunReport]) -> None:
    specs = {spec.key.to_user_string(): spec for assets in shop_assets(first_run[0].settings, "mine") for spec in assets.specs}
    mapped = specs["mine/mapped/order_items"]
    assert mapped.group_name == "mine_mapped"
    assert [dep.asset_key.to_user_string() for dep in mapped.deps] == ["mine/bronze/lines"]
    assert "mine/mapped/order_items" in [dep.asset_key.to_user_string() for dep in specs["mine/silver/order_items"].deps]


def test_the_ledger_has_a_row_for_each_table_that_a_file_is_read_as(shop: MappedShop, run: Run) -> None:
    fates = "rows_delivered, quarantined, pending, superseded, collapsed, left_out, published"
    assert shop.ask(f"select table_name, read_as, {fates} from ledger order by all") == [
        ("lines", "order_items", 4, 2, 0, 0, 0, 0, 2),
        ("sales", "customers", 4, 0, 0, 0, 1, 0, 3),
        ("sales", "orders", 4, 1, 0, 0, 0, 1, 2),
    ]
    shown = run(shop, "ledger")
    assert "8 records, each accounted for in 1 to 2 tables." in shown
    assert "read as" in shown and "left out" in shown
    assert "4 records, each accounted for in 2 tables." in run(shop, "ledger", "sales")
    assert json.loads(run(shop, "ledger", "lines", "--json"))["rows"][0]["read_as"] == "order_items"


def test_the_quality_page_shows_what_a_file_is_read_as(shop: MappedShop) -> None:
    page = (shop.root / "mine" / "quality.html").read_text("utf-8")
    assert "sales as customers" in page and "left out: 1 " in page


def test_quarantine_names_the_file_and_shows_its_record(shop: MappedShop, run: Run) -> None:
    shown = run(shop, "quarantine", "orders")
    assert "sales-1.csv" in shown and "5.3.24" in shown and "placed" in shown


def test_damaged_mapped_rows_are_rebuilt(shop: MappedShop, run: Run) -> None:
    site = shop.site
    mapped = TableId("mapped", "orders")
    (file,) = site.lake.log.head().parts(mapped).values()
    path = site.lake.local(file)
    path.chmod(0o600)
    path.write_bytes(b"damaged")
    before = files_of_silver(site)
    assert "_store/mapped/orders" in run(shop, "repair")
    assert files_of_silver(shop.site) == before
    assert due(shop.site) == [] and not any(site.lake.damage(file) for file in shop.site.lake.log.head().parts(mapped).values())


def files_of_silver(site: Site) -> dict[str, str]:
    head = site.lake.log.head()
    silver = {table: parts for table, parts in head.tables.items() if table.layer == "silver"}
    return {f"{table}/{part}": file.path for table, parts in silver.items() for part, file in parts.items()}


def test_a_copy_has_the_mapped_tables(shop: MappedShop, tmp_path: Path, run: Run) -> None:
    run(shop, "copy", str(shop.root), str(tmp_path / "copy"))
    head = Lake(str(tmp_path / "copy"), "mine").log.head()
    assert {table.name for table in head.tables if table.layer == "mapped"} == {"orders", "order_items", "customers"}


def test_a_corrected_map_is_replayed(shop: MappedShop, run: Run) -> None:
    shop.write(MAP.replace('ordered_at = "placed"', "ordered_at = \"replace(placed, '5.3.24', '2024-03-05')\""))
    shown = json.loads(run(shop, "quarantine", "replay", "--dry-run", "--json"))
    now = {(one["source"], one["was"]): one["now"] for one in shown["verdicts"]}
    assert now["orders", "ordered_at_unreadable"] is None and now["order_items", "order_refused"] is None
    run(shop, "quarantine", "replay", "--yes")
    assert shop.ask("select order_id from silver.orders order by 1") == [("A1",), ("A2",), ("A4",)]
    assert set(due(shop.site)) <= {"landing"}  # its files are copies


def test_a_draft_is_one_sentence(shop: MappedShop, run: Run) -> None:
    shop.write(f"draft = true\n{MAP}")
    said = run(shop, "build", code=1)
    assert "the map 'maps/mine.toml' is a draft. Check its cells, then delete the line `draft = true`." in " ".join(said.split())
    assert "is a draft" in " ".join(run(shop, "doctor", code=1).split())
