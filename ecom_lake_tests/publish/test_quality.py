"""The quality page as a file: it tells what gold has, is put with the release, and made again has the same bytes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.release.plain_view import is_in_place
from ecom_lake.engine.build.release.release import roll_back
from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.pages import quality
from ecom_lake.publish.pages.rendering import LONGEST, seen
from ecom_lake.publish.quality_story import PAGE, page_url, quality_page
from ecom_lake_tests.builders.built_lake import BuiltLake


def page_of(lake: BuiltLake) -> str:
    return (lake.root / "olist" / PAGE).read_text(encoding="utf-8")


def test_it_lies_beside_the_tables_and_is_the_same_when_made_again(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert page_url(site) == str(built_lake.root / "olist" / PAGE)
    assert quality_page(site, released(site)) == Path(page_url(site)).read_bytes()


def test_every_number_of_the_ledger_is_on_it(built_lake: BuiltLake) -> None:
    ledger = pl.read_parquet(built_lake.root / "olist" / "gold" / "ledger.parquet")
    [body] = re.findall(r'id="ledger_rows">(.*?)</table>', page_of(built_lake), re.DOTALL)
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", body)]
    shown = {row[0]: [int(cell.replace(",", "").replace("·", "0")) for cell in row[1:]] for row in rows if row}
    fates = ("rows_delivered", "published", "superseded", "collapsed", "pending", "quarantined", "rejected")
    assert shown.pop("sum") == [ledger.height, *(ledger[fate].sum() for fate in fates)]
    for table, numbers in shown.items():
        mine = ledger.filter(table_name=table)
        assert numbers == [mine.height, *(mine[fate].sum() for fate in fates)]
        assert numbers[1] == sum(numbers[2:])


def test_it_asks_nobody_for_anything(built_lake: BuiltLake) -> None:
    page = page_of(built_lake)
    assert not re.findall(r"<script|<iframe|@import|url\(|\bsrc=|https?:", page)
    assert re.findall(r'href="([^#][^"]*)"', page) == ["data:,"]
    assert "default-src 'none'" in page


def test_tables_that_the_shop_does_not_get_are_told(built_lake: BuiltLake) -> None:
    assert re.search(r"returns_leakage</td><td>[^<]*returns", page_of(built_lake))


def test_a_page_that_is_gone_or_cut_short_is_put_again(fresh_lake: BuiltLake) -> None:
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


def test_a_page_of_other_code_is_made_again(fresh_lake: BuiltLake) -> None:
    release = fresh_lake.root / "olist" / "release.json"
    said = json.loads(release.read_text(encoding="utf-8"))
    release.write_text(json.dumps({**said, "page": {**said["page"], "made_by": "others"}}), encoding="utf-8")
    site = fresh_lake.site()
    assert not is_in_place(site, released(site))
    build(site)
    assert json.loads(release.read_text(encoding="utf-8")) == said


def test_an_older_release_brings_its_own_page_even_from_before_there_were_anomalies(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    newest = page_of(fresh_grown_lake)
    older = next(number for number in site.lake.log.numbers() if site.lake.log.entry(number).release == number)
    roll_back(site, older)
    assert page_of(fresh_grown_lake) != newest
    entry = site.lake.log.entry(older)
    without = type(entry)(**{**vars(entry), "tables": {t: p for t, p in entry.tables.items() if t != "gold/anomalies"}})
    assert "There is too little history to tell." in quality_page(site, without).decode()


def test_a_shop_without_dates_is_told_that_nothing_over_time_was_checked() -> None:
    tables = ("ledger", "quality_scorecard", "anomalies", "revenue_waterfall")
    ledger, scorecard, anomalies, waterfall = (pl.DataFrame(schema=catalog.gold()[table].schema) for table in tables)
    why = {"anomalies": "It has no dates to compare.", "revenue_waterfall": "It has no months to reconcile."}
    shown = quality.page(
        quality.Story("undated", None, None, ledger, scorecard, anomalies, waterfall, kept_out=(), absent=why)
    ).decode()
    assert "<p>No order has a date.</p>" in shown
    assert "Not checked. It has no dates to compare." in shown and "too little history" not in shown
    assert "Not checked month by month. It has no months to reconcile." in shown and "no sales yet" not in shown


def test_of_a_damaged_table_it_says_so_and_tells_the_rest(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    [parts] = [parts for table, parts in released(site).tables.items() if table == "quarantine/orders"]
    for file in parts.values():
        site.lake.local(file).write_bytes(b"rot")
    page = quality_page(site, released(site)).decode()
    assert "not told of here: quarantine/orders." in page
    assert "ordered_at_unreadable</b>" not in page
    assert page_of(fresh_lake)[-200:] == page[-200:]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain\nlines", "plain\nlines"), ("\x00\x1b[31m", "\\u0000\\u001b[31m"), ("a\u202eb", "a\\u202eb"), ("\ud800", "\\ud800")],
)
def test_what_cannot_be_printed_is_shown_by_its_number(text: str, shown: str) -> None:
    assert seen(text) == shown


def test_of_a_very_long_value_the_beginning_is_shown() -> None:
    assert seen("x" * (LONGEST + 1_000)) == "x" * LONGEST + " … and 1,000 characters more"
