"""Nights of a shop with a map: the same tables as from all deliveries at once, and one fate of every row."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from ecom_lake.engine.build.bronze import merging
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.mapped.readings import readings
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.step.watched import Step
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.lake import Lake
from ecom_lake_tests.builders.mapped_shop import MappedShop, lines, sales

TABLES = ("orders", "order_items", "customers")
DERIVED = ("mapped", "silver", "quarantine", "pending")
VERSIONS = ("rows", "order", "file")
MAP = """
[files.sales]
names = ["sales*"]
whole = "{sales}"

[files.lines]
names = ["lines*"]
whole = "{lines}"

[files.catalog]
names = ["catalog*"]

[orders]
from = "sales"
per = "number"
order_id = "number"
customer_id = "customer"
ordered_at = "placed"

[order_items]
from = "lines"
join = {{ catalog = "sku" }}
where = "position <> '9'"
order_id = "number"
line = "position"
product_id = "sku"
unit_price = "coalesce(price, catalog.list_price)"

[customers]
from = "sales"
per = "customer"
customer_id = "customer"
city = "town"

[lookups.catalog]
from = "catalog"
on = "sku"
"""


def a_night(random: Random) -> dict[str, str]:
    """New versions of few orders, lines before and after their order, lines without one, lines without a price, prices."""
    number = partial(random.randint, 1, 5)
    day = partial(random.choice, ("2024-01-10", "2024-02-10", "2024-03-10", "2023-01-01", "soon"))

    def sale() -> str:
        return f"A{number()},c{number()},{day()},paid,{random.choice(('Rome', 'Oslo'))},x"

    def line() -> str:
        return f"A{number()},{random.choice('1129')},p{random.randint(1, 3)},{random.choice(('', '', '5.00', 'x'))}"

    texts = {
        "sales": sales(*(sale() for _ in range(random.randint(1, 3)))),
        "lines": lines(*(line() for _ in range(random.randint(1, 4)))),
        "catalog": f"sku,list_price\np{random.randint(1, 3)},{random.choice(('7.00', '8.00', ''))}\n",
    }
    return {name: text for name, text in texts.items() if random.random() < 0.6}


def build(site: Site, random: Random | None = None) -> bool:
    """Runs the steps; with a generator of random numbers, some runs stop in between. Returns whether all steps ran."""
    steps: list[Step] = [partial(make_mapped, site), partial(make_order_index, site)]
    steps += [partial(make_silver, site, table) for table in TABLES]
    stop = random.randint(0, len(steps)) if random and random.random() < 0.25 else len(steps)
    for step in steps[:stop]:
        made = step()
        outcomes = made if isinstance(made, list) else [made]
        assert [check.says for outcome in outcomes for check in outcome.checks if check.blocks] == []
    return stop == len(steps)


def state(site: Site) -> dict[str, tuple[object, ...]]:
    """The rows of the mapped files, the bytes of the others, and the fates that they record.

    Rebuilt mapped rows may be in other files together with other deliveries."""

    def known(table: TableId, file: File) -> tuple[object, ...]:
        recorded = (file.rows, file.fates, file.inputs if table.layer in ("mapped", "silver") else None)
        return (file.content if table.layer == "mapped" else file.hash, *recorded)

    tables = {table: parts for table, parts in site.lake.log.head().tables.items() if table.layer in DERIVED}
    return {f"{table}/{part}": known(table, file) for table, parts in tables.items() for part, file in parts.items()}


def built_from_nothing(site: Site, folder: Path) -> Site:
    """A copy of the lake in which everything is made from bronze alone."""
    shutil.copytree(site.lake.store.local(""), folder)
    copy = replace(site, lake=Lake(str(folder), "mine"))
    for table in [table for table in copy.lake.log.head().tables if table.layer in DERIVED]:
        nothing = dict.fromkeys(copy.lake.log.head().parts(table))
        copy.lake.log.commit(partial(Entry.with_parts, table=table, parts=nothing), "", "")
    build(copy)
    return copy


def assert_every_row_is_accounted_for(site: Site) -> None:
    head, placed = site.lake.log.head(), Counter[tuple[str, int]]()
    found = list(readings(site, head))
    silver = [file.fates for table, parts in head.tables.items() if table.layer == "silver" for file in parts.values()]
    for source, sequence, _, rows in (fate for fates in [*silver, *(one.fates for one in found)] for fate in fates):
        placed[source, sequence] += rows
    delivered = {(one.read_as, one.delivered.delivery.sequence): one.rows for one in found if one.delivered.delivery and one.rows}
    assert +placed == delivered


@pytest.mark.parametrize("seed", range(9))
def test_nights_give_the_same_tables_as_one_build_of_all_deliveries(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every combination of what a delivery of either kind is. Small files are merged early, so that these nights see it."""
    monkeypatch.setattr(merging, "_MANY", 3)
    random, compared = Random(seed), 0
    (tmp_path / "nightly").mkdir()
    shop = MappedShop(tmp_path / "nightly")
    shop.write(MAP.format(sales=VERSIONS[seed % 3], lines=VERSIONS[seed // 3]))
    shop.land("0/sales.csv", sales("A1,c1,2024-01-10,paid,Rome,x"))
    shop.land("0/lines.csv", lines("A1,1,p1,"))
    for number in range(1, 6):
        for name, text in a_night(random).items():
            shop.land(f"{number}/{name}.csv", text)
        site = shop.site
        ingest(site)
        if build(site, random):
            assert state(site) == state(built_from_nothing(site, tmp_path / str(number)))
            assert_every_row_is_accounted_for(site)
            compared += 1
    assert compared > 1
