"""Unknown values of the order status: their orders count as sales, so the build and `status` list them."""

from __future__ import annotations

from itertools import count, cycle
from pathlib import Path

import pytest

from ecom_lake.cli import main
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.serve.status import status_of
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.engine.build.silver.test_make_silver import build


@pytest.fixture
def shop(tmp_path: Path) -> CanonicalShop:
    made = CanonicalShop(tmp_path)
    made.say()
    return made


def land(shop: CanonicalShop, *statuses: str, is_valid: str = "", months: tuple[int, ...] = (1,)) -> None:
    """One order for each status, in these months in turn; the first one costs 1.00, the second 2.00."""
    placed = zip(count(1), statuses, cycle(months), strict=False)
    orders = [f"o{n},ana,2024-{month:02}-02,{status},{is_valid}" for n, status, month in placed]
    shop.land("orders.csv", "\n".join(["order_id,customer_id,ordered_at,status,is_valid", *orders, ""]))
    lines = [f"o{n},1,p1,{n}" for n, _ in enumerate(statuses, 1)]
    shop.land("order_items.csv", "\n".join(["order_id,line,product_id,unit_price", *lines, ""]))


def correct(shop: CanonicalShop, order: int, status: str, month: int) -> None:
    """A later delivery with one of the orders."""
    shop.land("orders.csv", f"order_id,customer_id,ordered_at,status\no{order},ana,2024-{month:02}-02,{status}\n")


def made_orders(site: Site) -> Outcome:
    for table in ("data_availability", "dim_product", "fct_sales", "repeat_orders"):
        make_gold(site, table)
    [outcome] = make_gold(site, "fct_orders")
    return outcome


def check_of(site: Site, *made: str) -> Check:
    """The check of the statuses; asserts which months are made, if any are named."""
    outcome = made_orders(site)
    assert not made or made == tuple(part.month for part in outcome.written)
    [found] = [check for check in outcome.checks if check.name == "status_known"]
    return found


def test_sales_of_unknown_statuses_are_listed_most_net_sales_first(shop: CanonicalShop) -> None:
    land(shop, "Refunded", "delivered", "Cancelled", "on hold", "Refunded", "unknown", "", "In-Transit", "on hold")
    build(shop.site)
    found = check_of(shop.site)
    assert (found.passed, found.severity) == (False, "warn")
    assert found.says == (
        "4 orders failed the rule status_known: A valid order has a known status. "
        "Orders with an unknown status count as sales: where nothing was sold, "
        "export the status as canceled. By source_status: 'on hold' (2 orders, net sales 13.00); "
        "'Refunded' (2 orders, net sales 6.00)."
    )
    assert check_of(shop.site).says == found.says, "an unchanged table lists them again"
    assert status_of(shop.site).warnings == (found.says,)


def test_of_many_unknown_values_the_rest_is_summed_up_and_control_characters_are_escaped(shop: CanonicalShop) -> None:
    land(shop, *(f"word {n}" for n in range(11)), "\x1b[31m" + "x" * 99, "word 0")
    build(shop.site)
    says = check_of(shop.site).says
    assert (
        "By source_status: 'word 0' (2 orders, net sales 14.00); '\\x1b[31m" + "x" * 32 + "' (1 order, net sales 12.00); " in says
    )
    assert says.endswith("'word 3' (1 order, net sales 4.00); 2 more values (2 orders, net sales 5.00).")


def test_a_build_of_one_month_lists_the_statuses_of_all_months(shop: CanonicalShop) -> None:
    land(shop, "on hold", "refunded", "refunded", months=(1, 2))
    build(shop.site)
    check_of(shop.site, "2024-01", "2024-02", "2024-03")
    correct(shop, 2, "lost", month=2)
    build(shop.site)
    made = check_of(shop.site, "2024-02")
    listed = "'refunded' (1 order, net sales 3.00); 'lost' (1 order, net sales 2.00); 'on hold' (1 order, net sales 1.00)."
    assert made.says.startswith("3 orders failed the rule status_known: ")
    assert made.says.endswith(f"By source_status: {listed}")
    [evidence] = made.evidence
    assert evidence["rows"] == 3
    assert "'status': 'unknown'" in evidence["example"]
    correct(shop, 2, "delivered", month=2)
    build(shop.site)
    made = check_of(shop.site, "2024-02")
    assert made.says.startswith("2 orders failed the rule status_known: "), "no order of the month that was made fails it"
    assert status_of(shop.site).warnings == (made.says,)


def test_known_statuses_and_invalid_orders_cause_no_warning(shop: CanonicalShop) -> None:
    land(shop, "Delivered", "in transit", "CANCELED", "unavailable", "unknown", "")
    build(shop.site)
    assert check_of(shop.site).passed
    assert status_of(shop.site).warnings == ()
    land(shop, "refunded", is_valid="no")
    build(shop.site)
    assert check_of(shop.site).passed


def test_the_status_on_a_terminal_shows_the_words_and_the_columns_that_no_table_reads(
    shop: CanonicalShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    land(shop, "refunded")
    shop.land("products.csv", "product_id,product_name\np1,Lamp\n")
    build(shop.site)
    check_of(shop.site)
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(shop.config))
    main(["status", "--shop", "mine", "--root", str(shop.root)])
    printed = " ".join(capsys.readouterr().out.split())
    assert "By source_status: 'refunded' (1 order, net sales 1.00)." in printed
    assert "products.csv has the column product_name, which no table reads" in printed
