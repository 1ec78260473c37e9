"""The page "Profile" over HTTP: every number of it is found again in silver or gold, and no personal value is on it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise

import polars as pl
import pytest
from starlette.testclient import TestClient

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.columns import FLAG, TEXT
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.profile import queries
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.dashboard import profile
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.publish.profile.numbers_in_words import shown
from ecom_lake.publish.profile.release_tables import silver_sources
from ecom_lake_tests.publish.dashboard.html_tables import HtmlTables

PAGE = "/olist/profile"
SILVER = ("customers", "order_index", "order_items", "orders", "payments", "places", "products", "reviews", "sellers")


@dataclass
class Cards(HTMLParser):
    """The texts of each column's card, by its name."""

    texts: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._card: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            self._card = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "article" and self._card:
            self.texts[self._card[0]] = self._card
            self._card = None

    def handle_data(self, data: str) -> None:
        if self._card is not None and data.strip():
            self._card.append(data.strip())


def cards(client: TestClient, table: str) -> dict[str, list[str]]:
    answer = client.get(f"{PAGE}?table={table}")
    assert answer.status_code == 200, answer.text
    read = Cards()
    read.feed(answer.text)
    return read.texts


def silver(release: ServedRelease, table: str) -> pl.DataFrame:
    return release.frame(Query(f"select * from silver.{table}"))


def contract(release: ServedRelease, table: str) -> Table:
    return release.site.registry.silver[table]


@pytest.mark.parametrize("table", SILVER)
def test_every_number_of_a_table_is_found_in_silver(client: TestClient, release: ServedRelease, table: str) -> None:
    rows, found = silver(release, table), cards(client, table)
    absent = {name for name in contract(release, table).columns if f"{table}.{name}" in release.site.absent}
    assert set(found) == set(rows.columns) - {"source_sequence", "source_record"} - absent
    for name, texts in found.items():
        column, values = contract(release, table).columns[name], rows[name].drop_nulls()
        missing = len(rows) - len(values)
        assert (f"{missing:,} missing ({percent(missing / len(rows))})" if missing else "no value missing") in texts
        each_once = ", each once" if values.n_unique() == len(values) > 1 else ""
        assert f"{values.n_unique():,} distinct{each_once}" in texts
        if column.personal:
            assert "Personal: its values are counted and not shown." in texts
        elif column.kind in (TEXT, FLAG):
            counts = Counter(str(value).lower() if column.kind == FLAG else value for value in values)
            frequent = sorted(((-n, value) for value, n in counts.items() if n >= queries.LEAST_SHOWN))[: queries.MOST_VALUES]
            expected = [text for n, value in frequent for text in (value, f"{-n:,}", percent(-n / len(values)))]
            assert texts[len(texts) - len(expected) :] == expected if expected else texts[-1].startswith("No ")
        elif column.kind.is_numeric and len(values):
            floats = values.cast(pl.Float64)
            quartiles = [floats.quantile(share, "linear") for share in (0.25, 0.5, 0.75)]
            assert all(one is not None for one in quartiles)
            low, middle, high = (float(one or 0) for one in quartiles)
            drawn = dict(pairwise(texts))
            numbers = {"25%": low, "median": middle, "75%": high, "mean": round(float(floats.to_numpy().mean()), 6)}
            numbers |= {"smallest": float(floats.to_numpy().min()), "largest": float(floats.to_numpy().max())}
            assert {label: drawn[label] for label in numbers} == {label: shown(one, column) for label, one in numbers.items()}
            if high > low and queries.has_outliers(column):
                beyond = len(values) - int(floats.is_between(low - 1.5 * (high - low), high + 1.5 * (high - low)).sum())
                assert any(text.startswith(f"{beyond:,} outlier" if beyond else "no outliers") for text in texts)


@pytest.mark.parametrize("table", SILVER)
def test_no_value_of_a_personal_column_is_on_the_page_or_in_its_files(
    client: TestClient, release: ServedRelease, table: str
) -> None:
    personal = [name for name, column in contract(release, table).columns.items() if column.personal]
    values = {str(value) for name in personal for value in silver(release, table)[name].drop_nulls().unique()}
    texts = [text for card in cards(client, table).values() for text in card]
    for part in ("columns", "histograms", "values", "correlations"):
        answer = client.get(f"{PAGE}/{part}.csv?table={table}")
        if answer.status_code == 200:
            texts += re.split(r"[,\r\n]", answer.text)
    assert not {value for value in values if len(value) > 4} & set(texts)


def test_the_whole_shop_lists_its_tables_with_their_rows(client: TestClient, release: ServedRelease) -> None:
    html = client.get(PAGE).text
    listed = {row[0]: row[2] for row in HtmlTables.of(html).rows("Tables")}
    assert listed == {table.replace("_", " "): f"{len(silver(release, table)):,}" for table in SILVER}
    for table in SILVER:
        assert f'href="{PAGE}?table={table}"' in html


def test_orders_by_month_weekday_and_customer_are_those_of_gold(client: TestClient, release: ServedRelease) -> None:
    html = client.get(PAGE).text
    orders = release.frame(Query("select * from gold.fct_orders")).filter("is_valid")
    for month, count in orders["month"].value_counts().iter_rows():
        assert re.search(rf"{month:%b %Y}: {count:,}\b", html)
    for weekday, count in orders["order_date"].dt.weekday().value_counts().iter_rows():
        day = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[weekday - 1]
        assert f"{day}: {count:,} orders, {percent(count / len(orders))}" in html
    for hour, count in orders["ordered_at"].dt.hour().value_counts().iter_rows():
        assert f"{hour}:00 to {hour}:59: {count:,} orders" in html
    by_customer = Counter(Counter(orders["customer_id"].drop_nulls()).values())
    shown_rows = HtmlTables.of(html).rows("Customers by number of orders")
    total = sum(by_customer.values())
    assert [[row[0], *row[2:]] for row in shown_rows] == [
        [str(number), f"{count:,}", percent(count / total)] for number, count in sorted(by_customer.items()) if number < 6
    ]


@pytest.mark.parametrize("chart", ["months", "weekdays", "hours", "frequency", "correlations"])
def test_the_charts_of_the_shop_have_files_and_evidence(client: TestClient, chart: str) -> None:
    assert client.get(f"{PAGE}/{chart}.csv").text.count("\n") > 2
    evidence = client.get(f"{PAGE}/{chart}/evidence")
    assert (evidence.status_code, "The SQL that ran" in evidence.text) == (200, True)


def test_a_table_states_what_changed_since_the_previous_release(client: TestClient) -> None:
    answer = client.get(f"{PAGE}/columns/evidence?table=orders")
    assert answer.status_code == 200
    assert re.search(r"order_id.*rows", answer.text, re.DOTALL)


def test_a_large_table_is_profiled_by_a_sample_and_states_it(
    client: TestClient, release: ServedRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small_samples(site: Site, entry: Entry) -> list[queries.Source]:
        return [replace(one, most_rows=100) for one in silver_sources(site, entry)]

    monkeypatch.setattr(profile, "silver_sources", small_samples)
    html = client.get(f"{PAGE}?table=orders").text
    total = len(silver(release, "orders"))
    [(sample, rows)] = re.findall(r"The figures are of a sample of ([\d,]+) of its ([\d,]+) rows", html)
    assert rows == f"{total:,}"
    assert 50 <= int(sample) <= 150
    [distinct] = [text for text in cards(client, "orders")["order_id"] if "distinct" in text]
    assert distinct == f"{sample} distinct, each once"


def test_the_whole_shop_states_which_figures_are_of_a_sample(
    client: TestClient, release: ServedRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small_samples(site: Site, entry: Entry) -> list[queries.Source]:
        return [replace(one, most_rows=100) if one.table.name == "orders" else one for one in silver_sources(site, entry)]

    monkeypatch.setattr(profile, "silver_sources", small_samples)
    html = client.get(f"{PAGE}?release={release.number}").text
    assert "values missing, first and last month of orders are those of a sample of about 100 rows" in html
    assert re.search(r"In a sample of \d+ rows, status is delivered in ", html)


def test_a_table_that_the_shop_does_not_have_is_a_sentence(client: TestClient) -> None:
    answer = client.get(f"{PAGE}?table=<script>")
    assert answer.status_code == 404
    assert "has no silver table &#39;&lt;script&gt;&#39; in release" in answer.text
    assert client.get(f"{PAGE}?table=rfm").status_code == 404, "gold is on the other pages"


def test_an_older_release_keeps_its_number_in_all_links(client: TestClient, release: ServedRelease) -> None:
    older = release.previous
    html = client.get(f"{PAGE}?release={older}").text
    assert f"{PAGE}?release={older}&amp;table=orders" in html
    assert f"{PAGE}?table=" not in html


def test_the_page_is_below_trust_in_the_navigation(client: TestClient) -> None:
    html = client.get(PAGE).text
    assert re.search(r'<nav class="pages".*?<a href="/olist/trust" aria-current="true">Trust</a>', html)
    assert 'href="/olist/profile"' in client.get("/olist/trust").text
