"""Questions, metrics, customers and models over HTTP: their numbers are those of the tables, and no sum is wrong."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake

SHOP = "/v1/shops/olist"


def test_every_question_of_the_shop_is_answered_as_on_the_command_line(client: TestClient, release: ServedRelease) -> None:
    listed = client.get(f"{SHOP}/questions").json()["questions"]
    assert {one["question"]: one["absent"] for one in listed if one["absent"]} == release.unanswerable
    for one in listed:
        answer = client.get(f"{SHOP}/questions/{one['question']}")
        if one["absent"]:
            assert (answer.status_code, one["absent"] in answer.json()["detail"]) == (404, True)
            continue
        expected = release.answer(one["question"], {})
        found = answer.json()
        assert (found["columns"], len(found["rows"]), found["sql"]) == (list(expected.columns), len(expected.rows), expected.sql)
        assert set(found["parameters"]) == {parameter["name"] for parameter in one["parameters"]}


def test_the_parameters_of_a_question_are_checked(client: TestClient) -> None:
    found = client.get(f"{SHOP}/questions/best-month?year=2017").json()
    assert (found["parameters"], found["rows"][0]["month"][:4]) == ({"year": "2017"}, "2017")
    for query, sentence in (
        ("yaer=2017", "has no parameter 'yaer'"),
        ("year=1900", "year must be one of 2017 and all, not '1900'."),
    ):
        answer = client.get(f"{SHOP}/questions/best-month?{query}")
        assert (answer.status_code, sentence in answer.json()["detail"]) == (422, True), answer.text
    unknown = client.get(f"{SHOP}/questions/best-mont")
    assert (unknown.status_code, "The nearest: best-month" in unknown.json()["detail"]) == (404, True)


def test_an_answer_about_people_needs_a_scope(fresh_lake: BuiltLake) -> None:
    (fresh_lake.folder / "questions").mkdir()
    sql = "select customer_id, net_sales from customer_metrics order by net_sales desc limit 3"
    text = f'/*\ntitle = "Which customers have the highest sales?"\n*/\n{sql}\n'
    (fresh_lake.folder / "questions/top-customers.sql").write_text(text)
    with TestClient(server(fresh_lake.settings), base_url="http://localhost") as client:
        answer = client.get(f"{SHOP}/questions/top-customers")
        refused = client.get(f"{SHOP}/questions/top-customers", headers={"X-Forwarded-For": "192.0.2.1"})
        pages = [client.get(f"/olist/ask/top-customers{kind}", headers={"Via": "1.1 proxy"}) for kind in ("", ".csv")]
        assert client.get("/olist/ask/top-customers").status_code == 200
    assert (answer.status_code, len(answer.json()["rows"])) == (200, 3)
    assert (refused.status_code, refused.json()["detail"][:35]) == (403, "The answer has the column customer_")
    assert [page.status_code for page in pages] == [403, 403]


def test_every_answer_of_a_question_is_also_a_table(client: TestClient, release: ServedRelease) -> None:
    answerable = [one.name for one in release.site.registry.questions if one.name not in release.unanswerable]
    for name in answerable:
        address = f"{SHOP}/questions/{name}"
        answer = client.get(address).json()
        for format_, read in (("parquet", pl.read_parquet), ("arrow", pl.read_ipc_stream)):
            frame = read(io.BytesIO(client.get(f"{address}?format={format_}").content))
            assert (frame.columns, len(frame)) == (answer["columns"], len(answer["rows"]))
    csv = client.get(f"{SHOP}/questions/best-month?year=2017", headers={"Accept": "text/csv"})
    rows = client.get(f"{SHOP}/questions/best-month?year=2017").json()["rows"]
    assert csv.headers["content-type"].startswith("text/csv")
    assert [row.split(",")[1] for row in csv.text.splitlines()] == ["month", *(row["month"] for row in rows)]


def test_a_metric_is_also_a_table(client: TestClient) -> None:
    by_state = client.get(f"{SHOP}/metrics/net_sales?by=state")
    lines = client.get(f"{SHOP}/metrics/net_sales?by=state&format=csv").text.splitlines()
    assert lines == ["state,value", *(f"{row['state']},{row['value']}" for row in by_state.json()["rows"])]
    total = client.get(f"{SHOP}/metrics/net_sales?format=csv").text
    assert total == f"value\n{by_state.json()['total']}\n"


def test_metrics_by_month_are_those_of_kpi_monthly(client: TestClient, release: ServedRelease) -> None:
    rows = release.rows(Query("select * from kpi_monthly order by month"))
    [summary] = release.rows(Query("select value from kpi_summary where metric = 'customers'"))
    for one in client.get(f"{SHOP}/metrics").json()["metrics"]:
        found = client.get(f"{SHOP}/metrics/{one['metric']}?by=month").json()
        assert [_number(row["value"]) for row in found["rows"]] == pytest.approx([_number(row[one["metric"]]) for row in rows])
        assert found["definition"] == release.site.registry.table("kpi_monthly").columns[one["metric"]].meaning
        release.rows(Query(found["sql"]))
    customers = client.get(f"{SHOP}/metrics/customers?by=month").json()
    assert customers["total"] == summary["value"] < sum(row["value"] for row in customers["rows"])


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


@pytest.mark.parametrize("by", ["segment", "category", "state"])
def test_additive_metrics_by_a_dimension_sum_to_the_facts(client: TestClient, release: ServedRelease, by: str) -> None:
    found = client.get(f"{SHOP}/metrics/net_sales?by={by}&since=2017-02&until=2017-03").json()
    rows = release.rows(
        Query(
            f"select {by}, sum(net_sales) as value from sales_cube where month between '2017-02-01' and '2017-03-01'"
            f" group by {by} order by value desc, {by}"
        )
    )
    assert found["rows"] == [{by: row[by], "value": str(row["value"])} for row in rows]
    [facts] = release.rows(
        Query("select sum(net_sales) as total from fct_sales where is_valid and month between '2017-02-01' and '2017-03-01'")
    )
    assert found["total"] == str(facts["total"])


def test_what_does_not_add_up_is_refused_and_has_a_way_out(client: TestClient, release: ServedRelease) -> None:
    for one in client.get(f"{SHOP}/metrics").json()["metrics"]:
        answer = client.get(f"{SHOP}/metrics/{one['metric']}?by=state")
        assert answer.status_code == (200 if one["metric"] in release.site.registry.table("sales_cube").additive else 422)
    refused = client.get(f"{SHOP}/metrics/customers?by=state").json()["detail"]
    assert refused.startswith("customers does not add up over the cells of sales_cube")
    [expected] = release.rows(
        Query("select count(distinct customer_id) as customers from fct_orders where is_valid and state = 'SP'")
    )
    assert client.get(f"{SHOP}/metrics/customers?state=SP").json()["total"] == expected["customers"]


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("net_sale", 404, "There is no metric 'net_sale': there are net_sales"),
        ("net_sales?since=2017", 422, "since must be a month such as 2018-08, not '2017'."),
        ("net_sales?since=2017-03&until=2017-02", 422, "since (2017-03) is after until (2017-02)."),
        ("net_sales?by=product", 422, "by must be 'month', 'segment', 'category' or 'state', not 'product'."),
        ("net_sales?state=SB", 422, "There are no sales of the state 'SB': there are "),
        ("net_sales?category=bed_bath_tabel", 422, "There are no sales of the category 'bed_bath_tabel': did you mean bed_"),
        ("net_sales?segmnt=x", 422, "This address has no parameter 'segmnt'"),
    ],
)
def test_a_wrong_metric_is_a_sentence(client: TestClient, query: str, status: int, sentence: str) -> None:
    answer = client.get(f"{SHOP}/metrics/{query}")
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(sentence), answer.json()["detail"]


def test_a_customer_has_every_table_with_a_row_for_each_customer(client: TestClient, release: ServedRelease) -> None:
    [top] = release.rows(Query("select customer_id, orders from customer_metrics order by orders desc, customer_id limit 1"))
    found = client.get(f"{SHOP}/customers/{top['customer_id']}").json()
    assert found["tables"]["customer_metrics"]["orders"] == top["orders"]
    assert found["tables"]["rfm"]["customer_id"] == top["customer_id"]
    placed = release.rows(Query("select order_id from fct_orders where customer_id = $one", {"one": top["customer_id"]}))
    assert {order["order_id"] for order in found["orders"]} == {row["order_id"] for row in placed}
    times = [order["ordered_at"] for order in found["orders"]]
    assert times == sorted(times, reverse=True)
    for nobody in ("nobody", "a/b", "' or 1=1 --"):
        assert client.get(f"{SHOP}/customers/{nobody}").status_code == 404
    assert client.get(f"{SHOP}/customers/{top['customer_id']}", headers={"Via": "a proxy"}).status_code == 403


def test_each_model_has_its_card_whatever_its_status(client: TestClient, release: ServedRelease) -> None:
    cards = release.rows(Query("select model, status, reason from model_cards"))
    assert "refused" in {card["status"] for card in cards}
    for card in cards:
        found = client.get(f"{SHOP}/models/{card['model']}").json()
        assert (found["card"]["status"], found["card"]["reason"]) == (card["status"], card["reason"])
        rivals = release.rows(Query("select rival from model_rivals where model = $m", {"m": card["model"]}))
        assert len(found["tables"].get("model_rivals", ())) == len(rivals)
    assert client.get(f"{SHOP}/models/oracle").status_code == 404
