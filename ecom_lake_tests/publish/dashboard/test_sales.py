"""The page "Sales" over HTTP: every number is found in gold by a query of its own, and filters act where they can."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.breakdown_explorer import DIMENSIONS, OPTIONS, explorer, shown_dimension
from ecom_lake.publish.dashboard.filters import read_filters
from ecom_lake.publish.dashboard.options import Options, read_options
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, percent
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.dashboard.html_tables import HtmlTables

PAGE = "/olist/sales"
MONTHS = "from=2017-02&to=2017-03"
IN_MONTHS = "month between '2017-02-01' and '2017-03-01'"


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(application(grown_lake.settings), base_url="http://localhost") as client:
        yield client


def page(client: TestClient, query: str = MONTHS) -> HtmlTables:
    answer = client.get(f"{PAGE}?{query}")
    assert answer.status_code == 200, answer.text
    assert "nan" not in re.findall(r'(?:x|y|width|height)="([^"]*)"', answer.text)
    return HtmlTables.of(answer.text)


def rows(release: ServedRelease, sql: str) -> list[Row]:
    return list(release.rows(Query(sql)))


def test_the_waterfall_is_that_of_the_orders_and_closes(client: TestClient, release: ServedRelease) -> None:
    shown = page(client)
    values = dict(zip(shown.texts["member"], shown.texts["value"], strict=True))
    [orders] = rows(
        release,
        "select sum(gross_sales) as gross, sum(net_sales) as net, sum(freight) as freight, sum(gmv) as gmv,"
        f" sum(payments) as payments from fct_orders where is_valid and {IN_MONTHS}",
    )
    totals = {"gross sales": "gross", "net sales": "net", "freight": "freight", "GMV": "gmv", "payments": "payments"}
    assert {name: values[name] for name in totals} == {name: amount(orders[key], 2) for name, key in totals.items()}
    numbers = {name: Decimal(text.replace(",", "")) for name, text in values.items()}
    names = list(numbers)
    outcomes = names[names.index("net sales") + 1 : names.index("freight")]
    causes = names[names.index("GMV") + 1 : names.index("payments")]
    assert sum(numbers[name] for name in outcomes) == numbers["net sales"]
    assert sum(numbers[name] for name in causes) + numbers["GMV"] == numbers["payments"]
    assert len(shown.texts["closes good"]) == 4
    assert "closes bad" not in shown.texts


def test_payment_methods_have_the_payments_and_orders_of_the_months(client: TestClient, release: ServedRelease) -> None:
    expected = rows(
        release,
        "select p.method, sum(p.payments) as paid, count(distinct p.order_id) as orders, count(*) as n from fct_payments as p"
        f" join fct_orders as o on o.order_id = p.order_id where o.is_valid and p.payment_count > 0 and o.{IN_MONTHS}"
        " group by p.method order by paid desc",
    )
    total = sum(row["paid"] for row in expected)
    shown = page(client).rows("Payment methods")
    assert [(row[0], row[2], row[3]) for row in shown] == [
        (row["method"].replace("_", " "), amount(row["paid"]), percent(float(row["paid"] / total))) for row in expected
    ]
    assert [int(row[-2].replace(",", "")) for row in shown] == [row["orders"] for row in expected]


def test_statuses_are_of_all_orders(client: TestClient, release: ServedRelease) -> None:
    expected = rows(
        release,
        "select status, count(*) as orders, sum(net_sales) as net_sales from fct_orders group by status"
        " order by orders desc, status",
    )
    assert [(row[0], row[2], row[3]) for row in page(client).rows("Orders by status")] == [
        (row["status"], f"{row['orders']:,}", amount(row["net_sales"])) for row in expected
    ]


def test_the_calendar_has_every_day_of_the_months(client: TestClient, release: ServedRelease) -> None:
    text = client.get(f"{PAGE}?{MONTHS}").text
    found = dict(re.findall(r"<title>\w{3} (2017-0[23]-\d\d): ([\d,]+)</title>", text))
    expected = rows(
        release,
        "select d.date, coalesce(sum(o.net_sales), 0) as net_sales from dim_date as d"
        " left join fct_orders as o on o.order_date = d.date and o.is_valid"
        " where d.date between '2017-02-01' and '2017-03-31' group by d.date",
    )
    assert found == {f"{row['date']}": amount(row["net_sales"]) for row in expected}
    assert len(found) == 28 + 31


@pytest.mark.parametrize("dimensions", [("state",), ("category",), ("state", "segment")])
def test_filters_act_on_the_calendar_and_the_breakdown(
    client: TestClient, release: ServedRelease, dimensions: tuple[str, ...]
) -> None:
    members = {dimension: _largest(release, dimension) for dimension in dimensions}
    conditions = " and ".join(f"{name} = '{member}'" for name, member in members.items())
    [total] = rows(release, f"select sum(net_sales) as net_sales from sales_cube where {IN_MONTHS} and {conditions}")
    query = "&".join([MONTHS, *(f"{name}={member}" for name, member in members.items())])
    text = client.get(f"{PAGE}?{query}").text
    months = re.findall(r'aria-current="true"><b>(?:Feb|Mar) 2017</b><svg.*?</svg><small>([\d,]+)', text)
    assert len(months) == 2
    assert sum(int(month.replace(",", "")) for month in months) == pytest.approx(total["net_sales"], abs=1)
    by = "category" if "state" in members else "state"
    expected = rows(
        release,
        f"select {by} as member, sum(net_sales) as net_sales from sales_cube where {IN_MONTHS} and {conditions}"
        f" group by {by} order by net_sales desc, member limit 5",
    )
    shown = page(client, f"{query}&by={by}").rows(f"Sales by {by}")
    assert [(row[0], row[2]) for row in shown[:5]] == [
        (row["member"].replace("_", " "), amount(row["net_sales"])) for row in expected
    ]


def _largest(release: ServedRelease, dimension: str) -> str:
    [row] = rows(
        release, f"select {dimension} as member from sales_cube group by {dimension} order by sum(net_sales) desc limit 1"
    )
    return str(row["member"])


@pytest.mark.parametrize(
    ("query", "period"),
    [
        ("from=2017-03&to=2017-03", "period_type = 'month' and period = '2017-03-01'"),
        ("from=2017-01&to=2017-04", "period_type = 'all'"),
        (MONTHS, "period_type = 'month' and period between '2017-02-01' and '2017-03-01'"),
    ],
)
@pytest.mark.parametrize("by", ["category", "payment_method", "weekday", "product"])
def test_every_breakdown_is_that_of_kpi_breakdown(
    client: TestClient, release: ServedRelease, query: str, period: str, by: str
) -> None:
    shown = page(client, f"{query}&by={by}&measure=orders").rows(f"Sales by {by.replace('_', ' ')}")
    expected = rows(
        release,
        f"select member, sum(orders) as orders, sum(units) as units, sum(net_sales) as net_sales, sum(customers) as customers,"
        f" count(*) as periods from kpi_breakdown where {period} and dimension = '{by}' group by member"
        " order by orders desc, net_sales desc, member limit 24",
    )
    assert [(row[2], row[3], row[4]) for row in _sorted(shown)] == [
        (amount(row["net_sales"]), f"{row['orders']:,}", f"{row['units']:,}") for row in expected
    ]
    is_one_period = "between" not in period
    if is_one_period:
        assert [row[6] for row in _sorted(shown)] == [f"{row['customers']:,}" for row in expected]
    else:
        assert all(row[6].endswith("%") for row in shown), "no column of customers, which do not add up: the share comes next"


def _sorted(shown: list[list[str]]) -> list[list[str]]:
    """In the order of their orders and sales, since weekdays are shown in the order of the week."""
    return sorted(shown, key=lambda row: [-int(row[i].replace(",", "")) for i in (3, 2)])


@pytest.mark.parametrize(
    ("query", "month", "text"),
    [
        ("from=4100-01", "2017-04", "Apr 2017, the whole shop"),
        ("to=0001-01", "2017-01", "Jan 2017, the whole shop"),
        ("to=2010-01", "2017-01", "Jan 2017, the whole shop"),
        ("from=2030-01&to=2030-05", "2017-04", "Apr 2017, the whole shop"),
    ],
)
def test_months_outside_the_shop_become_its_nearest_month(client: TestClient, query: str, month: str, text: str) -> None:
    assert page(client, query).rows("Sales by category") == page(client, f"from={month}&to={month}").rows("Sales by category")
    assert text in client.get(f"{PAGE}/breakdown/evidence?{query}").text
    links = re.findall(rf'href="({PAGE}\?[^"]+)"', client.get(f"{PAGE}?{query}").text)
    assert links and client.get(unescape(links[0])).status_code == 200


def test_changes_are_against_the_months_before(client: TestClient, release: ServedRelease) -> None:
    shown = page(client, "from=2017-03&to=2017-03&by=state&measure=units").rows("Sales by state")
    units = {
        (row["member"], row["period"].month): row["units"]
        for row in rows(release, "select * from kpi_breakdown where dimension = 'state' and period_type = 'month'")
    }
    changes = {row[0]: row[-1] for row in shown}
    expected = {
        member: f"{100 * (units[member, 3] / units[member, 2] - 1):+.1f}%" if (member, 2) in units else "–" for member in changes
    }
    assert {member: change.replace("-0.0", "+0.0") for member, change in changes.items()} == expected


def test_the_csv_has_all_members_with_raw_numbers(client: TestClient, release: ServedRelease) -> None:
    answer = client.get(f"{PAGE}/breakdown.csv?{MONTHS}&by=product")
    number = release.number
    assert answer.headers["content-disposition"] == f'attachment; filename="olist-release-{number}-sales-by-product.csv"'
    found = {row["member"]: Decimal(row["net_sales"]) for row in csv.DictReader(io.StringIO(answer.text))}
    expected = rows(
        release,
        f"select product_id, sum(net_sales) as net_sales from fct_sales where is_valid and {IN_MONTHS} group by product_id",
    )
    assert found == {row["product_id"]: row["net_sales"] for row in expected}
    assert len(found) > 24


@pytest.mark.parametrize("shop", ["olist", "sales", "sales-eu"])
def test_the_address_of_the_csv_is_that_of_the_page_of_any_shop(release: ServedRelease, shop: str) -> None:
    query = {"from": "2017-02", "to": "2017-03", "state": "SP", "by": "product"}
    view = View(shop, "sales", release, read_filters(query), read_options(OPTIONS, query))
    assert explorer(view).csv_url == f"/{shop}/sales/breakdown.csv?{MONTHS}&state=SP&by=product"


def test_a_member_that_no_filter_has_shows_its_months(client: TestClient, release: ServedRelease) -> None:
    text = client.get(f"{PAGE}?{MONTHS}&by=payment_method&member=boleto&measure=orders").text
    expected = rows(
        release,
        "select period, orders from kpi_breakdown where dimension = 'payment_method' and member = 'boleto'"
        " and period_type = 'month' and period <= '2017-03-01' order by period",
    )
    shown = re.findall(r"<title>(\w{3} 2017): ([\d,]+)</title>", text)
    assert shown == [(f"{row['period']:%b %Y}", f"{row['orders']:,}") for row in expected]
    assert 'name="member" value="boleto"' in text, "the form of the filters keeps it"


def test_every_dimension_of_the_shop_is_offered(client: TestClient, release: ServedRelease) -> None:
    known = {row["dimension"] for row in rows(release, "select distinct dimension from kpi_breakdown")}
    assert known <= set(DIMENSIONS)
    text = client.get(PAGE).text
    for dimension in known:
        assert f">{dimension.replace('_', ' ')}</a>" in text


def test_what_a_filter_or_a_shop_does_not_reach_is_said(client: TestClient) -> None:
    text = client.get(f"{PAGE}?{MONTHS}&state=SP&by=payment_method").text
    assert "Filters by state do not change this chart: the waterfall is of the whole shop." in text
    assert "Filters by state do not change this table: order lines do not have the dimension payment method." in text
    assert "The shop states no gender." in client.get(f"{PAGE}?by=gender").text


def test_the_first_view_is_of_a_dimension_that_the_shop_states() -> None:
    assert shown_dimension(Options(OPTIONS), ["product", "segment"]) == "product"
    assert shown_dimension(Options(OPTIONS), ["category", "product"]) == "category"
    assert shown_dimension(Options(OPTIONS, {"by": "category"}), ["product", "segment"]) == "category"


def test_a_hostile_member_is_text(client: TestClient) -> None:
    answer = client.get(f"{PAGE}?{MONTHS}&by=city&member=<img src=x>&category=<svg onload=alert(1)>")
    assert answer.status_code == 200
    assert "img" not in HtmlTables.of(answer.text).tags
    assert "<svg onload" not in answer.text
