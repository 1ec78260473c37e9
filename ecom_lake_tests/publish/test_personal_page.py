"""The page of personal data is up to date with the marks of the contracts."""

from __future__ import annotations

from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.publish.personal_page import columns_table, in_page
from ecom_lake.shop.domain import SHOP
from ecom_lake_tests.project import PROJECT

PAGE = PROJECT / "docs/personal-data.md"


def test_the_page_is_generated_from_the_contracts() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("personal columns: made by") == text.count("end of personal columns") == 1
    assert in_page(text, Registry(SHOP)) == text, "run `make snapshot`, and look at the difference"


def test_it_lists_every_personal_column_with_its_tables() -> None:
    registry = Registry(SHOP)
    lines = {line.split("`")[1]: line for line in columns_table(registry).splitlines() if line.startswith("| `")}
    for table in (*registry.silver.values(), *registry.gold.values()):
        for column in table.columns.values():
            assert (table.name in lines.get(column.name, "")) >= bool(column.personal), (table.name, column.name)
    assert "net_sales" not in lines
    assert "reviews" in lines["comment"]
