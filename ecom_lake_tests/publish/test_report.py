"""The managers' report: what stands on it stands in gold, it asks nobody for anything, and it is never half there."""

from __future__ import annotations

import re
from datetime import date

import polars as pl
import pytest

from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UserError
from ecom_lake.publish import report_file as report
from ecom_lake.publish.pages.report import TABLES, Report, page
from ecom_lake.publish.report_file import report_page, report_pdf
from ecom_lake.shop.churn.churn_scores import ChurnScores
from ecom_lake_tests.builders.built_lake import BuiltLake


def gold(lake: BuiltLake, table: str) -> pl.DataFrame:
    return pl.read_parquet(lake.root / "olist" / "gold" / f"{table}.parquet")


def text(html: bytes) -> str:
    return html.decode()


def test_its_headlines_are_those_of_the_last_complete_month(built_lake: BuiltLake) -> None:
    html = text(report_page(built_lake.site(), released(built_lake.site())))
    last = gold(built_lake, "kpi_monthly").filter("is_complete").sort("month").row(-1, named=True)
    for name in ("net_sales", "orders", "customers"):
        assert f'<b id="{name}">{last[name]:,.0f}</b>' in html


def test_every_insight_and_every_verdict_is_on_it(built_lake: BuiltLake) -> None:
    html = text(report_page(built_lake.site(), released(built_lake.site())))
    unescaped = html.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
    for said in [*gold(built_lake, "insights")["statement"], *gold(built_lake, "model_cards")["reason"]]:
        assert said[:300] in unescaped


def test_the_same_release_gives_the_same_page(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert report_page(site, released(site)) == report_page(site, released(site))


def test_it_asks_nobody_for_anything(built_lake: BuiltLake) -> None:
    html = text(report_page(built_lake.site(), released(built_lake.site())))
    assert not re.findall(r"<script|<iframe|@import|url\(|\bsrc=", html)
    assert set(re.findall(r'href="([^#][^"]*)"', html)) == {"data:,"}
    assert "default-src 'none'" in html


def test_a_shop_of_which_nothing_is_known_has_a_page_too() -> None:
    kinds = {table: catalog.gold()[table].columns.values() for table in TABLES}
    nothing = {table: pl.DataFrame(schema={c.name: c.kind.polars for c in columns}) for table, columns in kinds.items()}
    html = text(page(Report("empty", 1, nothing)))
    assert "No month is complete yet" in html and "Nothing stands out" in html
    assert "There is no complete month to draw." in html and "No complete month has a delivery with a promised day." in html
    assert "No valid order has lines, so nothing can be compared." in html and "more often than chance" not in html
    assert "<svg" not in html, "a chart without points is an empty box"


def test_a_section_whose_tables_the_shop_cannot_have_states_why() -> None:
    nothing = {table: pl.DataFrame(schema=catalog.gold()[table].schema) for table in TABLES}
    lacked = ("kpi_monthly", "kpi_bridge", "sales_forecast", "customer_value", "churn_scores", "review_risk", "delivery_effect")
    html = text(page(Report("undated", 1, nothing, {table: f"No dates for {table}." for table in lacked})))
    assert {table for table in lacked if f"The shop cannot have this. No dates for {table}." in html} == set(lacked)
    assert "No month is complete yet" not in html and "no two complete months" not in html
    sections = re.findall(r"<h2 id=\"(\w+)\">[^<]*</h2>(.*?)(?=<h2|</main>)", html, re.DOTALL)
    assert {name for name, body in sections if not body.strip() and name != "segments"} == set()


def test_what_comes_from_files_is_text(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    kinds = {table: gold(built_lake, table) for table in TABLES if (built_lake.root / f"olist/gold/{table}.parquet").exists()}
    said = gold(built_lake, "insights").with_columns(statement=pl.lit("<script>alert(1)</script>"))
    html = text(page(Report(site.shop.name, 1, {**kinds, "insights": said})))
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html


def test_a_list_without_probabilities_is_shown(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    kinds = {table: gold(built_lake, table) for table in TABLES if (built_lake.root / f"olist/gold/{table}.parquet").exists()}
    row = {"customer_id": "ana", "as_of": date(2018, 8, 31), "horizon_days": 90, "form": "next order", "decile": 1}
    scores = pl.DataFrame([row], ChurnScores.table.schema)
    html = text(page(Report(site.shop.name, 1, {**kinds, "churn_scores": scores})))
    assert '<td>next order</td><td class="r">1</td><td class="r">1</td><td class="r">not published</td>' in html


@pytest.mark.usefixtures("chromium")
def test_chromium_prints_it(built_lake: BuiltLake) -> None:
    printed = report_pdf(report_page(built_lake.site(), released(built_lake.site())))
    assert printed.startswith(b"%PDF-") and printed.rstrip().endswith(b"%%EOF")


def test_without_a_browser_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "BROWSERS", ("no-such-browser",))
    with pytest.raises(UserError, match="install it, or take the page without --pdf"):
        report_pdf(b"<p>")
