"""A shop of the Olist kind with one person in every place where a delivered row can be, and the lake's bytes searched for them.

Ann has two orders under two aliases; everything of her is a canary: a text that occurs nowhere else. Bob and Cem stay.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import Site
from ecom_lake_tests.builders.few_tables import with_few_tables
from ecom_lake_tests.builders.olist_files import a_site, customer, item, land, order, payment

KEY = b"a secret that is long enough"
ANN = "person-of-ann"
CANARIES = (
    ANN,
    "alias-one-of-ann",
    "alias-two-of-ann",
    "order-one-of-ann",
    "order-two-of-ann",
    "order-out-of-range-of-ann",
    "review-of-ann",
    "ann-loves-it",
    "ann-writes-again",
    "villa-of-ann",
    "99999",
)
"""Ids, texts and places that only Ann's rows have."""


def site_with_key(root: Path | str) -> Site:
    """The shop with the gold tables of a few areas only, a model among them: a build of all of them takes half a minute."""
    return with_few_tables(replace(a_site(Path(root)), erasure_key=KEY), ("ledger", "customer_segments", "rfm"))


def ann_alias(which: str) -> dict[str, str]:
    return {
        **customer(0, ANN, customer_zip_code_prefix="99999", customer_city="villa-of-ann"),
        "customer_id": f"alias-{which}-of-ann",
    }


def ann_order(which: str, at: str = "2017-01-11 10:00:00", alias: str | None = None) -> dict[str, str]:
    return {**order(0, at), "order_id": f"order-{which}-of-ann", "customer_id": f"alias-{alias or which}-of-ann"}


def of_order(row: dict[str, str] | object, which: str) -> dict[str, str]:
    assert isinstance(row, dict)
    return {**row, "order_id": f"order-{which}-of-ann"}


def review(order_id: str, review_id: str, comment: str) -> dict[str, str]:
    return {"review_id": review_id, "order_id": order_id, "review_score": "5", "review_comment_message": comment}


def land_first_night(site: Site) -> None:
    """Good rows, a malformed record, a quarantined order with its lines, and a pending line."""
    land(site, "customers.csv", "customers", [customer(1), ann_alias("one"), customer(2)])
    orders = land(
        site, "orders.csv", "orders", [order(1), ann_order("one"), ann_order("out-of-range", "2031-01-01 00:00:00", "one")]
    )
    with orders.open("a", encoding="utf-8") as file:
        file.write("order-malformed,alias-one-of-ann,delivered\n")
    land(
        site,
        "order_items.csv",
        "order_items",
        [item(1), of_order(item(0, "20.00"), "one"), of_order(item(0), "out-of-range"), of_order(item(0, "5.00"), "two")],
    )
    land(site, "order_payments.csv", "order_payments", [payment(1), of_order(payment(0, "21.00"), "one")])
    land(site, "order_reviews.csv", "order_reviews", [review("order-one-of-ann", "review-of-ann", "ann-loves-it")])
    land(site, "products.csv", "products", [{"product_id": "p1", "product_category_name": "toys"}])
    land(site, "sellers.csv", "sellers", [{"seller_id": "s1"}])


def land_second_night(site: Site) -> None:
    """A corrected version, a zip, a packed file, and a second order of the same person."""
    folder = site.lake.store.local("olist/landing")
    land(site, "order_reviews_2.csv", "order_reviews", [review("order-one-of-ann", "review-of-ann", "ann-writes-again")])
    more = land(site, "more.csv", "customers", [customer(3, "u1"), ann_alias("two")])
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customers_2.csv", more.read_bytes())
        archive.writestr("products_2.csv", "product_id,product_category_name\np2,books\n")
    (folder / "night.zip").write_bytes(text.getvalue())
    more.unlink()
    later = land(site, "later.csv", "orders", [order(3, "2017-02-03 10:00:00"), ann_order("two", "2017-02-02 10:00:00")])
    (folder / "orders_2.csv.gz").write_bytes(gzip.compress(later.read_bytes()))
    later.unlink()
    land(site, "order_items_2.csv", "order_items", [item(3, "7.00"), of_order(item(0, "30.00", line=2, product_id="p2"), "two")])
    land(site, "order_payments_2.csv", "order_payments", [payment(3, "8.00"), of_order(payment(0, "37.00"), "two")])


def build_released(site: Site) -> None:
    outcomes = build(site)
    refused = [check.says for outcome in outcomes for check in outcome.checks if check.blocks]
    assert not refused, refused


def two_nights(root: Path | str) -> Site:
    """A lake with two releases."""
    site = site_with_key(root)
    land_first_night(site)
    build_released(site)
    land_second_night(site)
    build_released(site)
    return site


def holding(root: Path, canaries: Sequence[str]) -> dict[str, list[str]]:
    """The files below a folder that hold a canary: raw, unpacked, or as a value of Parquet."""
    found = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        text = b"\n".join(_contents(path))
        if held := [one for one in canaries if _is_in(one.encode(), text) or one.encode("utf-16-le") in text]:
            found[str(path.relative_to(root))] = held
    return found


def _is_in(canary: bytes, text: bytes) -> bool:
    """A number counts where it is not a part of a longer one, such as of a hash."""
    return bool(re.search(rb"(?<![0-9a-f])" + canary + rb"(?![0-9a-f])", text)) if canary.isdigit() else canary in text


def _contents(path: Path) -> list[bytes]:
    data = path.read_bytes()
    found = [data]
    if data[:4] == b"PAR1":
        found.append(pl.read_parquet(path, glob=False).write_json().encode())
    if data[:2] == b"\x1f\x8b":
        found.append(gzip.decompress(data))
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            found += [archive.read(name) for name in archive.namelist()]
    return found
