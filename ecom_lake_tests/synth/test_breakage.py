"""An independent reader finds every broken row, and the other rows are a clean shop with the stated truths."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal, InvalidOperation

import duckdb
import pytest

from ecom_lake_tests.synth.made import FILES, Made, Make

BROKEN = {"orders": 2_000, "broken": 7, "first_month": "2018-01", "last_month": "2018-06"}
KEYS = {
    "customers": ("customer_id",),
    "orders": ("order_id",),
    "items": ("order_id", "order_item_id"),
    "payments": ("order_id", "payment_sequential"),
    "reviews": ("review_id", "order_id"),
    "products": ("product_id",),
    "sellers": ("seller_id",),
}

Row = dict[str, str]


@pytest.fixture(params=[False, True], ids=["dump", "by month"])
def shop(make: Make, request: pytest.FixtureRequest) -> Made:
    return make(**BROKEN, by_month=request.param, corrections=0.05)


def well_formed(shop: Made, table: str) -> tuple[list[Row], int]:
    """The rows of a table that a strict reader accepts, and the number of records it rejects."""
    rows: list[Row] = []
    rejected = 0
    for file in shop.files(table):
        columns = file.read_text(encoding="utf-8-sig").splitlines()[0].replace('"', "").split(",")
        with duckdb.connect() as con:
            typed = ", ".join(f"'{name}': 'varchar'" for name in columns)
            found = con.execute(
                f"select * from read_csv('{file}', auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"',"
                f" columns = {{{typed}}}, store_rejects = true, force_not_null = {columns})"
            ).fetchall()
            rows += [dict(zip(columns, row, strict=True)) for row in found]
            rejected += con.execute("select count(distinct line) from reject_errors").fetchall()[0][0]
    return rows, rejected


def refusal(table: str, row: Row) -> str | None:
    if not all(row[name] for name in KEYS.get(table, ())):
        return "missing_key"
    if table == "orders":
        return _wrong_date(row["order_purchase_timestamp"])
    if table == "items":
        return _wrong_amount(row["price"], "price")
    if table == "payments":
        return _wrong_amount(row["payment_value"], "amount")
    if table == "reviews" and not 1 <= int(row["review_score"]) <= 5:
        return "score_out_of_range"
    return None


def _wrong_date(text: str) -> str | None:
    try:
        placed = datetime.fromisoformat(text)
    except ValueError:
        return "unreadable_date"
    return None if "2018-01" <= f"{placed:%Y-%m}" <= "2018-06" else "date_outside_months"


def _wrong_amount(text: str, what: str) -> str | None:
    try:
        return f"negative_{what}" if Decimal(text) < 0 else None
    except InvalidOperation:
        return f"unreadable_{what}"


def test_every_broken_row_is_as_stated_in_the_truths(shop: Made) -> None:
    found: Counter[tuple[str, str]] = Counter()
    tables = {table: well_formed(shop, table) for table in KEYS}
    orders = {row["order_id"]: refusal("orders", row) for row in tables["orders"][0]}
    for table, (rows, rejected) in tables.items():
        found[FILES[table], "rejected"] = rejected
        refused = [refusal(table, row) for row in rows]
        for kind in refused:
            found[FILES[table], kind or "good"] += 1
        good = [row for row, kind in zip(rows, refused, strict=True) if not kind]
        if table in ("items", "payments", "reviews"):
            found[FILES[table], "child_without_order"] = sum(row["order_id"] not in orders for row in good)
            found[FILES[table], "child_of_refused_order"] = sum(bool(orders.get(row["order_id"])) for row in good)
        found[FILES[table], "superseded"] = len(good) - len({tuple(row[name] for name in KEYS[table]) for row in good})
    for said in shop.truths.broken:
        file = shop.truths.files[said.file]
        assert found[said.file, "rejected"] == file.rejected
        assert found[said.file, "superseded"] == file.superseded
        if said.fate in ("quarantined", "pending"):
            assert found[said.file, said.kind] == said.count, said.kind
    assert {kind.count for kind in shop.truths.broken} == {7, 1}


def test_the_fates_of_a_file_add_up_by_kind(shop: Made) -> None:
    for name, file in shop.truths.files.items():
        for fate in ("rejected", "quarantined", "pending"):
            assert getattr(file, fate) == sum(b.count for b in shop.truths.broken if b.file == name and b.fate == fate)


def test_the_number_of_oddities_is_as_stated(shop: Made) -> None:
    rows, _ = well_formed(shop, "orders")
    latest = {row["order_id"]: row for row in rows if not refusal("orders", row)}.values()
    strange = [row for row in latest if row["order_status"] == "teleported"]
    backward = [row for row in latest if "" < row["order_delivered_carrier_date"] < row["order_purchase_timestamp"]]
    assert (len(strange), len(backward)) == (7, 7)
    assert shop.truths.statuses["unknown"] == 7


def test_an_unclosed_quote_affects_no_other_record(shop: Made) -> None:
    last = shop.files("reviews")[-1].read_text(encoding="utf-8").splitlines()[-1]
    assert last.count('"') % 2 == 1
    rows, _ = well_formed(shop, "reviews")
    sound = shop.truths.files[FILES["reviews"]]
    assert len(rows) == sound.records - sound.rejected


def test_broken_rows_change_no_total(make: Make) -> None:
    clean, broken = make(**{**BROKEN, "broken": 0}).truths, make(**BROKEN).truths
    assert (clean.totals, clean.months, clean.lateness, clean.bundles) == (
        (broken.totals, broken.months, broken.lateness, broken.bundles)
    )
    assert clean.broken == ()
    assert all((file.rejected, file.quarantined, file.pending, file.superseded) == (0, 0, 0, 0) for file in clean.files.values())
