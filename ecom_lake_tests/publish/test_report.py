"""The monthly report: its numbers are those of the gold tables, it loads nothing, and every section has content or a reason."""

from __future__ import annotations

import re
from datetime import date

import polars as pl
import pytest

from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UserError
from ecom_lake.publish import report_file as report
from ecom_lake.publish.pages.report import TABLES, Report, page
from ecom_lake.publish.report_file import report_page, report_pdf
from ecom_lake.shop.churn.churn_scores import ChurnScores
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.built_lake import BuiltLake


def gold(lake: BuiltLake, table: str) -> pl.DataFrame:
    return pl.read_parquet(lake.root / "olist" / "gold" / f"{table}.parquet")


def text(html: bytes) -> str:
    return html.decode()


def sections_without_content(html: str) -> set[str]:
    """Sections with nothing but their headings."""
    sections = re.findall(r"<section id=\"(\w+)\">(.*?)</section>", html, re.DOTALL)
    assert len(sections) == html.count("<section")
    return {name for name, body in sections if not re.sub(r"<h\d>[^<]*</h\d>|<[^>]*>", "", body).strip()}


def test_the_cards_have_the_values_of_the_last_complete_month(built_lake: BuiltLake) -> None:
    html = text(report_page(built_lake.site(), released(built_lake.site())))
    last = gold(built_lake, "kpi_monthly").filter("is_complete").sort("month").row(-1, named=True)
    for name in ("net_sales", "orders", "customers"):
        assert re.search(rf'<b id="{name}">(\S+\xa0)?{last[name]:,.0f}</b>', html)


def test_every_insight_and_every_verdict_is_on_it(built_lake: BuiltLake) -> None:
    html = text(report_page(built_lake.site(), released(built_lake.site())))
    unescaped = html.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
    for said in [*gold(built_lake, "insights")["statement"], *gold(built_lake, "model_cards")["reason"]]:
        assert said[:300] in unescaped


def test_the_same_release_gives_the_same_page(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert report_page(site, released(site)) == report_page(site, released(site))


def test_it_loads_nothing_and_runs_no_script(built_lake: BuiltLake) -> None:
    html = text(report_page(built_lake.site(), released(built_lake.site())))
    assert not re.findall(r"<script|<iframe|@import|url\(|\bsrc=", html)
    assert set(re.findall(r'href="([^#][^"]*)"', html)) == {"data:,"}
    assert "default-src 'none'" in html


def test_a_shop_without_rows_has_a_page() -> None:
    kinds = {table: catalog.gold()[table].columns.values() for table in TABLES}
    nothing = {table: pl.DataFrame(schema={c.name: c.kind.polars for c in columns}) for table, columns in kinds.items()}
    html = text(page(Report("empty", 1, nothing)))
    assert "No month is complete yet" in html and "No statement has enough evidence to be shown." in html
    assert "There are no sales yet." in html and "No complete month has a delivery with a promised day." in html
    assert "No valid order has lines, so no pairs can be compared." in html and "more often than chance" not in html
    assert "<svg" not in html, "a chart without points is an empty box"
    assert sections_without_content(html) == set()


def test_it_states_the_orders_that_no_number_about_customers_contains() -> None:
    gold = {table: pl.DataFrame(schema=catalog.gold()[table].schema) for table in TABLES}
    values = {"anonymous_orders": 1200.0, "anonymous_net_sales": 2500.0, "net_sales": 10000.0}

    def section(summary: dict[str, float]) -> str:
        rows = pl.DataFrame({"metric": [*summary], "value": [*summary.values()]})
        html = text(page(Report("shop", 1, gold | {"kpi_summary": rows})))
        return html.partition('<section id="segments">')[2].partition("</section>")[0]

    assert "1,200 orders have no customer, with net sales of 2,500 (25.0% of all)." in section(values)
    assert ">1 order has no customer, with" in section(values | {"anonymous_orders": 1.0})
    assert "have no customer" not in section(values | {"anonymous_orders": 0.0})
    assert "have no customer" not in section({"net_sales": 10000.0}), "a release from before there were anonymous orders"


def test_products_have_names_and_large_numbers_are_written_out() -> None:
    gold = {table: pl.DataFrame(schema=catalog.gold()[table].schema) for table in TABLES}
    rule = {"level": "product", "antecedent": "1" * 32, "consequent": "2" * 32, "antecedent_size": 1, "is_significant": True}
    products = [("1" * 32, "Linen sheet", "bed_bath_table"), ("2" * 32, None, "home_comfort")]
    card = {"model": "experiment_plan", "status": "published", "metric": "customers", "value": 32198.0, "baseline_value": 0.0641}
    filled: dict[str, list[dict[str, object]]] = {
        "basket_rules": [rule | {"orders": 29, "lift": 39.2, "confidence": 0.2}],
        "dim_product": [dict(zip(("product_id", "name", "category"), product, strict=True)) for product in products],
        "model_cards": [card],
    }
    rows = {table: pl.DataFrame(rows, schema=catalog.gold()[table].schema) for table, rows in filled.items()}
    html = text(page(Report("shop", 1, gold | rows)))
    assert "Linen sheet and home comfort · 22222222 are bought together 39.20 times" in html
    assert "1" * 32 not in html
    assert ">32,198<" in html and ">0.0641<" in html and "e+" not in html


def test_the_bridge_has_a_label_for_every_driver() -> None:
    drivers = catalog.gold()["kpi_bridge"].columns["driver"].one_of
    rows = [(date(2018, 1, 1), date(2018, 2, 1), driver, at, at) for at, driver in enumerate(drivers, 1)]
    bridge = pl.DataFrame(rows, catalog.gold()["kpi_bridge"].schema, orient="row")
    gold = {table: pl.DataFrame(schema=catalog.gold()[table].schema) for table in TABLES} | {"kpi_bridge": bridge}
    assert "anonymous orders" in text(page(Report("shop", 1, gold)))


def test_a_section_whose_tables_the_shop_cannot_have_states_why() -> None:
    nothing = {table: pl.DataFrame(schema=catalog.gold()[table].schema) for table in TABLES}
    lacked = ("kpi_monthly", "kpi_bridge", "sales_forecast", "customer_value", "churn_scores", "review_risk", "delivery_effect")
    html = text(page(Report("undated", 1, nothing, {table: f"No dates for {table}." for table in lacked})))
    assert {table for table in lacked if f"Not available for this shop. No dates for {table}." in html} == set(lacked)
    assert "No month is complete yet" not in html and "no two complete months" not in html
    assert sections_without_content(html) == set()


def months_of(*rows: dict[str, object]) -> dict[str, pl.DataFrame]:
    """Gold of a shop that has nothing but kpi_monthly."""
    empty = {table: pl.DataFrame(schema=catalog.gold()[table].schema) for table in TABLES}
    return {**empty, "kpi_monthly": pl.DataFrame(rows, schema=catalog.gold()["kpi_monthly"].schema)}


def test_a_shop_of_one_month_has_a_chart_and_no_changes() -> None:
    only = {"month": date(2018, 8, 1), "is_complete": True, "net_sales": 1200, "orders": 10, "customers": 9}
    html = text(page(Report("new", 1, months_of(only), currency="€")))
    assert "new: report for August 2018" in html
    assert "Net sales in August 2018 were €\N{NO-BREAK SPACE}1,200." in html
    assert html.count('<span class="">n/a</span> vs ') == 2 * html.count('<div class="card">') == 6
    assert "There are no two complete months to compare." in html and "Aug 2018: €\N{NO-BREAK SPACE}1,200" in html
    assert sections_without_content(html) == set()


def test_incomplete_months_are_drawn_pale_and_not_compared() -> None:
    months = [
        {"month": date(2018, number, 1), "is_complete": number == 8, "net_sales": 100, "orders": 1, "customers": 1}
        for number in (7, 8, 9)
    ]
    html = text(page(Report("shop", 1, months_of(*months))))
    assert html.count('<rect class="pale"') == 2 and html.count('<rect class="bar"') == 1
    assert html.count("vs Jul 2018") == html.count('<span class="">n/a</span> vs Jul 2018') == 3


def test_a_shop_without_reviews_and_costs_has_no_cards_of_them() -> None:
    month = {"month": date(2018, 8, 1), "is_complete": True, "net_sales": 100, "orders": 1, "customers": 1}
    html = text(page(Report("shop", 1, months_of(month))))
    assert not re.findall(r'id="(avg_review|gross_profit|late_rate|return_rate|review_chart|late_chart)"', html)


def test_an_undated_shop_has_its_totals() -> None:
    gold = months_of()
    metrics = [{"metric": "net_sales", "value": 5000.0}, {"metric": "repeat_purchase_rate", "value": 0.25}]
    gold["kpi_summary"] = pl.DataFrame(metrics, schema=catalog.gold()["kpi_summary"].schema)
    html = text(page(Report("undated", 1, gold, {"kpi_monthly": "The shop has no order dates."}, "€")))
    assert '<b id="net_sales">€\N{NO-BREAK SPACE}5,000</b>' in html and '<b id="repeat_purchase_rate">25.0%</b>' in html
    assert "All orders to date." in html and "Not available for this shop. The shop has no order dates." in html


def test_the_repeat_purchase_rate_is_that_of_the_end_of_the_month() -> None:
    months = [{"month": date(2018, number, 1), "is_complete": True, "net_sales": 100} for number in (7, 8)]
    gold = months_of(*months)
    ends = [(date(2018, 7, 31), 0.02), (date(2018, 8, 31), 0.03)]
    rows = [{"as_of": day, "horizon": horizon, "repeat_purchase_rate": rate} for day, rate in ends for horizon in ("90", "180")]
    gold["kpi_churn"] = pl.DataFrame(rows, schema=catalog.gold()["kpi_churn"].schema)
    html = text(page(Report("shop", 1, gold)))
    assert '<b id="repeat_purchase_rate">3.0%</b>' in html and '<span class="good">+1.0 pp</span> vs Jul 2018' in html


def test_text_from_the_data_is_escaped(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    kinds = {table: gold(built_lake, table) for table in TABLES if (built_lake.root / f"olist/gold/{table}.parquet").exists()}
    said = gold(built_lake, "insights").with_columns(statement=pl.lit("<script>alert(1)</script>"))
    html = text(page(Report(site.shop.name, 1, {**kinds, "insights": said})))
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html


def test_deciles_without_probabilities_are_shown(built_lake: BuiltLake) -> None:
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


def test_without_a_browser_the_error_names_the_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "BROWSERS", ("no-such-browser",))
    with pytest.raises(UserError, match="install it, or write the page without --pdf"):
        report_pdf(b"<p>")
