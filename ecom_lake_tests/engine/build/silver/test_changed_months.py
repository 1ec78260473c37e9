"""Silver from new deliveries only: the same as from all deliveries at once, whatever came in between."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from random import Random

import pytest

from ecom_lake.engine.build.bronze import delivered_rows
from ecom_lake.engine.build.bronze.delivered_rows import deliveries_since
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.contracts.connector import Connector, RowByRow
from ecom_lake.engine.contracts.table import Rule
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.lake import Lake
from ecom_lake.errors import UserError
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests.builders.olist_files import Row, a_site, customer, item, land, order
from ecom_lake_tests.engine.build.silver.test_make_silver import assert_every_row_is_accounted_for, rows

ORDER_TABLES = replace(OLIST, lines=OLIST.lines[:1], dimensions=OLIST.dimensions[:1])
"""Orders, their lines and their customers: every way in which a month depends on other tables."""
TABLES = ("orders", "order_items", "customers")
LAYERS = ("silver", "quarantine", "pending")
MONTHS = [date(2017, 1, 1), date(2017, 2, 1), date(2017, 3, 1)]


def with_rule(connector: Connector) -> Connector:
    """The same connector, which refuses one order and one price."""

    def stricter(spec: RowByRow, rule: str) -> RowByRow:
        return replace(spec, contract=replace(spec.contract, rules=(*spec.contract.rules, Rule("strict", rule, ""))))

    (items,) = connector.lines
    return replace(connector, orders=stricter(connector.orders, "order_id <> 'o1'"), lines=(stricter(items, "unit_price <> 7"),))


SETTINGS: Mapping[str, tuple[str, str, Connector]] = {
    "usual": ("2017-03-01", "UTC", ORDER_TABLES),
    "fewer months": ("2017-02-01", "UTC", ORDER_TABLES),
    "another zone": ("2017-03-01", "America/Sao_Paulo", ORDER_TABLES),
    "another rule": ("2017-03-01", "UTC", with_rule(ORDER_TABLES)),
}


@dataclass(frozen=True)
class Night:
    """What arrives in a night, and what is built of it: the first steps, where the rest was interrupted."""

    files: Mapping[str, Sequence[Row]]
    settings: str | None
    """None: as in the night before."""
    steps: int
    months: Sequence[date] | None
    full: bool


DATES = ("2017-01-10 10:00:00", "2017-02-10 10:00:00", "2017-03-01 01:00:00Z", "2016-01-01 00:00:00", "soon")


def a_night(random: Random, earlier: Sequence[Night]) -> Night:
    """New versions of few orders, lines before and after their order, lines without one; or files of an earlier night again."""

    def number() -> int:
        return random.randint(1, 6)

    rows_of: Mapping[str, Callable[[], Row]] = {
        "orders": lambda: order(number(), random.choice(DATES)),
        "order_items": lambda: item(number(), random.choice(("10.00", "7.00", "x"))),
        "customers": lambda: customer(
            number(), customer_state=random.choice(("SP", "RJ")), customer_unique_id=random.choice(("", "u1", "u9"))
        ),
    }
    files = {name: [row() for _ in range(random.randint(1, 4))] for name, row in rows_of.items() if random.random() < 0.6}
    if "order_items" in files and random.random() < 0.2:
        files["order_items"].append(item(1, order_id=""))
    return Night(
        files=random.choice(earlier).files if earlier and random.random() < 0.1 else files,
        settings=random.choice(tuple(SETTINGS)) if random.random() < 0.15 else None,
        steps=random.randint(0, 3) if random.random() < 0.25 else 4,
        months=random.choice((MONTHS[:1], MONTHS[1:2])) if random.random() < 0.15 else None,
        full=random.random() < 0.1,
    )


def with_settings(site: Site, name: str) -> Site:
    last, zone, connector = SETTINGS[name]
    shop = replace(site.shop, last_month=date.fromisoformat(last), timezone=zone)
    return replace(site, shop=shop, connector=connector, accept_settings=True)


def build(site: Site, steps: int = 4, months: Sequence[date] | None = None) -> None:
    if steps:
        make_order_index(site)
    for table in TABLES[: max(steps - 1, 0)]:
        assert not make_silver(site, table, months).refused


def state(site: Site) -> dict[str, tuple[object, ...]]:
    """The bytes of every file of silver, quarantine and pending rows, and everything that the log records of silver's files."""

    def known(table: TableId, file: File) -> tuple[object, ...]:
        content = (file.hash, file.rows)
        return (*content, file.fingerprint, file.fates, file.failed, file.inputs) if table.layer == "silver" else content

    tables = {table: parts for table, parts in site.lake.log.head().tables.items() if table.layer in LAYERS}
    return {f"{table}/{part}": known(table, file) for table, parts in tables.items() for part, file in parts.items()}


def built_from_nothing(site: Site, folder: Path) -> Site:
    """A copy of the lake whose silver is built from bronze alone."""
    shutil.copytree(site.lake.store.local(""), folder)
    copy = replace(site, lake=Lake(str(folder), "olist"))
    for table in [table for table in copy.lake.log.head().tables if table.layer in LAYERS]:
        nothing = dict.fromkeys(copy.lake.log.head().parts(table))
        copy.lake.log.commit(partial(Entry.with_parts, table=table, parts=nothing), "", "")
    build(copy)
    return copy


@pytest.mark.parametrize("seed", range(6))
def test_nights_give_the_same_silver_as_one_build_of_all_deliveries(seed: int, tmp_path: Path) -> None:
    random, nights, compared = Random(seed), list[Night](), 0
    site = with_settings(a_site(tmp_path / "nightly"), "usual")
    land(site, "first.csv", "orders", [order(1)])
    for number in range(10):
        night = a_night(random, nights)
        nights.append(night)
        site = with_settings(site, night.settings) if night.settings else site
        for table, its_rows in night.files.items():
            land(site, f"{number}/{table}.csv", table, its_rows)
        ingest(site)
        build(replace(site, full=night.full), night.steps, night.months)
        if night.steps == 4 and night.months is None:
            assert state(site) == state(built_from_nothing(site, tmp_path / str(number)))
            assert_every_row_is_accounted_for(site)
            compared += 1
    assert compared > 2


def one_order_a_month(site: Site) -> None:
    for number, month in enumerate(("2017-01", "2017-02"), start=1):
        land(site, f"{number}/orders.csv", "orders", [order(number, f"{month}-10 10:00:00")])
        land(site, f"{number}/order_items.csv", "order_items", [item(number)])
        ingest(site)
        build(site)


def test_only_the_deliveries_of_changed_months_are_read(tmp_path: Path) -> None:
    """The deliveries of January are damaged, and nobody notices in February."""
    site = replace(a_site(tmp_path), connector=ORDER_TABLES)
    one_order_a_month(site)
    for source in ("orders", "order_items"):
        files = site.lake.log.head().parts(TableId("bronze", source))
        damage(site, files[min(files)])
    land(site, "3/orders.csv", "orders", [order(2, "2017-02-11 10:00:00"), order(3, "2017-02-12 10:00:00")])
    land(site, "3/order_items.csv", "order_items", [item(3), item(4)])
    ingest(site)
    build(site)
    assert [row["order_id"] for row in rows(site, "order_items")] == ["o1", "o2", "o3"]
    assert [str(row["ordered_at"]) for row in rows(site, "orders")][1] == "2017-02-11 10:00:00"
    land(site, "4/orders.csv", "orders", [order(1, "2017-03-01 10:00:00")])
    ingest(site)
    make_order_index(site)
    make_silver(site, "orders")
    with pytest.raises(UserError, match="has 7 bytes"):  # the line of the moved order is in a damaged delivery
        make_silver(site, "order_items")


def damage(site: Site, file: File) -> None:
    path = site.lake.local(file)
    path.chmod(0o600)
    path.write_bytes(b"damaged")


def test_a_damaged_order_index_is_rebuilt_from_all_deliveries(tmp_path: Path) -> None:
    site = replace(a_site(tmp_path), connector=ORDER_TABLES)
    one_order_a_month(site)
    damage(site, site.lake.log.head().parts(TableId("silver", "order_index"))[WHOLE])
    land(site, "3/orders.csv", "orders", [order(3)])
    ingest(site)
    make_order_index(site)
    assert [row["order_id"] for row in rows(site, "order_index")] == ["o1", "o2", "o3"]


def test_a_replaced_delivery_is_noticed_although_its_number_and_its_rows_are_the_same(tmp_path: Path) -> None:
    """A repair may read a delivered file again with another reader."""
    site = replace(a_site(tmp_path / "a"), connector=ORDER_TABLES)
    other = replace(a_site(tmp_path / "b"), connector=ORDER_TABLES)
    one_order_a_month(site)
    land(other, "1/orders.csv", "orders", [order(1, "2017-03-10 10:00:00")])
    land(other, "1/order_items.csv", "order_items", [item(1, "99.00")])
    ingest(other)
    replace_first_delivery(site, other, "order_items")
    build(site)
    assert [(row["month"], str(row["unit_price"])) for row in rows(site, "order_items")] == [
        (date(2017, 1, 1), "99.0000"),
        (date(2017, 2, 1), "10.0000"),
    ]
    replace_first_delivery(site, other, "orders")
    build(site)
    assert [row["month"] for row in rows(site, "order_items")] == [date(2017, 3, 1), date(2017, 2, 1)]


def replace_first_delivery(site: Site, other: Site, source: str) -> None:
    """Replace the first delivered file of a table by the one of another lake, under the same number."""
    table = TableId("bronze", source)
    part, file = min(site.lake.log.head().parts(table).items())
    again = site.lake.local(file).with_name("again.parquet")
    (replaced,) = other.lake.log.head().parts(table).values()
    again.write_bytes(other.lake.local(replaced).read_bytes())
    path = str(again.relative_to(site.lake.store.local("olist")))
    put = {part: replace(replaced, path=path, delivery=file.delivery)}
    site.lake.log.commit(partial(Entry.with_parts, table=table, parts=put), "", "repair")


def test_new_deliveries_are_found_by_the_version_that_the_table_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = replace(a_site(tmp_path), connector=ORDER_TABLES)
    versions = [site.lake.log.head().version(TableId("bronze", "orders"))]
    for number in (1, 2, 3):
        land(site, f"{number}.csv", "orders", [order(number)])
        ingest(site)
        versions.append(site.lake.log.head().version(TableId("bronze", "orders")))
    head = site.lake.log.head()
    assert [deliveries_since(head, TableId("bronze", "orders"), version) for version in versions] == [
        {1, 2, 3},
        {2, 3},
        {3},
        set(),
    ]
    assert deliveries_since(head, TableId("bronze", "orders"), "another") is None
    monkeypatch.setattr(delivered_rows, "_LOOK_BACK", 1)
    assert [deliveries_since(head, TableId("bronze", "orders"), version) for version in versions] == [None, None, {3}, set()]
