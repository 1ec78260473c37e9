"""From foreign files to silver through a map: rows by hand, fates, what is mapped again, what stops a build."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.mapped.checks import checks_of
from ecom_lake.engine.build.mapped.due_deliveries import find_due, is_current
from ecom_lake.engine.build.mapped.facets import MADE_BY, facets_of
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.mapped.readings import readings
from ecom_lake.engine.build.outdated import outdated
from ecom_lake.engine.build.shop_context import Site, invalid_shops
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.step import code_version
from ecom_lake.engine.build.step.code_version import PACKAGE, import_closure
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import File
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.log import Log
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.mapped_shop import MAP, MappedShop, a_mapped_shop, lines, sales
from ecom_lake_tests.engine.build.step.test_code_version import PLANNING, is_cut, run_by

SALES = sales(
    "A1,ann,2024-01-05,paid,Rome,",
    "A2,bob,2024-01-06,gone,Oslo,",
    "A3,ann,2024-02-01,odd,Rome,",
    "A4,eve,2024-02-01,paid,Rome,test",
    "A5,eve,soon,paid,Rome,",
)
LINES = lines("A1,1,x,10.00", "A1,2,y,5.00", "A2,1,x,10", "A3,1,z,oops", "A5,1,x,1", "A9,1,x,2")


@pytest.fixture
def shop(tmp_path: Path) -> MappedShop:
    shop = a_mapped_shop(tmp_path)
    shop.land("sales-1.csv", SALES)
    shop.land("lines-1.csv", LINES)
    return shop


def to_silver(shop: MappedShop, *tables: str) -> Site:
    """Builds the tables up to these ones of silver; asserts that no check blocks."""
    site = shop.site
    made: list[Outcome] = [*ingest(site), *make_mapped(site), make_order_index(site)]
    made += [make_silver(site, table) for table in tables or ("orders", "order_items", "customers")]
    assert [check.says for outcome in made for check in outcome.checks if check.blocks] == []
    return site


def rows_of(site: Site, table: str, *columns: str) -> list[tuple[Any, ...]]:
    layer, name = table.split("/")
    files = {file.path: file for _, file in sorted(site.lake.log.head().parts(TableId(layer, name)).items())}
    return [row for file in files.values() for row in pl.read_parquet(site.lake.local(file)).select(columns).rows()]


def fates(site: Site, source: str) -> dict[str, int]:
    """The number of rows of each fate, of a table that silver reads."""
    files = (file for parts in site.lake.log.head().tables.values() for file in parts.values())
    found = Counter[str]()
    for its_source, _, fate, rows in (fate for file in files for fate in file.fates):
        found[fate] += rows if its_source == source else 0
    return dict(+found)


def test_the_rows_of_foreign_files_are_those_of_the_canonical_shop(shop: MappedShop) -> None:
    site = to_silver(shop)
    assert rows_of(site, "silver/orders", "order_id", "customer_id", "status", "source_record") == [
        ("A1", "ann", "approved", 1),
        ("A2", "bob", "canceled", 2),
        ("A3", "ann", "unknown", 3),
    ]
    items = rows_of(site, "silver/order_items", "order_id", "line", "product_id", "unit_price")
    assert [(*ids, float(price)) for *ids, price in items] == [("A1", 1, "x", 10.0), ("A1", 2, "y", 5.0), ("A2", 1, "x", 10.0)]
    assert rows_of(site, "silver/customers", "customer_id", "city") == [("ann", "Rome"), ("bob", "Oslo"), ("eve", "Rome")]


def test_every_delivered_row_has_one_fate_in_each_table(shop: MappedShop) -> None:
    site = to_silver(shop)
    assert fates(site, "orders") == {"published": 3, "quarantined": 1, "left_out": 1}
    assert fates(site, "order_items") == {"published": 3, "quarantined": 2, "pending": 1}
    assert fates(site, "customers") == {"published": 3, "collapsed": 2}


def test_a_refused_row_is_kept_with_its_delivered_record(shop: MappedShop) -> None:
    site = to_silver(shop)
    refused = rows_of(site, "quarantine/order_items", "rule", "raw_record")
    assert [rule for rule, _ in refused] == ["unit_price_unreadable", "order_refused"]
    assert '"price":"oops"' in refused[0][1] and '"sku":"z"' in refused[0][1]
    ((rule, raw),) = rows_of(site, "quarantine/orders", "rule", "raw_record")
    assert rule == "ordered_at_unreadable" and '"placed":"soon"' in raw and '"note":' in raw


def mapped_files(site: Site) -> dict[str, str]:
    head = site.lake.log.head()
    return {
        f"{table}/{part}": file.path
        for table, parts in head.tables.items()
        if table.layer == "mapped"
        for part, file in parts.items()
    }


def test_only_new_deliveries_are_mapped(shop: MappedShop) -> None:
    before = mapped_files(to_silver(shop))
    shop.land("lines-2.csv", lines("A3,1,z,7"))
    after = mapped_files(to_silver(shop))
    assert {place: after[place] for place in before} == before
    assert set(after) - set(before) == {"mapped/order_items/00000003"}


def test_a_changed_cell_rebuilds_its_table_and_no_other(shop: MappedShop) -> None:
    before = mapped_files(to_silver(shop))
    shop.write(MAP.replace('city = "town"', "city = \"town || '!'\""))
    site = shop.site
    waiting = outdated(site, site.lake.log.head())
    assert [table for table in waiting if table.startswith("mapped/")] == ["mapped/customers"]
    after = mapped_files(to_silver(shop))
    assert {place for place in before if before[place] != after[place]} == {"mapped/customers/00000002"}


def test_a_comment_in_the_map_makes_nothing_due(shop: MappedShop) -> None:
    to_silver(shop)
    head = shop.site.lake.log.head()
    before = outdated(shop.site, head)
    shop.write(f"# The web shop.\n{MAP}".replace('line = "position"', 'line   =   "position"  # as printed'))
    assert outdated(shop.site, head) == before


def test_a_cell_that_changes_no_row_keeps_the_file(shop: MappedShop) -> None:
    before = mapped_files(to_silver(shop))
    shop.write(MAP.replace('city = "town"', "city = \"town || ''\""))
    assert mapped_files(to_silver(shop)) == before
    assert "mapped/customers" not in outdated(shop.site, shop.site.lake.log.head())


def test_a_table_that_the_map_no_longer_makes_is_empty(shop: MappedShop) -> None:
    to_silver(shop)
    shop.write(MAP[: MAP.index("[customers]")])
    site = to_silver(shop)
    assert not [place for place in mapped_files(site) if "customers" in place]
    assert rows_of(site, "silver/customers", "customer_id") == []


RENAMED = MAP.replace("[files.lines]", "[files.positions]").replace('from = "lines"', 'from = "positions"')
ITEM = ("order_id", "line", "source_sequence")


def test_a_kind_with_another_name_keeps_its_deliveries(shop: MappedShop) -> None:
    before = to_silver(shop)
    items, its_fates = rows_of(before, "silver/order_items", *ITEM), fates(before, "order_items")
    shop.write(RENAMED)
    site = to_silver(shop)
    assert rows_of(site, "silver/order_items", *ITEM) == items != []
    assert fates(site, "order_items") == its_fates
    assert bronze(site) == {"positions": [(1, "lines-1.csv")], "sales": [(2, "sales-1.csv")]}
    shop.land("lines-2.csv", lines("A3,1,z,7"))
    assert bronze(to_silver(shop))["positions"] == [(1, "lines-1.csv"), (3, "lines-2.csv")]


def bronze(site: Site) -> dict[str, list[tuple[int, str]]]:
    """By kind of files: the numbers of its deliveries and their files."""
    tables = site.lake.log.head().tables
    return {
        table.name: sorted((file.delivery.sequence, file.delivery.file) for file in parts.values() if file.delivery)
        for table, parts in tables.items()
        if table.layer == "bronze"
    }


def landing_faults(site: Site) -> list[str]:
    return [check.says for one in ingest(site) for check in one.checks if check.name == "landing_accepted" and not check.passed]


def test_deliveries_that_no_kind_has_any_more_are_reported(shop: MappedShop) -> None:
    to_silver(shop)
    (shop.root / "mine" / "landing" / "lines-1.csv").unlink()
    shop.write(RENAMED)
    (why,) = landing_faults(shop.site)
    assert why.startswith(
        "1 delivered file is in no table any more (lines-1.csv is the last one): no kind of files is called lines"
    )
    shop.land("lines-1.csv", LINES)
    assert landing_faults(shop.site) == []
    assert bronze(shop.site) == {"positions": [(1, "lines-1.csv")], "sales": [(2, "sales-1.csv")]}


@pytest.mark.parametrize("whole", ["", 'whole = "file"\n'])
def test_files_that_other_names_give_to_another_kind_move_there(shop: MappedShop, whole: str) -> None:
    """With no bad record left behind. The content that two names have, of two kinds, stays where it is."""
    plain = MAP.replace('names = ["lines*"]\n', f'names = ["lines*"]\n{whole}')
    returned = (
        '[files.returned]\nnames = ["lines-returned*"]\n[[checks]]\nfile = "returned"\nholds = "sku <> \'\'"\nsays = "All."\n'
    )
    shop.write(plain)
    shop.land("lines-returned.csv", lines("A1,1,x,3.00", "A2,1,x"))
    shop.land("lines-0.csv", lines())
    shop.land("lines-returned-0.csv", lines())
    assert len(rows_of(to_silver(shop), "rejects/lines", "source_record")) == 1
    shop.write(plain + returned)
    site = to_silver(shop)
    assert bronze(site)["lines"] == [(1, "lines-0.csv"), (2, "lines-1.csv")]
    assert bronze(site)["returned"] == [(3, "lines-returned.csv")]
    assert len(rows_of(site, "rejects/returned", "source_record")) == 1
    assert TableId("rejects", "lines") not in site.lake.log.head().tables
    items = rows_of(site, "silver/order_items", "order_id", "line", "unit_price")
    assert [(*ids, float(price)) for *ids, price in items] == [("A1", 1, 10.0), ("A1", 2, 5.0), ("A2", 1, 10.0)]
    assert bronze(to_silver(shop)) == bronze(site)


SENTENCES = {
    'map = "maps/mine.toml"\nconnector = "olist"': "has both a connector and a map: remove one of them.",
    'map = "maps/other.toml"': "names the map 'maps/other.toml', but there is no file",
    'map = "nothing"': "names the map 'nothing', which does not exist",
    "map = 7": "map must be a text, not 7.",
}


@pytest.mark.parametrize("setting", SENTENCES)
def test_a_wrong_setting_is_a_sentence(tmp_path: Path, setting: str) -> None:
    shop = a_mapped_shop(tmp_path)
    shop.write(MAP, setting)
    assert SENTENCES[setting] in invalid_shops(shop.settings)["mine"]


def test_a_map_of_the_project_is_found_by_its_name(tmp_path: Path) -> None:
    shop = a_mapped_shop(tmp_path)
    shop.write(MAP, 'map = "mine"')
    assert shop.site.map is not None


def test_a_draft_is_not_built(shop: MappedShop) -> None:
    shop.write(f"draft = true\n{MAP}")
    why = "the map 'maps/mine.toml' is a draft. Check its cells, then delete the line `draft = true`."
    assert why in invalid_shops(shop.settings)["mine"]
    with pytest.raises(UserError, match="is a draft"):
        _ = shop.site


def test_a_map_makes_a_table_once_from_each_kind_of_file(tmp_path: Path) -> None:
    """Also where one of the kinds is unfolded from the other: their rows would have the same lineage."""
    shop = a_mapped_shop(tmp_path)
    unfolded = '[files.packed]\nunfold = {of = "sales", column = "note", by = ";"}\nheader = ["sku"]\n'
    again = '[[customers]]\nfrom = "packed"\ncustomer_id = "sku"\n'
    shop.write(MAP.replace("[customers]", "[[customers]]") + again + unfolded)
    assert "makes customers twice from sales" in invalid_shops(shop.settings)["mine"]


HASHED = MAP.replace('customer_id = "customer"', 'customer_id = "hashed(customer)"')


def test_pseudonyms_need_their_key(shop: MappedShop) -> None:
    shop.write(HASHED)
    with pytest.raises(
        UserError, match="makes pseudonyms with hashed\\(\\), and the key is missing: set ECOM_LAKE_PSEUDONYM_KEY"
    ):
        to_silver(shop)


def test_another_pseudonym_key_is_refused(shop: MappedShop) -> None:
    shop.write(HASHED)
    with_key = MappedShop(shop.folder, environment={"ECOM_LAKE_PSEUDONYM_KEY": "first secret"})
    before = rows_of(to_silver(with_key), "silver/customers", "customer_id")
    assert "mapped/orders" not in outdated(shop.site, shop.site.lake.log.head())  # reading the lake needs no key
    other = MappedShop(shop.folder, environment={"ECOM_LAKE_PSEUDONYM_KEY": "another secret"})
    assert "mapped/orders" in outdated(other.site, other.site.lake.log.head())
    with pytest.raises(UserError, match="is not the key that the pseudonyms of shop 'mine' were made with"):
        to_silver(other)
    assert rows_of(to_silver(with_key), "silver/customers", "customer_id") == before


def test_the_pseudonym_key_is_not_shown(shop: MappedShop) -> None:
    with_key = MappedShop(shop.folder, environment={"ECOM_LAKE_PSEUDONYM_KEY": "first secret"})
    assert "first secret" not in f"{with_key.settings!r} {with_key.site!r}"


WHOLE_ORDERS = MAP.replace('names = ["lines*"]', 'names = ["lines*"]\nwhole = "order"')


def test_an_order_that_comes_again_comes_with_all_its_lines(shop: MappedShop) -> None:
    shop.write(WHOLE_ORDERS)
    to_silver(shop)
    shop.land("lines-2.csv", lines("A1,1,x,11.00"))
    site = to_silver(shop)
    prices = [
        (order, line, float(price))
        for order, line, price in rows_of(site, "silver/order_items", "order_id", "line", "unit_price")
    ]
    assert prices == [("A1", 1, 11.0), ("A2", 1, 10.0)]
    assert fates(site, "order_items") == {"published": 2, "superseded": 2, "quarantined": 2, "pending": 1}


SHEET = """
[files.sheet]
names = ["sheet*"]
whole = "order"

[orders]
from = "sheet"
per = "number"
order_id = "number"
customer_id = "customer"
ordered_at = "placed"

[payments]
from = "sheet"
where = "paid <> '0'"
order_id = "number"
sequence = "1"
amount = "paid"
"""


def sheet(*rows: str) -> str:
    return "\n".join(["number,customer,placed,paid", *rows]) + "\n"


def test_an_order_that_comes_again_without_payments_has_none(tmp_path: Path) -> None:
    """The new version left out every payment: only the order itself shows that the earlier ones are superseded."""
    shop = a_mapped_shop(tmp_path, SHEET)
    shop.land("sheet-1.csv", sheet("A1,ann,2024-01-05,10", "A2,ann,2024-01-05,7"))
    to_silver(shop, "orders", "payments")
    shop.land("sheet-2.csv", sheet("A1,ann,2024-01-05,0"))
    site = to_silver(shop, "orders", "payments")
    assert rows_of(site, "silver/payments", "order_id", "source_sequence") == [("A2", 1)]
    assert fates(site, "payments") == {"published": 1, "superseded": 1, "left_out": 1}


WHOLE_FILES = MAP.replace('names = ["lines*"]', 'names = ["lines*"]\nwhole = "file"')


def test_a_whole_file_supersedes_what_it_does_not_contain(shop: MappedShop) -> None:
    """Of the rows that it contains as before, the earlier delivery stays the source."""
    shop.write(WHOLE_FILES)
    to_silver(shop)
    january = silver_files(shop.site, "order_items")["month=2024-01"]
    shop.land("lines-2.csv", lines("A3,1,z,7", "A1,1,x,10.00", "A1,2,y,5.00", "A2,1,x,10"))
    site = to_silver(shop)
    assert rows_of(site, "silver/order_items", "order_id", "line", "source_sequence", "source_record") == [
        ("A1", 1, 1, 1),
        ("A1", 2, 1, 2),
        ("A2", 1, 1, 3),
        ("A3", 1, 3, 1),
    ]
    assert silver_files(site, "order_items")["month=2024-01"] == january
    assert fates(site, "order_items") == {"published": 4, "collapsed": 3, "superseded": 3}


def test_equal_rows_of_a_whole_file_are_compared_one_by_one(tmp_path: Path) -> None:
    shop = a_mapped_shop(tmp_path, WHOLE_FILES)
    shop.land("sales-1.csv", SALES)
    for number, rows in enumerate((["A1,1,x,1"] * 3, ["A1,1,x,1"] * 2, ["A1,1,x,1"] * 4)):
        shop.land(f"lines-{number}.csv", lines(*rows))
        site = to_silver(shop)
    assert rows_of(site, "mapped/order_items", "source_sequence", "source_record") == [(1, 1), (1, 2), (4, 3), (4, 4)]
    assert fates(site, "order_items") == {"published": 1, "superseded": 1 + 3, "collapsed": 2 + 2}


def silver_files(site: Site, table: str) -> dict[str, str]:
    return {str(part): file.path for part, file in site.lake.log.head().parts(TableId("silver", table)).items()}


def warnings(site: Site, table: str) -> list[str]:
    parts = site.lake.log.head().parts(TableId("mapped", table))
    found = checks_of(site, site.lake.log.head(), TableId("mapped", table), parts)
    return [check.says for check in found if not check.passed]


def test_values_that_no_word_list_has_are_reported(shop: MappedShop) -> None:
    site = to_silver(shop)
    assert warnings(site, "orders") == ["[words.status] of the map does not list 'odd' (1 row)."]
    shop.land("sales-2.csv", sales("A6,ann,2024-01-05,odd,Rome,", "A7,ann,2024-01-05,<b>,Rome,"))
    assert warnings(to_silver(shop), "orders") == ["[words.status] of the map does not list 'odd' (2 rows), '<b>' (1 row)."]
    shop.write(MAP.replace('gone = "canceled"', 'gone = "canceled"\nodd = "shipped"\n"<b>" = "shipped"'))
    assert warnings(to_silver(shop), "orders") == []


def test_the_checks_of_a_map_are_reported(shop: MappedShop) -> None:
    check = '[[checks]]\nfile = "lines"\nholds = "num(price) >= 5"\nsays = "Nothing is cheaper than 5."\n'
    shop.write(MAP + check)
    expected = "3 records failed the check of the map: Nothing is cheaper than 5."
    assert warnings(to_silver(shop), "order_items") == [expected]
    shop.land("sales-2.csv", sales("A6,ann,2024-01-05,paid,Rome,"))
    assert warnings(to_silver(shop), "order_items") == [expected]


def test_records_that_only_a_check_reads_are_reported(shop: MappedShop) -> None:
    check = '[files.stock]\n[[checks]]\nfile = "stock"\nholds = "pieces is not null"\nsays = "Pieces are stated."\n'
    shop.write(MAP + check)
    shop.land("stock-1.csv", "pieces,warehouse\n1,a\n2,b\n")
    site = to_silver(shop)
    assert "The map reads 2 records of stock as no table." in warnings(site, "orders")
    (stock,) = [one for one in readings(site, site.lake.log.head()) if one.kind == "stock"]
    assert (stock.rows, stock.fates) == (2, (("stock", 3, "left_out", 2),))


def test_an_interrupted_step_changes_nothing_and_the_next_one_continues(
    shop: MappedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted before each of its writes, the commit included; garbage collection removes what it left."""
    to_silver(shop)
    shop.land("sales-2.csv", sales("A6,ann,2024-01-05,paid,Rome,"))
    shop.land("lines-2.csv", lines("A6,1,z,7"))
    ingest(shop.site)
    before, publish, interrupted = shop.site.lake.log.head(), Lake.publish, 0
    for writes in range(4):
        written = iter(range(writes))

        def interrupt(*arguments: Any, written: Iterator[int] = written) -> File:
            if next(written, None) is None:
                raise KeyboardInterrupt
            return publish(*arguments)

        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            patch.setattr(Lake, "publish", interrupt)
            patch.setattr(Log, "commit", interrupt)
            make_mapped(shop.site)
        interrupted += shop.site.lake.log.head() == before
    assert interrupted == 4
    site = to_silver(shop)
    assert fates(site, "orders") == {"published": 4, "quarantined": 1, "left_out": 1}
    collect_garbage(site, find_garbage(site, timedelta(0)))
    head = site.lake.log.head()
    stored = {info.path.removeprefix("mine/") for info in site.lake.store.list("mine/_store/mapped")}
    assert stored == {file.path for table, parts in head.tables.items() if table.layer == "mapped" for file in parts.values()}
    assert not [table for table in outdated(site, head) if table.startswith("mapped/")]


STOCK = """
[files.stock]
names = ["stock*"]
whole = "file"

[lookups.shelf]
on = "sku"
sql = "select sku, sum(num(units)) as units from stock group by sku"

[order_items]
from = "lines"
join = { shelf = "sku" }
order_id = "number"
line = "position"
product_id = "sku"
unit_price = "price"
quantity = "shelf.units"
"""


def test_a_lookup_reads_the_newest_of_whole_files(tmp_path: Path) -> None:
    """Three nights of 5 units are 5 units, and a product that left the file is found no more; also from scratch."""
    shop = a_mapped_shop(tmp_path, MAP.partition("[order_items]")[0] + STOCK)
    shop.land("sales-1.csv", SALES)
    shop.land("lines-1.csv", lines("A1,1,x,10.00", "A1,2,y,5.00"))
    found = []
    for night, more in enumerate(("y,1", "y,2", "z,3")):
        shop.land(f"stock-{night}.csv", f"sku,units\nx,2\nx,3\n{more}\n")
        site = shop.site
        ingest(site)
        make_mapped(site)
        found.append(rows_of(site, "mapped/order_items", "product_id", "quantity"))
    assert found == [[("x", "5"), ("y", "1")], [("x", "5"), ("y", "2")], [("x", "5"), ("y", None)]]
    made = [file.content for file in shop.site.lake.log.head().parts(TableId("mapped", "order_items")).values()]
    make_mapped(replace(shop.site, full=True))
    assert [file.content for file in shop.site.lake.log.head().parts(TableId("mapped", "order_items")).values()] == made


TWO_LOOKUPS = """
[files.prices]
names = ["prices*"]

[files.names]
names = ["names*"]

[lookups.price]
from = "prices"
on = "sku"

[lookups.name]
from = "names"
on = "sku"

[order_items]
from = "lines"
join = { price = "sku", name = "sku" }
order_id = "number"
line = "position"
product_id = "coalesce(name.called, sku)"
unit_price = "price.amount"
"""


def test_a_changed_row_of_one_of_two_lookups_maps_only_what_looks_it_up(tmp_path: Path) -> None:
    shop = a_mapped_shop(tmp_path, MAP.partition("[order_items]")[0] + TWO_LOOKUPS)
    shop.land("sales-1.csv", SALES)
    shop.land("lines-1.csv", lines("A1,1,x,"))
    shop.land("lines-2.csv", lines("A1,2,y,"))
    shop.land("names-1.csv", "sku,called\nx,mug\n")
    shop.land("prices-1.csv", "sku,amount\nx,1\ny,2\n")
    ingest(shop.site)
    make_mapped(shop.site)
    shop.land("prices-2.csv", "sku,amount\ny,3\n")
    site = shop.site
    ingest(site)
    facet = next(facet for facet in facets_of(site, "order_items"))
    assert [file.delivery.file for file in find_due(site, site.lake.log.head(), facet).looked_up.values() if file.delivery] == [
        "lines-2.csv"
    ]


def test_a_mapped_table_is_due_exactly_when_the_code_that_makes_it_changes(
    shop: MappedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = shop.site
    ingest(site)
    make_mapped(site)
    assert is_current(site, site.lake.log.head(), "orders")
    read, closure = Path.read_bytes, import_closure(MADE_BY)
    due = set()
    try:
        for path in (path for path in sorted(PACKAGE.rglob("*.py")) if path in closure or path.parent.name == "mapped"):
            monkeypatch.setattr(
                code_version, "_read", lambda one, path=path: read(one) + (b"\nchanged = 1\n" if one == path else b"")
            )
            code_version.code_version.cache_clear()
            code_version._source.cache_clear()
            if not is_current(site, site.lake.log.head(), "orders"):
                due.add(path)
    finally:
        monkeypatch.undo()
        code_version.code_version.cache_clear()
        code_version._source.cache_clear()
    assert due == set(closure)
    here = {"make_mapped", "running", "whole_files", "part_files", "due_deliveries"}
    assert here <= {path.stem for path in closure if path.parent.name == "mapped"}
    assert {"delivered_rows", "run_facet", "compiled"} <= {path.stem for path in closure}


def test_every_file_that_runs_while_a_mapped_table_is_made_is_in_its_closure(shop: MappedShop) -> None:
    site = shop.site
    ingest(site)
    known = {*import_closure(MADE_BY), *PLANNING}
    assert {path for path in run_by(partial(make_mapped, site)) if path not in known and not is_cut(path)} == set()
