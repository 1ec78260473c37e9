"""The ledger that `map --check` predicts is that of the build, whatever a delivery replaces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ecom_lake.cli.map_trial import connector_for
from ecom_lake.engine.build.map_check import read_files_of, try_map
from ecom_lake.engine.build.mapped.facets import map_of, mapped_targets
from ecom_lake_tests.builders.mapped_shop import MAP, MappedShop, a_mapped_shop, lines, sales
from ecom_lake_tests.engine.build.mapped.test_make_mapped import (
    SHEET,
    STOCK,
    WHOLE_FILES,
    WHOLE_ORDERS,
    fates,
    sheet,
    to_silver,
)

FATES = {"published", "quarantined", "superseded", "pending", "collapsed", "left_out"}
SALES = {"sales.csv": sales("A1,ann,2024-01-05,paid,Rome,", "A2,bob,2024-01-06,gone,Oslo,", "A3,ann,2024-02-01,odd,Rome,test")}
LINES = {
    "lines-1.csv": lines("A1,1,x,10.00", "A1,2,y,5.00", "A2,1,x,oops", "A9,1,x,2"),
    "lines-2.csv": lines("A1,1,x,10.00", "A2,1,x,9"),
    "lines-3.csv": lines("A1,1,x,11.00", "A2,1,x,9"),
}
"""The second line of A1 is in the first file only; its first line has another price in the last one."""
AGAIN = {"lines-4.csv": LINES["lines-3.csv"]}
EMPTIED = {
    "lines-1.csv": lines("A1,1,x,10.00", "A2,1,x,9"),
    "lines-2.csv": lines(),
    "lines-3.csv": lines("A1,1,x,10.00", "A2,1,x,9", "A1,2,y,5.00"),
}
SHEETS = {
    "sheet-1.csv": sheet("A1,ann,2024-01-05,10", "A2,ann,2024-01-05,7"),
    "sheet-2.csv": sheet("A1,ann,2024-01-05,0"),
    "sheet-3.csv": sheet("A2,ann,2024-01-05,8", "A2,ann,2024-01-05,9"),
}
STOCKS = {"stock-1.csv": "sku,units\nx,2\ny,4\n", "stock-2.csv": "sku,units\nx,3\n"}
EMPTY_STOCK = {"stock-3.csv": "sku,units\n"}
IN_STOCK = MAP.partition("[order_items]")[0] + STOCK.replace("order_id", 'where = "shelf.units is not null"\norder_id', 1)
SOLD = '\n[lookups.sold]\nfrom = "sales"\non = "number"\n\n[order_items]\njoin = { sold = "number" }'
LOOKED_UP = WHOLE_ORDERS.replace("\n[order_items]", SOLD).replace(
    'order_id = "number"\nline', 'order_id = "coalesce(sold.number, number)"\nline'
)


def predicted(shop: MappedShop) -> dict[str, dict[str, int]]:
    map_ = map_of(shop.site)
    files = read_files_of(map_, ((file.name, file) for file in sorted(shop.landing.iterdir())))
    trial = try_map(map_, files, connector_for((shop.folder / "maps/mine.toml").read_text("utf-8")), "UTC")
    found = {}
    for facet in trial.facets:
        rows = {fate: getattr(facet, "refused" if fate == "quarantined" else fate) for fate in FATES}
        assert facet.delivered == sum(rows.values())
        found[facet.facet.target] = {fate: number for fate, number in rows.items() if number}
    return found


@pytest.mark.parametrize(
    ("map_", "files", "table", "ledger"),
    [
        (MAP, SALES | LINES, "order_items", {"published": 3, "superseded": 3, "quarantined": 1, "pending": 1}),
        (WHOLE_ORDERS, SALES | LINES, "order_items", {"published": 2, "superseded": 5, "pending": 1}),
        (LOOKED_UP, SALES | LINES, "order_items", {"published": 3, "superseded": 3, "quarantined": 1, "pending": 1}),
        (WHOLE_FILES, SALES | LINES, "order_items", {"published": 2, "superseded": 4, "collapsed": 2}),
        (MAP, SALES | LINES | AGAIN, "order_items", {"published": 3, "superseded": 3, "quarantined": 1, "pending": 1}),
        (WHOLE_FILES, SALES | EMPTIED, "order_items", {"published": 3, "superseded": 2}),
        (SHEET, SHEETS, "payments", {"published": 1, "superseded": 3, "left_out": 1}),
        (
            IN_STOCK,
            SALES | LINES | STOCKS,
            "order_items",
            {"published": 2, "superseded": 3, "left_out": 1, "pending": 1, "quarantined": 1},
        ),
        (IN_STOCK, SALES | LINES | STOCKS | EMPTY_STOCK, "order_items", {"left_out": 8}),
    ],
    ids=[
        "rows",
        "whole orders",
        "whole orders that are looked up",
        "whole files",
        "a file that comes twice",
        "whole files, one of them without rows",
        "an order without lines",
        "the newest of whole files is looked up",
        "the newest of whole files has no rows",
    ],
)
def test_the_predicted_ledger_is_that_of_the_build(
    tmp_path: Path, map_: str, files: Mapping[str, str], table: str, ledger: Mapping[str, int]
) -> None:
    shop = a_mapped_shop(tmp_path, map_)
    for name, text in files.items():
        shop.land(name, text)
    found = predicted(shop)
    site = to_silver(shop, *mapped_targets(shop.site))
    assert found[table] == ledger
    assert found == {target: fates(site, target) for target in mapped_targets(site)}
