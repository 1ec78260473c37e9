"""The export of an unknown shop becomes a shop by a draft that nobody edits, and the planted truths about money hold.

The files have other names than those of the maps that ship. Not here: the build (end_to_end/test_documented_commands.py).
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake.synth.shapes.truths import ShapeTruths
from ecom_lake_tests.cli.conftest import Run

OPTIONS = {"orders": 150, "seed": 5, "repeat_share": 0.2, "first_month": "2017-10", "last_month": "2017-12"}
_DECISIONS = {
    "shopify": "hashed(email): no column is it",
    "woocommerce": "hashed(email_billing): no column is it",
    "four_tables": "tbl_payment_detail.csv becomes no table: leave it out",
    "flat_orders": "no column is an order number",
    "shoppers": 'write without = ["orders.ordered_at"]',
    "invoices": "a negative quantity (credit notes, or corrections of the stock) and no part in sales",
}
"""What the tool asks a person about an export."""


@pytest.fixture
def project(run: Run, tmp_path: Path) -> tuple[str, ...]:
    assert run("init", str(tmp_path / "project")).code == 0
    return "--shop", "unknown", "--project", str(tmp_path / "project")


def _exported(shape: str, folder: Path) -> ShapeTruths:
    truths = generate_shape(folder, SynthOptions(shape=shape, **OPTIONS))  # type: ignore[arg-type]
    for file in sorted(folder.iterdir()):
        file.rename(file.with_name(f"tbl_{file.name}"))
    return truths


@pytest.mark.parametrize("shape", SHAPES)
def test_a_draft_that_nobody_edits_finds_the_planted_sales(
    run: Run, project: tuple[str, ...], tmp_path: Path, shape: str
) -> None:
    truths = _exported(shape, tmp_path / "export")
    report = run("map", str(tmp_path / "export"), "--json", *project).json
    assert (report["orders"], Decimal(str(report["net_sales"]))) == (
        truths.totals.valid_orders,
        Decimal(truths.totals.net_sales),
    )
    assert report["problems"] == [] and report["words_not_known"] == {}
    assert _DECISIONS.get(shape, "") in " ".join(report["decide"])
    if shape == "four_tables":  # as the sentence states
        (tmp_path / "export/tbl_payment_detail.csv").unlink()
    checked = run("map", "--check", str(tmp_path / "export"), "--json", *project)
    assert checked.code == 0, checked.err
    published = {table["table"]: table["published"] for table in checked.json["tables"]}
    assert published["orders"] == truths.totals.orders and all(published.values())


def test_the_printed_lines_of_settings_are_enough(run: Run, project: tuple[str, ...], tmp_path: Path) -> None:
    _exported("shop_database", tmp_path / "export")
    ran = run("map", str(tmp_path / "export"), *project)
    lines = ran.out[ran.out.index("[shops.unknown]") :].split("\nThese files")[0]
    assert tomllib.loads(lines) == {
        "shops": {"unknown": {"map": "maps/unknown.toml", "first_month": "2017-10", "timezone": "UTC"}}
    }


def test_words_instead_of_days_are_mapped_and_unknown_ones_leave_the_cell_out(
    run: Run, project: tuple[str, ...], tmp_path: Path
) -> None:
    survey = tmp_path / "survey.csv"
    rows = "".join(f"{n},{30 + n}.50,{('Weekly', 'Monthly', 'Annually')[n % 3]},{('a', 'b', 'c')[n % 3]}\n" for n in range(30))
    survey.write_text("Customer ID,Purchase Amount,Frequency of Purchases,Previous Purchases\n" + rows, "utf-8")
    assert run("map", str(survey), *project).code == 0
    written = tomllib.loads((tmp_path / "project/maps/unknown.toml").read_text("utf-8"))
    days = written["words"]["customers_purchase_frequency_days"]
    assert {days[word] for word in ("Weekly", "Monthly", "Annually")} == {"7", "30", "365"} and days["else"] == "null"
    assert "prior_purchases" not in written["customers"]


@pytest.mark.parametrize(("header", "struck_through"), [("Original Price", 1), ("List Price", 2)])
def test_a_price_that_is_struck_through_is_no_sale(
    run: Run, project: tuple[str, ...], tmp_path: Path, header: str, struck_through: int
) -> None:
    """A third of the rows are reduced from 30 to 20, without a discount. The second file has the old price in every other row."""
    sheet = tmp_path / "sheet.csv"
    prices = [(20 if n % 3 == 0 else 30, "" if n % struck_through else 30) for n in range(120)]
    rows = "".join(f"o{n},c{n % 9},2021-03-{n % 28 + 1:02d},s{n % 7},1,{paid},{old}\n" for n, (paid, old) in enumerate(prices))
    sheet.write_text(f"Order ID,Customer ID,Order Date,SKU,Quantity,Price,{header}\n" + rows, "utf-8")
    report = run("map", str(sheet), "--json", *project).json
    lines = next(table for table in report["tables"] if table["table"] == "order_items")
    assert next(cell["expression"] for cell in lines["cells"] if cell["column"] == "unit_price") == "price"
    assert (report["problems"], report["orders"], report["net_sales"]) == ([], 120, 40 * 20 + 80 * 30)


@pytest.mark.parametrize(("rounds", "most_rows"), [(1, 100_000), (8, 100_000), (8, 10)])
def test_a_cell_that_refuses_most_rows_is_left_out_and_named(
    run: Run, project: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int, most_rows: int
) -> None:
    """Each discount is more than the amount of its line. What is reported is the last draft on all rows, whatever the rounds, and
    also if those in between read a sample."""
    monkeypatch.setattr("ecom_lake.engine.build.draft_trial._MOST_ROUNDS", rounds)
    monkeypatch.setattr("ecom_lake.engine.mapping.draft.sample.sample_orders.__defaults__", (most_rows,))
    rows = "".join(f"o{n},c{n % 9},2021-03-{n % 28 + 1:02d},s{n % 7},1,{10 + n % 7}.50,{40 + n}\n" for n in range(40))
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Order ID,Customer ID,Order Date,SKU,Quantity,Price,Discount\n" + rows, "utf-8")
    report = run("map", str(sheet), "--json", *project).json
    assert any("discount is left out: with discount, 40 of 40 rows would be refused" in one for one in report["decide"])
    lines = next(table for table in report["tables"] if table["table"] == "order_items")
    assert "discount" not in {cell["column"] for cell in lines["cells"]} and report["problems"] == []
    assert report["orders"] == 40


def test_rows_with_the_same_key_are_a_problem_that_is_named(run: Run, project: tuple[str, ...], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    rows = "".join(f"o{n // 2},c{n // 2 % 9},2021-03-01,1,s{n % 7},1,{10 + n % 7}.50\n" for n in range(4))
    more = "".join(f"p{n},c{n % 9},2021-04-{n % 28 + 1:02d},1,s{n % 7},1,{10 + n % 7}.50\n" for n in range(100))
    sheet.write_text("Order ID,Customer ID,Order Date,Line ID,SKU,Quantity,Price\n" + rows + more, "utf-8")
    report = run("map", str(sheet), "--json", *project).json
    assert report["problems"] == [
        "order_items: 2 rows would not count, as a later row has the same order_id and line: "
        "decide which column distinguishes them"
    ]


def test_lines_of_an_order_that_a_later_file_has_too_are_a_problem_that_is_named(
    run: Run, project: tuple[str, ...], tmp_path: Path
) -> None:
    rows = [f"o{n // 2},c{n // 2 % 9},2021-03-{n // 2 % 28 + 1:02d},s{n % 7},1,{10 + n % 7}.50\n" for n in range(100)]
    files = [tmp_path / f"sheet-{number}.csv" for number in (1, 2)]
    for file, some in zip(files, (rows[:51], rows[51:]), strict=True):
        file.write_text("Order ID,Customer ID,Order Date,SKU,Quantity,Price\n" + "".join(some), "utf-8")
    problems = run("map", *map(str, files), "--json", *project).json["problems"]
    assert [one for one in problems if one.startswith("order_items")] == [
        "order_items: 1 row would not count, as a later file has the order again: "
        "join the files if they have different lines of an order"
    ]


def test_rows_without_a_readable_quantity_are_no_credit_notes(run: Run, project: tuple[str, ...], tmp_path: Path) -> None:
    quantities = ["1"] * 40
    quantities[3], quantities[5], quantities[6] = "", "-1", "two"
    sheet = tmp_path / "sheet.csv"
    rows = "".join(f"o{n},c{n % 9},2021-03-{n % 28 + 1:02d},s{n % 7},{one},10.00\n" for n, one in enumerate(quantities))
    sheet.write_text("Order ID,Customer ID,Order Date,SKU,Quantity,Price\n" + rows, "utf-8")
    report = run("map", str(sheet), "--json", *project).json
    assert "1 row has a negative quantity" in " ".join(report["decide"])
    assert report["orders"] == 39
    assert report["problems"] == ["order_items: 1 row of 40 would be refused by the rule quantity_unreadable"]


def test_two_headers_that_a_map_cannot_distinguish_are_a_sentence(run: Run, project: tuple[str, ...], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    rows = "".join(f"o{n},c{n % 9},2021-03-{n % 28 + 1:02d},s{n % 7},1,10.00,1.00,10\n" for n in range(40))
    sheet.write_text("Order ID,Customer ID,Order Date,SKU,Quantity,Price,Discount,Discount %\n" + rows, "utf-8")
    ran = run("map", str(sheet), *project)
    assert ran.code == 2 and "sheet.csv has the columns Discount and Discount %" in ran.err and "rename" in ran.err


def test_a_placeholder_is_no_first_month_and_is_a_decision(run: Run, project: tuple[str, ...], tmp_path: Path) -> None:
    """A build with the printed first_month does not have 1,400 empty months, and refuses the two orders."""
    days = ["1900-01-01", "2021-03-05", "9999-12-31", *(f"2021-04-{n % 28 + 1:02d}" for n in range(37))]
    rows = "".join(f"o{n},c{n % 9},{day},s{n % 7},1,10.00\n" for n, day in enumerate(days))
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Order ID,Customer ID,Order Date,SKU,Quantity,Price\n" + rows, "utf-8")
    ran = run("map", str(sheet), *project)
    assert 'first_month = "2021-03"' in ran.out
    said = " ".join(ran.out.split())
    assert "1 row has 1900-01-01 as order_date, which systems write where there is no day" in said
    assert "1 row has 9999-12-31 as order_date" in said
