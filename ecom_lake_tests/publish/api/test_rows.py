"""Rows over HTTP: pages, conditions and orders give the rows of the release, each once, in every format."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ecom_lake.engine.contracts.columns import FLAG, TEXT
from ecom_lake.publish.api.rows import OPERATORS
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease

TABLES = "/v1/shops/olist/tables"


def pages(client: TestClient, address: str, **asked: Any) -> Iterator[dict[str, Any]]:
    while True:
        answer = client.get(address, params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page
        if page["next"] is None:
            return
        assert page["next"] != asked.get("cursor"), "the page gives itself as the next one"
        asked["cursor"] = page["next"]


def rows_of(client: TestClient, address: str, **asked: Any) -> list[dict[str, Any]]:
    return [row for page in pages(client, address, **asked) for row in page["rows"]]


@st.composite
def orders(draw: st.DrawFn, table: str, columns: tuple[str, ...]) -> tuple[str, str]:
    chosen = draw(st.lists(st.sampled_from(columns), unique=True, max_size=4))
    return table, ",".join(draw(st.sampled_from(["", "-"])) + column for column in chosen)


CHOICES = st.one_of(
    orders("customer_metrics", ("customer_id", "orders", "net_sales", "last_order_at", "avg_gap_days")),
    orders("kpi_breakdown", ("metric", "dimension", "member", "value", "period")),
    orders("fct_orders", ("state", "is_late", "review_score", "ordered_at", "net_sales")),
)


@settings(max_examples=25)
@given(choice=CHOICES, limit=st.integers(40, 10_000))
def test_no_row_is_lost_or_twice_whatever_the_order_and_the_size_of_a_page(
    client: TestClient, release: ServedRelease, choice: tuple[str, str], limit: int
) -> None:
    table, order = choice
    contract = release.site.registry.table(table)
    order = ",".join(column for column in order.split(",") if column.lstrip("-") in contract.columns)
    found = rows_of(client, f"{TABLES}/{table}/rows", order=order, limit=limit)
    names = [*filter(None, order.split(",")), *contract.key]
    by = ", ".join(f"{one.lstrip('-')} {'desc' if one[0] == '-' else 'asc'} nulls last" for one in names)
    expected = release.rows(Query(f"select {', '.join(contract.key)} from {table} order by {by}"))
    keys = [[_json(row[key]) for key in contract.key] for row in expected]
    assert [[row[key] for key in contract.key] for row in found] == keys


def _json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_conditions_give_what_the_same_conditions_give_in_sql(client: TestClient, release: ServedRelease) -> None:
    conditions = {
        "month:ge:2017-02": "month >= date '2017-02-01'",
        "month:eq:2017-02-01": "month = date '2017-02-01'",
        "net_sales:gt:100.50": "net_sales > 100.50",
        "net_sales:le:20": "net_sales <= 20",
        "is_late:eq:true": "is_late",
        "state:ne:SP": "state <> 'SP'",
        "state:in:SP,RJ": "state in ('SP', 'RJ')",
        "state:like:S%": "state like 'S%'",
        "review_score:is:null": "review_score is null",
        "review_score:is:notnull": "review_score is not null",
        "review_score:lt:3": "review_score < 3",
        "ordered_at:ge:2017-03-01T12:00": "ordered_at >= timestamp '2017-03-01 12:00'",
    }
    assert {one.split(":")[1] for one in conditions} == set(OPERATORS)
    for condition, sql in conditions.items():
        found = rows_of(client, f"{TABLES}/fct_orders/rows", where=condition, columns="order_id", limit=100)
        expected = release.rows(Query(f"select order_id from fct_orders where {sql} order by order_id"))
        assert (condition, [row["order_id"] for row in found]) == (condition, [row["order_id"] for row in expected])
    both = rows_of(client, f"{TABLES}/fct_orders/rows", where=["month:ge:2017-02", "state:eq:SP"], columns="order_id")
    [expected_count] = release.rows(Query("select count(*) as n from fct_orders where month >= '2017-02-01' and state = 'SP'"))
    assert 0 < len(both) == expected_count["n"]


def test_every_format_has_the_same_rows(client: TestClient, release: ServedRelease) -> None:
    expected = release.frame(Query("select * from gold.kpi_monthly order by month"))
    address = f"{TABLES}/kpi_monthly/rows"
    parquet = client.get(address, params={"format": "parquet"})
    arrow = client.get(address, headers={"Accept": "application/vnd.apache.arrow.stream"})
    csv = client.get(address, headers={"Accept": "text/csv;q=0.9, text/html;q=1.0"})
    assert pl.read_parquet(io.BytesIO(parquet.content)).equals(expected)
    assert pl.read_ipc_stream(io.BytesIO(arrow.content)).equals(expected)
    assert pl.read_csv(csv.content, schema=expected.schema).equals(expected)
    json = client.get(address).json()["rows"]
    assert [row["net_sales"] for row in json] == [str(amount) for amount in expected["net_sales"]]
    assert [row["month"] for row in json] == [month.isoformat() for month in expected["month"]]
    assert [row["aov"] for row in json] == expected["aov"].to_list()
    assert client.get(address, headers={"Accept": "image/png"}).status_code == 406


def test_a_page_names_the_next_one_in_a_header_too(client: TestClient) -> None:
    first = client.get(f"{TABLES}/kpi_monthly/rows?limit=1&columns=month&where=month:ge:2017-02&format=csv")
    assert first.text == "month\n2017-02-01\n"
    second = client.get(first.links["next"]["url"])
    assert second.text == "month\n2017-03-01\n"
    last = client.get(second.links["next"]["url"])
    assert (last.text, last.links) == ("month\n2017-04-01\n", {})


@pytest.mark.parametrize(
    ("table", "query", "sentence"),
    [
        ("kpi_monthly", "columns=net_salse", "kpi_monthly has no column 'net_salse'; did you mean net_sales?"),
        ("kpi_monthly", "columns=month,month", "columns has month twice"),
        ("kpi_monthly", "where=month", "A condition is column:operator:value"),
        ("kpi_monthly", "where=month:about:2018", "An operator is one of eq, ne,"),
        ("kpi_monthly", "where=month:eq:spring", "month must be a date such as 2018-08-31, or a month such as 2018-08"),
        ("kpi_monthly", "where=month:eq:2018-02-30", "month must be a date"),
        ("kpi_monthly", "where=orders:eq:1.5", "orders must be a whole number, not '1.5'."),
        ("kpi_monthly", "where=aov:eq:nan", "aov must be a number such as 0.25, not 'nan'."),
        ("kpi_monthly", "where=net_sales:like:1", "like compares text, and net_sales is a money"),
        ("kpi_monthly", "where=net_sales:is:5", "net_sales:is takes null or notnull, not '5'."),
        ("kpi_monthly", "order=-month,month", "order has month twice"),
        ("kpi_monthly", "cursor=bm90aGluZw", "This is not a cursor"),
        ("kpi_monthly", "limit=10001", "limit must be at most 10,000, not '10001'."),
        ("kpi_monthly", "limit=0", "limit must be at least 1, not '0'."),
        ("kpi_monthly", "order=net_sales:desc", "order is a column, or a column after - for descending, such as -month, not"),
        ("kpi_monthly", "order=net_sales%20desc", "order is a column, or a column after - for descending"),
        ("kpi_monthly", "order=+net_sales", "order is a column, or a column after - for descending"),
        ("kpi_monthly", "colums=month", "This address has no parameter 'colums'"),
        ("kpi_monthly", "format=xlsx", "format must be 'json', 'csv', 'parquet' or 'arrow', not 'xlsx'."),
        ("kpi_monthly", "release=0", "release must be at least 1, not '0'."),
    ],
)
def test_a_wrong_parameter_is_a_sentence(client: TestClient, table: str, query: str, sentence: str) -> None:
    answer = client.get(f"{TABLES}/{table}/rows?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"].startswith(sentence), answer.json()["detail"]


def test_a_cursor_belongs_to_its_table_conditions_and_order(client: TestClient) -> None:
    cursor = client.get(f"{TABLES}/kpi_monthly/rows?limit=1").json()["next"]
    for other in ("kpi_monthly/rows?order=-month", "kpi_monthly/rows?where=month:ge:2017-02", "kpi_daily/rows?"):
        assert client.get(f"{TABLES}/{other}&cursor={cursor}").status_code == 422
    assert len(client.get(f"{TABLES}/kpi_monthly/rows?columns=month&limit=9&cursor={cursor}").json()["rows"]) == 3


@settings(max_examples=60)
@given(hostile=st.one_of(st.text(max_size=40), st.sampled_from(["' or 1=1 --", '"; drop table rfm; --', "$value_0", "%", "\\"])))
def test_values_are_bound_and_never_part_of_the_query(client: TestClient, release: ServedRelease, hostile: str) -> None:
    answer = client.get(f"{TABLES}/sales_cube/rows", params={"where": f"category:eq:{hostile}", "columns": "category"})
    assert (answer.status_code, answer.json()["rows"]) == (200, [])
    for parameter in ("columns", "order", "where", "cursor"):
        assert client.get(f"{TABLES}/sales_cube/rows", params={parameter: f"{hostile}!"}).status_code == 422


def test_every_table_of_the_release_has_rows_in_its_contract_s_columns(client: TestClient, release: ServedRelease) -> None:
    for one in client.get(TABLES).json()["tables"]:
        page = client.get(f"{TABLES}/{one['table']}/rows?limit=3").json()
        contract = release.site.registry.table(one["table"])
        assert len(page["rows"]) == min(one["rows"], 3)
        assert all(list(row) == list(contract.columns) for row in page["rows"])
        for row in page["rows"]:
            assert all(isinstance(row[name], bool | None) for name, column in contract.columns.items() if column.kind == FLAG)
            assert all(isinstance(row[name], str | None) for name, column in contract.columns.items() if column.kind == TEXT)
