"""Damaged files are detected before a table is built from them, and `repair` restores the lake."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.maintenance.repair import repair
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.serve.difference import last_two_releases
from ecom_lake.engine.serve.doctor import examine
from ecom_lake.engine.store.stored import Stored
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.engine.build.crash import content, whole


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def stored(lake: BuiltLake, table: TableId) -> Path:
    _, file = sorted(lake.site().lake.log.head().parts(table).items())[0]
    return lake.site().lake.local(file)


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink], ids=["cut", "flipped", "gone"])
@pytest.mark.parametrize(
    "table",
    [
        TableId("bronze", "orders"),
        TableId("rejects", "orders"),
        TableId("silver", "order_index"),
        TableId("silver", "orders"),
        TableId("quarantine", "order_items"),
        TableId("gold", "fct_orders"),
    ],
    ids=str,
)
def test_a_damaged_file_is_rebuilt(fresh_lake: BuiltLake, table: TableId, damage: Callable[[Path], None]) -> None:
    undisturbed = content(fresh_lake.site())
    damage(stored(fresh_lake, table))
    done = repair(fresh_lake.site())
    assert len(done.forgotten if table.layer in ("silver", "quarantine", "gold") else done.read_again) == 1
    build(fresh_lake.site())
    assert content(fresh_lake.site()) == undisturbed
    assert whole(fresh_lake.site()) is not None
    assert due(fresh_lake.site()) == []


@pytest.mark.parametrize("table", [TableId("bronze", "orders"), TableId("silver", "order_index")], ids=str)
def test_no_table_is_built_from_damaged_bytes(fresh_lake: BuiltLake, table: TableId) -> None:
    damaged = stored(fresh_lake, table)
    flip(damaged)
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    build_it = build if table.layer == "bronze" else _only_orders
    with pytest.raises(UserError, match=rf"{re.escape(damaged.name)} has other content.*`ecom-lake repair`"):
        build_it(fresh_lake.site())


def _only_orders(site: Site) -> None:
    from dataclasses import replace

    from ecom_lake.engine.build.silver.make_silver import make_silver

    make_silver(replace(site, full=True), "orders")


def test_a_full_build_rewrites_a_damaged_file(fresh_lake: BuiltLake) -> None:
    flip(stored(fresh_lake, TableId("gold", "rfm")))
    build(fresh_lake.site(full=True))
    assert whole(fresh_lake.site()) is not None


def test_a_damaged_delivery_that_is_no_longer_in_landing_is_named(fresh_lake: BuiltLake) -> None:
    flip(stored(fresh_lake, TableId("bronze", "orders")))
    (orders,) = fresh_lake.landing.glob("*orders_dataset.csv")
    kept = orders.rename(fresh_lake.folder / orders.name)
    done = repair(fresh_lake.site())
    assert [line.split(" (")[0] for line in done.lost] == [orders.name]
    kept.rename(orders)
    assert repair(fresh_lake.site()).lost == ()
    assert whole(fresh_lake.site()) is not None


def test_a_damaged_newest_log_entry_is_set_aside_and_replaced(fresh_lake: BuiltLake) -> None:
    undisturbed = content(fresh_lake.site())
    newest = fresh_lake.site().lake.log.numbers()[-1]
    flip(fresh_lake.root / f"olist/_store/log/{newest:08d}.json")
    with pytest.raises(UserError, match="is damaged"):
        build(fresh_lake.site())
    assert repair(fresh_lake.site()).set_aside == (f"olist/_store/log/damaged-{newest:08d}.json",)
    build(fresh_lake.site())
    assert content(fresh_lake.site()) == undisturbed
    assert whole(fresh_lake.site()) is not None


def manifest_of(lake: BuiltLake, table: TableId) -> Path:
    """The manifest of a table in the newest state, which is also the released one."""
    parts = lake.site().lake.log.head().parts(table)
    assert isinstance(parts, Stored)
    return lake.root / f"olist/_store/manifests/{parts.manifest}.json.gz"


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink], ids=["cut", "flipped", "gone"])
def test_a_damaged_manifest_of_deliveries_is_restored_from_its_second_copy(
    fresh_lake: BuiltLake, damage: Callable[[Path], None]
) -> None:
    undisturbed, numbers = fresh_lake.site().lake.log.head().tables, fresh_lake.site().lake.log.numbers()
    damage(damaged := manifest_of(fresh_lake, TableId("bronze", "orders")))
    assert _log_finding(fresh_lake).endswith("has a missing or damaged manifest: of bronze/orders.")
    done = repair(fresh_lake.site())
    assert (done.set_aside, done.forgotten, done.lost) == ((), (), ())
    assert damaged.read_bytes() == damaged.with_name(damaged.name.replace(".json", ".copy.json")).read_bytes()
    assert fresh_lake.site().lake.log.head().tables == undisturbed
    assert fresh_lake.site().lake.log.numbers() == numbers
    assert "states" in _log_finding(fresh_lake)


def test_a_damaged_manifest_of_an_older_state_is_restored_from_its_second_copy(fresh_lake: BuiltLake) -> None:
    """The newest state has another manifest of that table, and readers keep the release."""
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    damaged = manifest_of(fresh_lake, orders := TableId("bronze", "orders"))
    ingest(fresh_lake.site())
    assert manifest_of(fresh_lake, orders) != damaged
    before, sound = fresh_lake.site().lake.log.head(), damaged.read_bytes()
    numbers = fresh_lake.site().lake.log.numbers()
    flip(damaged)
    assert repair(fresh_lake.site()).set_aside == ()
    log = fresh_lake.site().lake.log
    assert (log.numbers(), log.head(), damaged.read_bytes()) == (numbers, before, sound)


def test_a_table_with_a_damaged_manifest_is_rebuilt_and_the_states_that_name_it_are_set_aside(fresh_lake: BuiltLake) -> None:
    undisturbed = content(fresh_lake.site())
    table = TableId("gold", "rfm")
    head = fresh_lake.site().lake.log.head()
    flip(manifest_of(fresh_lake, table))
    with pytest.raises(UserError, match=r"The manifest .* is missing or damaged\. `ecom-lake repair`"):
        build(fresh_lake.site())
    done = repair(fresh_lake.site())
    assert done.forgotten == ("gold/rfm",)
    assert f"olist/_store/log/damaged-{head.number:08d}.json" in done.set_aside
    after = fresh_lake.site().lake.log.head()
    assert {name: parts for name, parts in head.tables.items() if name != table} == after.tables
    build(fresh_lake.site())
    assert content(fresh_lake.site()) == undisturbed
    assert whole(fresh_lake.site()) is not None
    assert "states" in _log_finding(fresh_lake)


def _log_finding(lake: BuiltLake) -> str:
    return next(found.says for found in examine(lambda: lake.settings, "olist", deep=True) if found.what == "log")


def test_a_damaged_fit_is_not_restored_from_a_damaged_copy(fresh_lake: BuiltLake) -> None:
    """The copy has the same size and other content."""
    flip(stored(fresh_lake, TableId("gold", "churn_fit")))
    flip(fresh_lake.root / "olist" / "gold" / "churn_fit.parquet")
    done = repair(fresh_lake.site())
    assert done.put_back == ()
    assert [path.split("/")[2] for path in done.forgotten] == ["churn_fit"]


def test_if_the_current_release_is_damaged_readers_get_the_newest_undamaged_one(fresh_grown_lake: BuiltLake) -> None:
    """They never get an unreleased state, although the states before and after the damaged one are undamaged."""
    log = fresh_grown_lake.site().lake.log
    old, new = last_two_releases(fresh_grown_lake.site())
    [part] = log.head().parts(TableId("rejects", "orders"))
    log.commit(lambda head: head.with_parts(TableId("rejects", "orders"), {part: None}), "later", "a later state")
    flip(fresh_grown_lake.root / f"olist/_store/log/{new:08d}.json")
    repair(fresh_grown_lake.site())
    head = fresh_grown_lake.site().lake.log.head()
    assert (head.release, head.pinned) == (old, False)


def test_a_damaged_plain_file_is_written_again(fresh_lake: BuiltLake) -> None:
    plain = fresh_lake.root / "olist" / "gold" / "rfm.parquet"
    sound = plain.read_bytes()
    flip(plain)
    repair(fresh_lake.site())
    build(fresh_lake.site())
    assert plain.read_bytes() == sound


def test_a_lost_catalogue_is_written_again(fresh_lake: BuiltLake) -> None:
    (fresh_lake.root / "olist" / "catalog.duckdb").unlink()
    assert due(fresh_lake.site()) == ["gold/release"]
    build(fresh_lake.site())
    assert due(fresh_lake.site()) == []


def test_a_step_checks_only_the_files_that_it_reads(fresh_lake: BuiltLake) -> None:
    """The order index does not read the customers; silver's orders take their address from them."""
    more = "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nx,y,01000,a,SP\n"
    (fresh_lake.landing / "more_customers.csv").write_text(more, encoding="utf-8")
    ingest(fresh_lake.site())
    before = fresh_lake.site().lake.log.head()
    customers = [fresh_lake.site().lake.local(file) for file in before.parts(TableId("bronze", "customers")).values()]
    for path in customers:
        path.write_bytes(b"damaged")
    made = make_order_index(fresh_lake.site(full=True))
    assert made.written == (WHOLE,)
    assert made.files[WHOLE].hash == before.parts(TableId("silver", "order_index"))[WHOLE].hash
    with pytest.raises(UserError, match="|".join(re.escape(f"{path.name} has 7 bytes") for path in customers)):
        _only_orders(fresh_lake.site())
    assert fresh_lake.site().lake.log.head().parts(TableId("silver", "orders")) == before.parts(TableId("silver", "orders"))


def test_a_new_landed_file_waits_for_an_ingest(fresh_lake: BuiltLake) -> None:
    """It may hold an erased person: only an ingest compares it with the erasure list."""
    site = fresh_lake.site()
    Path.unlink(stored(fresh_lake, TableId("bronze", "orders")))
    new = site.lake.store.local(f"{site.shop.name}/landing/customers_new.csv")
    new.write_text("customer_id,customer_unique_id\nnew,somebody\n", "utf-8")
    store = site.lake.store.local(f"{site.shop.name}/_store/bronze")
    before = {path.parent.name for path in store.rglob("*") if path.is_file()}
    files = len([path for path in store.rglob("*") if path.is_file()])
    assert len(repair(site).read_again) == 1
    assert len([path for path in store.rglob("*") if path.is_file()]) == files + 1
    assert {path.parent.name for path in store.rglob("*") if path.is_file()} == before | {"orders"}
