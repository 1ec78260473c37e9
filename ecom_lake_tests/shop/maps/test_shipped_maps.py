"""The maps that ship: each finds the planted truths of a synthetic export of its shape to the cent, and loses no record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.file_parser import parse
from ecom_lake.engine.mapping.map_file import delivered
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake.synth.shapes.truths import ShapeTruths
from ecom_lake_tests.builders.mapped_nights import DAY_FIRST
from ecom_lake_tests.shop.maps.mapped_export import Mapped, mapped, money, shipped

Export = tuple[Mapped, ShapeTruths]
Exports = Callable[[str, bool], Export]
DUMP = SynthOptions(orders=500, seed=5, repeat_share=0.2, first_month="2017-10", last_month="2018-02")
NIGHTLY = SynthOptions(orders=120, seed=5, first_month="2018-01", last_month="2018-01")
_STATED = {
    "shopify": "freight tax payments pending refunded",
    "woocommerce": "freight tax payments pending refunded",
    "flat_orders": "freight",
    "four_tables": "payments",
    "shoppers": "payments",
    "shop_database": "freight payments pending failed",
    "invoices": "refunded",
}
"""What each export states beside orders, lines, sales and discounts."""


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The export of a shape, as one dump or as nightly files, mapped once."""
    made: dict[tuple[str, bool], Export] = {}

    def make(shape: str, by_day: bool = False) -> Export:
        if (shape, by_day) not in made:
            folder = tmp_path_factory.mktemp(shape)
            options = replace(NIGHTLY if by_day else DUMP, shape=shape, by_day=by_day)
            truths = generate_shape(folder / "export", options)
            without = DAY_FIRST if by_day and shape == "flat_orders" else ()
            made[shape, by_day] = (mapped(shape, folder / "export", folder, without_formats=without), truths)
        return made[shape, by_day]

    return make


@pytest.mark.parametrize("by_day", [False, True], ids=["dump", "nightly"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_totals_are_the_planted_ones_to_the_cent(exports: Exports, shape: str, by_day: bool) -> None:
    found, truths = exports(shape, by_day)
    orders, lines, totals = found.silver("orders"), found.valid_lines(), truths.totals
    assert (len(orders), int(orders["is_valid"].sum())) == (totals.orders, totals.valid_orders)
    assert (len(lines), lines["quantity"].sum()) == (totals.lines, totals.units)
    sales = {"gross_sales": money(lines["gross_sales"]), "discounts": money(lines["discount"])}
    sales["net_sales"] = sales["gross_sales"] - sales["discounts"]
    sales |= {"freight": money(lines["freight"]), "tax": money(lines["tax"])}
    for status, amounts in found.silver("payments").group_by("status") if "payments" in found.facets else ():
        name = {"paid": "payments", "unknown": "payments"}.get(str(status[0]), str(status[0]))
        sales[name] = money(amounts["amount"])
    if "refunds" in found.facets:
        sales["refunded"] = money(found.silver("refunds")["amount"])
    stated = {"gross_sales", "discounts", "net_sales", *_STATED[shape].split()}
    assert {name for name, amount in sales.items() if amount} <= stated
    sales = {name: sales.get(name, Decimal(0)) for name in stated}
    assert sales == {name: Decimal(getattr(totals, name)) for name in sales}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_sales_of_each_month_are_the_planted_ones(exports: Exports, shape: str) -> None:
    found, truths = exports(shape, False)
    lines = found.valid_lines()
    by_month = {month: money(rows["gross_sales"]) - money(rows["discount"]) for (month,), rows in lines.group_by("of")}
    planted = {month: Decimal(totals.net_sales) for month, totals in truths.months.items() if totals.orders}
    undated = {None: Decimal(truths.totals.net_sales)}
    assert by_month == (planted or undated)


@pytest.mark.parametrize("by_day", [False, True], ids=["dump", "nightly"])
@pytest.mark.parametrize("shape", SHAPES)
def test_customers_and_statuses_are_the_planted_ones(exports: Exports, shape: str, by_day: bool) -> None:
    found, truths = exports(shape, by_day)
    people = found.rows("orders")["customer_id"]
    assert (people.drop_nulls().n_unique(), people.null_count()) == (truths.customers, truths.totals.anonymous_orders)
    assert Counter(found.silver("orders")["status"]) == truths.statuses
    assert {words: found for table in found.facets.values() for words, found in table.not_listed.items()} == {}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_record_is_accounted_for_in_every_table(exports: Exports, shape: str) -> None:
    found, truths = exports(shape, True)
    assert sum(map(len, found.bronze.values())) == sum(truths.records.values())
    for facet in found.map_.facets:
        records = Counter(found.bronze[facet.kind][LINEAGE[0]].to_list())
        mapped_rows = found.facets[facet.target]
        rows = Counter(mapped_rows.rows[LINEAGE[0]].to_list())
        assert rows + Counter(mapped_rows.collapsed) + Counter(mapped_rows.left_out) == records


@pytest.mark.parametrize("shape", SHAPES)
def test_all_other_tables_are_good_silver(exports: Exports, shape: str) -> None:
    found, _ = exports(shape, False)
    for table in set(found.facets) - {"customers"}:
        assert len(found.silver(table)) == len(found.rows(table)) > 0


@pytest.mark.parametrize("shape", SHAPES)
def test_a_map_has_a_meaning_and_is_no_draft(shape: str) -> None:
    assert shipped(shape).meaning
    assert not shipped(shape).draft


def test_a_sheet_that_grows_gives_the_same_orders(exports: Exports) -> None:
    """The number of an order is that of its customer's day, so that a sheet that comes again supersedes itself."""
    found, _ = exports("flat_orders", False)
    ids = found.rows("orders")["order_id"]
    assert ids.n_unique() == len(ids)
    assert ids.str.contains(r"^[0-9a-f]{10}-20\d{6}-\d+$").all()


def test_a_wrong_unit_price_does_not_change_sales_and_is_counted(exports: Exports) -> None:
    found, truths = exports("flat_orders", False)
    sheet = found.bronze["sales"].select(pl.col("unit_price", "quantity", "total_price").cast(pl.Decimal(18, 4)))
    wrong = sheet.filter(pl.col("unit_price") * pl.col("quantity") != pl.col("total_price"))
    assert len(wrong) == truths.planted["wrong_unit_prices"] > 0
    assert found.map_.checks[0].holds == "num(unit_price) * num(quantity) = num(total_price)"


MANY_UNITS = {"100.00": 300, "149.99": 5000, "100.04": 1000, "19.99": 3, "7.50": 1}
"""Total price of a row, and its units: no price with four decimals makes the first three."""


def test_net_sales_of_many_units_are_the_total_price(tmp_path: Path) -> None:
    rows = [f"c{units},Nail,{units},{total},2024-01-15" for total, units in MANY_UNITS.items()]
    (tmp_path / "export").mkdir()
    sheet = "\n".join(["Customer ID,Product Name,Quantity,Total Price,Order Date", *rows, ""])
    (tmp_path / "export" / "sales.csv").write_text(sheet, encoding="utf-8")
    lines = mapped("flat_orders", tmp_path / "export", tmp_path).silver("order_items")
    amounts = lines.select("quantity", "discount", net=pl.col("gross_sales") - pl.col("discount")).rows()
    assert {(units, net) for units, _, net in amounts} == {(units, Decimal(total)) for total, units in MANY_UNITS.items()}
    assert {units: discount for units, discount, _ in amounts if discount} == {
        300: Decimal("0.02"),
        5000: Decimal("0.01"),
        1000: Decimal("0.06"),
    }
    assert lines.filter(pl.col("discount") == 0)["is_discounted"].null_count() == 2, "the sheet states no discounts"


def test_a_customer_with_two_genders_is_unknown_and_gaps_stay_gaps(exports: Exports) -> None:
    found, truths = exports("flat_orders", False)
    people, sheet = found.rows("customers"), found.bronze["sales"]
    genders = sheet.group_by(*LINEAGE[:1], "customer_id").agg(pl.col("gender").n_unique())
    conflicting = genders.filter(pl.col("gender") > 1)
    assert len(people.filter(pl.col("gender") == "unknown")) == len(conflicting) > 0
    assert found.rows("orders")["region"].null_count() == truths.planted["missing_regions"]


def test_a_missing_rating_is_the_median_of_its_category_and_marked(exports: Exports) -> None:
    found, truths = exports("shoppers", False)
    reviews, survey = found.silver("reviews"), found.bronze["survey"]
    ratings = survey.select(
        review_id="customer_id", category=pl.col("category").fill_null(""), rating=pl.col("review_rating").cast(pl.Float64)
    )
    medians = ratings.group_by("category").agg(median=pl.col("rating").median())
    expected = ratings.join(medians, on="category").select("review_id", expected=pl.coalesce("rating", "median"))
    assert int(reviews["is_score_imputed"].sum()) == truths.planted["missing_ratings"] > 0
    assert reviews.join(expected, on="review_id").filter((pl.col("score") - pl.col("expected")).abs() > 1e-9).is_empty()


def test_the_words_of_frequency_become_days(exports: Exports) -> None:
    found, _ = exports("shoppers", False)
    words = found.bronze["survey"].select("customer_id", "frequency_of_purchases")
    days = (
        words.join(found.rows("customers"), on="customer_id").select("frequency_of_purchases", "purchase_frequency_days").unique()
    )
    assert set(days.iter_rows()) == {
        ("Weekly", "7"),
        ("Fortnightly", "14"),
        ("Bi-Weekly", "14"),
        ("Monthly", "30"),
        ("Quarterly", "90"),
        ("Every 3 Months", "90"),
        ("Annually", "365"),
    }


def test_the_brand_is_the_first_word_of_a_name_that_begins_with_a_capital(exports: Exports) -> None:
    found, _ = exports("four_tables", False)
    products = found.rows("products").select("name", "brand")
    first = products.with_columns(first=pl.col("name").str.split(" ").list.first())
    is_brand = pl.col("first").str.contains(r"^\p{Lu}")
    assert first.filter(is_brand)["brand"].equals(first.filter(is_brand)["first"])
    assert first.filter(~is_brand)["brand"].null_count() == len(first.filter(~is_brand)) > 0


def test_a_credit_note_credits_the_last_invoice_of_the_customer_with_the_product(exports: Exports) -> None:
    """In the synthetic export the number of a credit note follows that of its invoice, which the map does not use."""
    found, truths = exports("invoices", False)
    refunds = found.rows("refunds")
    numbers = refunds.select(pl.col("refund_id").str.extract(r"^C(\d+)-").cast(pl.Int64), pl.col("order_id").cast(pl.Int64))
    assert (numbers["refund_id"] - 1).equals(numbers["order_id"].alias("refund_id"))
    by_month = found.silver("refunds").group_by(pl.col("refunded_at").dt.strftime("%Y-%m"))
    planted = {month: Decimal(totals.refunded) for month, totals in truths.months.items() if totals.refunds}
    assert {month: money(rows["amount"]) for (month,), rows in by_month} == planted


def test_discounts_are_known_without_an_amount(exports: Exports) -> None:
    found, truths = exports("shoppers", False)
    lines = found.silver("order_items")
    assert int(lines["is_discounted"].sum()) == truths.planted["discounted"]
    assert money(lines["discount"]) == 0


def test_credit_notes_and_corrections_of_the_stock_are_no_sales(exports: Exports) -> None:
    found, truths = exports("invoices", False)
    left_out = sum(found.facets["order_items"].left_out.values())
    assert left_out == truths.totals.refunds + truths.planted["stock_adjustments"]
    assert not found.rows("orders")["order_id"].str.starts_with("C").any()


@pytest.mark.parametrize(
    ("shape", "stored", "never"),
    [
        ("shopify", "name email shipping_zip", "billing_name shipping_name billing_street billing_phone phone notes"),
        ("woocommerce", "order_number email_billing postcode_shipping", "first_name_billing last_name_shipping city_billing"),
    ],
)
def test_names_and_streets_of_people_are_never_stored(shape: str, stored: str, never: str, tmp_path: Path) -> None:
    generate_shape(tmp_path / "export", SynthOptions(orders=100, shape=shape, first_month="2018-01", last_month="2018-01"))
    (file,) = (tmp_path / "export").iterdir()
    rows = tmp_path / "rows.parquet"
    parse(Member(file.name, file), delivered(shipped(shape)), rows, tmp_path / "rejects.parquet")
    columns = set(pl.read_parquet_schema(rows))
    assert set(stored.split()) <= columns
    assert not set(never.split()) & columns


@pytest.mark.parametrize(
    ("shape", "kind", "renamed"),
    [
        ("invoices", "invoices", {"InvoiceNo": "Invoice", "UnitPrice": "Price", "CustomerID": "Customer ID"}),
        (
            "shoppers",
            "survey",
            {"Customer ID": "CustomerID", "Item Purchased": "Item", "Purchase Amount (USD)": "purchase amount"},
        ),
        (
            "woocommerce",
            "orders_export",
            {"Order Number": "Order ID", "Email (Billing)": "Billing Email", "Item Cost;": "Item Price;"},
        ),
    ],
)
def test_other_spellings_of_the_headers_give_the_same_rows(
    shape: str, kind: str, renamed: dict[str, str], tmp_path: Path
) -> None:
    options = SynthOptions(orders=100, seed=9, shape=shape, first_month="2018-01", last_month="2018-01")
    generate_shape(tmp_path / "one", options)
    (file,) = (tmp_path / "one").glob("*.csv")
    header, rest = file.read_bytes().split(b"\n", 1)
    for written, renaming in renamed.items():
        assert written.encode() in header
        header = header.replace(written.encode(), renaming.encode())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / file.name).write_bytes(header + b"\n" + rest)
    one, other = (mapped(shape, tmp_path / folder, tmp_path) for folder in ("one", "other"))
    assert other.bronze.keys() == {kind}
    assert all(one.rows(table).equals(other.rows(table)) for table in one.facets)


def test_net_sales_freight_and_taxes_that_are_included_in_prices_are_the_total_of_each_order(tmp_path: Path) -> None:
    """The synthetic export has taxes on top of prices; here they are in the same prices, and the total is without them."""
    options = SynthOptions(orders=300, seed=9, shape="shopify", first_month="2018-01", last_month="2018-01")
    generate_shape(tmp_path / "export", options)
    (file,) = (tmp_path / "export").glob("*.csv")
    sheet = pl.read_csv(file, infer_schema=False)
    total = (pl.col("Subtotal").cast(pl.Decimal(18, 2)) + pl.col("Shipping").cast(pl.Decimal(18, 2))).cast(pl.String)
    sheet.with_columns(Total=total).write_csv(file)
    lines = mapped("shopify", tmp_path / "export", tmp_path).silver("order_items")
    found = lines.group_by("order_id").agg(pl.sum("gross_sales", "discount", "freight", "tax"), lines=pl.len())
    paid = pl.col("gross_sales") - pl.col("discount") + pl.col("freight") + pl.col("tax")
    stated = sheet.select(order_id="Name", total=total.cast(pl.Decimal(18, 2))).drop_nulls()
    compared = found.with_columns(paid=paid).join(stated, on="order_id", validate="1:1")
    assert len(compared) == len(stated) > 250
    assert compared.filter(pl.col("paid") != pl.col("total")).is_empty()
    is_evident = (pl.col("lines") > 1) & (pl.col("discount") > 0) & (pl.col("freight") > 0) & (pl.col("tax") > 0)
    assert not compared.filter(is_evident).is_empty()


def test_a_customer_number_that_a_spreadsheet_made_a_decimal_is_the_same_customer(tmp_path: Path) -> None:
    options = SynthOptions(orders=100, seed=9, shape="invoices", first_month="2018-01", last_month="2018-01")
    generate_shape(tmp_path / "one", options)
    (tmp_path / "other").mkdir()
    text = (tmp_path / "one" / "invoices.csv").read_bytes()
    decimals = re.sub(rb"([0-9]),Brazil", rb"\1.0,Brazil", text)
    assert decimals != text
    (tmp_path / "other" / "invoices.csv").write_bytes(decimals)
    one, other = (mapped("invoices", tmp_path / folder, tmp_path) for folder in ("one", "other"))
    assert all(one.rows(table).equals(other.rows(table)) for table in ("orders", "customers"))
