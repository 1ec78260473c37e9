"""The quality page as a file: its numbers are those of gold, it is published with the release, and it is deterministic."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.release.pages import page_url
from ecom_lake.engine.build.release.plain_view import is_up_to_date
from ecom_lake.engine.build.release.release import roll_back
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.pages import quality
from ecom_lake.publish.pages.rendering import LONGEST, printable
from ecom_lake.publish.quality_story import PAGE, render
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.built_lake import BuiltLake


def page_of(lake: BuiltLake) -> str:
    return (lake.root / "olist" / PAGE).read_text(encoding="utf-8")


def test_it_is_published_with_the_tables_and_is_deterministic(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert page_url(site) == str(built_lake.root / "olist" / PAGE)
    assert render(site, released(site)) == Path(str(page_url(site))).read_bytes()


def test_every_number_of_the_ledger_is_on_it(built_lake: BuiltLake) -> None:
    ledger = pl.read_parquet(built_lake.root / "olist" / "gold" / "ledger.parquet")
    [body] = re.findall(r'id="ledger_rows">(.*?)</table>', page_of(built_lake), re.DOTALL)
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", body)]
    shown = {row[0]: [int(cell.replace(",", "").replace("·", "0")) for cell in row[1:]] for row in rows if row}
    fates = ("rows_delivered", "published", "superseded", "collapsed", "pending", "quarantined", "rejected")
    assert shown.pop("total") == [ledger.height, *(ledger[fate].sum() for fate in fates)]
    for table, numbers in shown.items():
        mine = ledger.filter(table_name=table)
        assert numbers == [mine.height, *(mine[fate].sum() for fate in fates)]
        assert numbers[1] == sum(numbers[2:])


def test_it_loads_nothing_and_runs_no_script(built_lake: BuiltLake) -> None:
    page = page_of(built_lake)
    assert not re.findall(r"<script|<iframe|@import|url\(|\bsrc=|https?:", page)
    assert re.findall(r'href="([^#][^"]*)"', page) == ["data:,"]
    assert "default-src 'none'" in page


def test_tables_that_are_not_built_are_listed_with_the_reason(built_lake: BuiltLake) -> None:
    assert re.search(r"returns_leakage</td><td>[^<]*returns", page_of(built_lake))


def test_a_missing_or_truncated_page_is_published_again(fresh_lake: BuiltLake) -> None:
    whole = page_of(fresh_lake)
    page = fresh_lake.root / "olist" / PAGE
    for left in (None, whole[:100]):
        if left is None:
            page.unlink()
        else:
            page.write_text(left, encoding="utf-8")
        assert due(fresh_lake.site()) == ["gold/release"]
        build(fresh_lake.site())
        assert page_of(fresh_lake) == whole
        assert due(fresh_lake.site()) == []


def test_a_page_written_by_other_code_is_rewritten(fresh_lake: BuiltLake) -> None:
    release = fresh_lake.root / "olist" / "release.json"
    said = json.loads(release.read_text(encoding="utf-8"))
    release.write_text(json.dumps({**said, "pages": {PAGE: {**said["pages"][PAGE], "made_by": "others"}}}), encoding="utf-8")
    site = fresh_lake.site()
    assert not is_up_to_date(site, released(site))
    build(site)
    assert json.loads(release.read_text(encoding="utf-8")) == said


def test_a_rollback_publishes_the_page_of_that_release_also_without_anomalies(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    newest = page_of(fresh_grown_lake)
    older = next(number for number in site.lake.log.numbers() if site.lake.log.entry(number).release == number)
    roll_back(site, older)
    assert page_of(fresh_grown_lake) != newest
    entry = site.lake.log.entry(older)
    without = type(entry)(**{**vars(entry), "tables": {t: p for t, p in entry.tables.items() if t.name != "anomalies"}})
    assert "There is too little history to detect anomalies." in render(site, without).decode()


def test_a_shop_without_dates_has_no_checks_over_time() -> None:
    tables = ("ledger", "quality_scorecard", "anomalies", "revenue_waterfall")
    ledger, scorecard, anomalies, waterfall = (pl.DataFrame(schema=catalog.gold()[table].schema) for table in tables)
    why = {"anomalies": "It has no dates to compare.", "revenue_waterfall": "It has no months to reconcile."}
    shown = quality.page(
        quality.Story("undated", None, None, ledger, scorecard, anomalies, waterfall, refused=(), absent=why)
    ).decode()
    assert "<p>No order has a date.</p>" in shown
    assert "Not checked. It has no dates to compare." in shown and "too little history" not in shown
    assert "Not checked by month. It has no months to reconcile." in shown and "no sales yet" not in shown


def test_a_damaged_table_is_named_and_left_out(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    [parts] = [parts for table, parts in released(site).tables.items() if table == TableId("quarantine", "orders")]
    for file in parts.values():
        site.lake.local(file).write_bytes(b"damaged")
    page = render(site, released(site)).decode()
    assert "Damaged and therefore left out: quarantine/orders." in page
    failed = "of <b>orders</b> failed the rule <b>ordered_at_unreadable</b>"
    assert failed in page_of(fresh_lake) and failed not in page
    assert page_of(fresh_lake)[-200:] == page[-200:]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain\nlines", "plain\nlines"), ("\x00\x1b[31m", "\\u0000\\u001b[31m"), ("a\u202eb", "a\\u202eb"), ("\ud800", "\\ud800")],
)
def test_unprintable_characters_are_shown_by_their_code(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_long_value_is_cut() -> None:
    assert printable("x" * (LONGEST + 1_000)) == "x" * LONGEST + " … and 1,000 more characters"
