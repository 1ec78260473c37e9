"""Silver from new deliveries only: the same as from all deliveries at once, whatever came in between."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.engine.build.bronze import delivered_rows
from ecom_lake.engine.build.bronze.delivered_rows import deliveries_since
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.contracts.connector import Connector, RowByRow
from ecom_lake.engine.contracts.table import Rule
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import File
from ecom_lake.errors import UserError
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests.builders.olist_files import Row, a_site, customer, item, land, order
from ecom_lake_tests.engine.build.silver.test_make_silver import assert_every_row_is_accounted_for, rows

ORDER_TABLES = replace(OLIST, lines=OLIST.lines[:1], dimensions=OLIST.dimensions[:1])
"""Orders, their lines and their customers: every way in which a month depends on other tables."""
TABLES = ("orders", "order_items", "customers")
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
NUMBERS = st.integers(1, 4)
FILES = {
    "orders": st.builds(order, NUMBERS, st.sampled_from(DATES)),
    "order_items": st.builds(item, NUMBERS, st.sampled_from(("10.00", "7.00", "x")), st.integers(1, 2))
    | st.builds(item, NUMBERS, order_id=st.just("")),
    "customers": st.builds(
        customer, NUMBERS, customer_state=st.sampled_from(("SP", "RJ")), customer_unique_id=st.sampled_from(("", "u1", "u9"))
    ),
}
NIGHTS = st.builds(
    Night,
    st.fixed_dictionaries({}, optional={table: st.lists(row, min_size=1, max_size=4) for table, row in FILES.items()}),
    st.sampled_from((*[None] * 8, *SETTINGS)),
    st.sampled_from((4, 4, 4, 4, 0, 1, 2, 3)),
    st.sampled_from((None, None, MONTHS[:1], MONTHS[1:2])),
    st.sampled_from((*[False] * 7, True)),
)


def with_settings(site: Site, name: str) -> Site:
    last, zone, connector = SETTINGS[name]
    shop = replace(site.shop, last_month=date.fromisoformat(last), timezone=zone)
    return replace(site, shop=shop, connector=connector, accept_settings=True)


def land_and_ingest(site: Site, number: int, night: Night) -> None:
    for table, its_rows in night.files.items():
        land(site, f"{number}/{table}.csv", table, its_rows)
    ingest(site)


def build(site: Site, steps: int = 4, months: Sequence[date] | None = None) -> None:
    if steps:
        make_order_index(site)
    for table in TABLES[: max(steps - 1, 0)]:
        assert not make_silver(site, table, months).refused


def state(site: Site) -> dict[str, tuple[object, ...]]:
    """Everything that the log records of silver, quarantine and pending rows, except which run wrote it."""

    def known(file: File) -> tuple[object, ...]:
        return file.hash, file.rows, file.fingerprint, file.fates, file.failed, file.inputs

    tables = {
        table: parts for table, parts in site.lake.log.head().tables.items() if table.layer in ("silver", "quarantine", "pending")
    }
    return {f"{table}/{part}": known(file) for table, parts in tables.items() for part, file in parts.items()}


@settings(max_examples=40, deadline=None)
@given(st.lists(NIGHTS, min_size=2, max_size=6))
def test_nights_give_the_same_silver_as_one_build_of_all_deliveries(nights: list[Night]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = Night({"orders": [order(9)]}, "usual", 4, None, full=False)
        nightly, at_once = a_site(Path(folder) / "a"), a_site(Path(folder) / "b")
        for number, night in enumerate((first, *nights)):
            if night.settings:
                nightly, at_once = with_settings(nightly, night.settings), with_settings(at_once, night.settings)
            land_and_ingest(at_once, number, night)
            land_and_ingest(nightly, number, night)
            build(replace(nightly, full=night.full), night.steps, night.months)
        for site in (nightly, at_once):
            build(site)
        assert_every_row_is_accounted_for(nightly)
        assert state(nightly) == state(at_once)


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
    for source in ("orders", "order_items"):
        table = TableId("bronze", source)
        part, file = min(site.lake.log.head().parts(table).items())
        again = site.lake.local(file).with_name("again.parquet")
        (replaced,) = other.lake.log.head().parts(table).values()
        again.write_bytes(other.lake.local(replaced).read_bytes())
        path = str(again.relative_to(site.lake.store.local("olist")))
        put = {part: replace(replaced, path=path, delivery=file.delivery)}
        site.lake.log.commit(lambda head, table=table, put=put: head.with_parts(table, put), "", "repair")  # type: ignore[misc]
    build(site)
    assert [(row["order_id"], row["month"], str(row["unit_price"])) for row in rows(site, "order_items")] == [
        ("o1", date(2017, 3, 1), "99.0000"),
        ("o2", date(2017, 2, 1), "10.0000"),
    ]


def test_new_deliveries_are_found_by_the_version_that_the_table_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = replace(a_site(tmp_path), connector=ORDER_TABLES)
    versions = [site.lake.log.head().version(TableId("bronze", "orders"))]
    for number in (1, 2, 3):
        land(site, f"{number}.csv", "orders", [order(number)])
        ingest(site)
        versions.append(site.lake.log.head().version(TableId("bronze", "orders")))
    head = site.lake.log.head()
    assert [deliveries_since(head, "orders", version) for version in versions] == [{1, 2, 3}, {2, 3}, {3}, set()]
    assert deliveries_since(head, "orders", "another") is None
    monkeypatch.setattr(delivered_rows, "_LOOK_BACK", 1)
    assert [deliveries_since(head, "orders", version) for version in versions] == [None, None, {3}, set()]
