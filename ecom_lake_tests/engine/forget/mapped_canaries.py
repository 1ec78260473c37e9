"""Shops with a map of the package, with one person in every place where a source file can hold her.

Ann has two orders; everything of her is a canary: a text that occurs nowhere else. Bob stays. Their second orders come in
other files.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.settings import load
from ecom_lake_tests.builders.few_tables import with_few_tables
from ecom_lake_tests.builders.forgotten import KEY

Files = Mapping[str, bytes]
TABLES = ("ledger", "fct_orders", "fct_sales")


@dataclass(frozen=True)
class Shape:
    """A shop of one map: its files, and what only Ann's rows have."""

    map: str
    person: str
    """Ann's id as a user would write it."""
    canaries: tuple[str, ...]
    files: Files
    setting: str = 'first_month = "2017-01"\nlast_month = "2017-12"'

    def land(self, root: Path, again: str = "") -> None:
        landing = root / "mine" / "landing" / again
        landing.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (landing / name).write_bytes(data)

    def site(self, root: Path) -> Site:
        """The shop with the few gold tables that state its totals."""
        config = root.parent / f"{root.name}.toml"
        config.write_text(f'[shops.mine]\nmap = "{self.map}"\n{self.setting}\n', "utf-8")
        keys = {"ECOM_LAKE_PSEUDONYM_KEY": "a pseudonym key", "ECOM_LAKE_ERASURE_KEY": KEY.decode()}
        return with_few_tables(open_site(load(str(root), {"ECOM_LAKE_CONFIG": str(config), **keys}), "mine"), TABLES)


@dataclass(frozen=True)
class Totals:
    orders: int
    sales: Decimal
    customers: int


def totals(site: Site) -> Totals:
    sales = rows(site, "fct_sales")["net_sales"].sum()
    assert isinstance(sales, Decimal)
    return Totals(len(rows(site, "fct_orders")), sales, rows(site, "fct_orders")["customer_id"].n_unique())


def rows(site: Site, table: str) -> pl.DataFrame:
    released = site.lake.log.released()
    assert released is not None
    return pl.concat([pl.read_parquet(path, glob=False) for path in site.lake.paths(released, TableId("gold", table))])


def csv_text(rows_: Sequence[Mapping[str, str]], more: str = "") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows_ for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows_)
    return (text.getvalue() + more).encode()


# ---------------------------------------------------------------------------------------------- a wide sheet: Shopify


def _shopify(name: str, email: str, created: str, price: str, **more: str) -> dict[str, str]:
    """The first line of an order; its amounts are on it."""
    there = {"Name": name, "Email": email, "Financial Status": "paid", "Paid at": created, "Fulfillment Status": "fulfilled"}
    there |= {
        "Fulfilled at": created,
        "Shipping": "2.00",
        "Taxes": "1.00",
        "Total": price,
        "Discount Code": "",
        "Created at": created,
    }
    there |= {"Discount Amount": "0.00", "Lineitem quantity": "1", "Lineitem name": "lamp", "Lineitem price": price}
    there |= {"Lineitem sku": "L-1", "Shipping City": "Rome", "Shipping Zip": "'00100", "Shipping Province": "RM"}
    there |= {"Billing Name": "", "Billing Phone": "", "Notes": "", "Refunded Amount": "0.00", "Tags": ""}
    return there | more


def _line(name: str, created: str, price: str) -> dict[str, str]:
    """A further line of an order: everything of the order is empty, the email too."""
    empty = dict.fromkeys(_shopify(name, "", created, price), "")
    return {
        **empty,
        "Name": name,
        "Created at": created,
        "Lineitem quantity": "2",
        "Lineitem name": "bulb",
        "Lineitem price": price,
    }


_OF_ANN = {
    "Billing Name": "Ann of Canary",
    "Billing Phone": "5550123555",
    "Notes": "note-of-ann",
    "Tags": "tag-of-ann",
    "Shipping City": "villa-of-ann",
    "Shipping Zip": "'9999999",
    "Discount Code": "code-of-ann",
}

SHOPIFY = Shape(
    "shopify",
    "ANN@canary.example",
    (
        *("ann@canary.example", "Ann@Canary.Example", "ANN@CANARY.example", "#7700001", "#7700002", "#7700003"),
        *("Ann of Canary", "5550123555", "note-of-ann", "tag-of-ann", "villa-of-ann", "9999999", "code-of-ann"),
    ),
    {
        "orders_export.csv": csv_text(
            [
                _shopify("#1", "bob@shop.example", "2017-01-10 10:00:00 +0000", "10.00"),
                _shopify("#7700001", "Ann@Canary.Example", "2017-01-11 10:00:00 +0000", "20.00", **_OF_ANN),
                _line("#7700001", "2017-01-11 10:00:00 +0000", "3.00"),
                _shopify("#7700003", "ann@canary.example", "2031-01-11 10:00:00 +0000", "99.00", **_OF_ANN),
            ]
        ),
        "orders_export_2.csv.gz": gzip.compress(
            csv_text(
                [
                    _shopify("#2", "bob@shop.example", "2017-02-10 10:00:00 +0000", "7.00"),
                    _shopify("#7700002", "ann@canary.example", "2017-02-11 10:00:00 +0000", "30.00", **_OF_ANN),
                ]
            ),
            mtime=0,
        ),
    },
)
"""Bob's orders of 10 and 7, Ann's of 20 + 2 × 3 and 30; Ann's third order is out of range."""


# -------------------------------------------------------------------------------------------------------- four tables


def _detail(order: str, customer: str, date: str, price: str, is_valid: str = "1") -> dict[str, str]:
    there = {"id": order, "customer_id": customer, "order_date": date, "sku_id": "S1", "price": price, "qty_ordered": "1"}
    there |= {"before_discount": price, "discount_amount": "0", "after_discount": price, "is_gross": "1", "is_valid": is_valid}
    return there | {"is_net": is_valid, "payment_id": "1", "remark": "remark-of-ann" if customer == "CANNCANARY" else ""}


FOUR_TABLES = Shape(
    "four_tables",
    "CANNCANARY",
    ("CANNCANARY", "ORDER-ONE-OF-ANN", "ORDER-TWO-OF-ANN", "ORDER-NOT-PAID-OF-ANN", "ann@canary.example", "remark-of-ann"),
    {
        "customer_detail.csv": csv_text(
            [
                {"id": "CBOB", "registered_date": "2017-01-01", "email": "bob@shop.example"},
                {"id": "CANNCANARY", "registered_date": "2017-01-02", "email": "ann@canary.example"},
            ],
            "CANNCANARY\n",
        ),
        "order_detail.csv": csv_text(
            [
                _detail("O1", "CBOB", "2017-01-10", "10"),
                _detail("ORDER-ONE-OF-ANN", "CANNCANARY", "2017-01-11", "20"),
                _detail("ORDER-ONE-OF-ANN", "CANNCANARY", "2017-01-11", "6"),
                _detail("ORDER-NOT-PAID-OF-ANN", "CANNCANARY", "2017-01-12", "99", is_valid="0"),
            ]
        ),
        "sku_detail.csv": csv_text([{"id": "S1", "sku_name": "lamp", "category": "light"}]),
        "payment_detail.csv": csv_text([{"id": "1", "payment_method": "card"}]),
        "order_detail_2.csv": csv_text([_detail("O2", "CBOB", "2017-02-10", "7")]),
        "order_detail_3.csv": csv_text([_detail("ORDER-TWO-OF-ANN", "CANNCANARY", "2017-02-11", "30")]),
    },
)
"""The same orders; the third one of Ann, of 99, was not paid, so that its line is left out of the payments."""

BOTH = {"shopify": Totals(4, Decimal("73.00"), 2), "four_tables": Totals(5, Decimal("172.00"), 2)}

WITHOUT_ANN = Totals(2, Decimal("17.00"), 1)
