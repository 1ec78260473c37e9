"""The page "Customers", the list behind its numbers, and the page of one customer: their numbers are those of gold.

Numbers are computed again from the facts and from customer_metrics, not by the queries of the pages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.customers.customer import customer
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.pages.rendering import amount, percent
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders import hand_shop
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.builders.hand_release import HandRelease
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order

PAGE = "/olist/customers"
HOSTILE = "<b>/../x?y=1#z"


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(application(grown_lake.settings), base_url="http://localhost", follow_redirects=False) as client:
        yield client


def section(html: str, heading: str) -> str:
    """The part of the page under a heading that starts so."""
    found = re.search(rf"<section[^>]*><h2>{re.escape(heading)}.*?</section>", html, re.DOTALL)
    assert found is not None, heading
    return found[0]


def cells(html: str) -> list[list[str]]:
    """The texts of the cells of each row of a section's table."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in body.split("</tr>") if "<t" in row]
    return [[re.sub(r"<[^>]+>", "\n", cell).strip() for cell in row] for row in rows]


def asked(release: ServedRelease, sql: str) -> Sequence[dict[str, Any]]:
    return [dict(row) for row in release.rows(Query(sql))]


@pytest.mark.parametrize(("grid", "score", "column"), [("frequency", "f", "frequency"), ("spend", "m", "monetary")])
def test_the_grid_has_the_customers_and_net_sales_of_each_pair_of_scores(
    client: TestClient, release: ServedRelease, grid: str, score: str, column: str
) -> None:
    table = cells(section(client.get(f"{PAGE}?grid={grid}").text, "Recency, frequency"))
    people = asked(release, f"select r, {score} as score, monetary, {column} as value from rfm")
    assert [row[0] for row in table] == [f"{score.upper()} {n}" for n in (5, 4, 3, 2, 1)]
    for row in table:
        for r, cell in enumerate(row[2:], 1):
            members = [one["monetary"] for one in people if (one["r"], one["score"]) == (r, int(row[0][-1]))]
            expected = [str(len(members)), amount(sum(members))] if members else ["0"]
            assert cell.split() == expected


def test_the_grid_follows_segment_and_state_and_states_so(client: TestClient, release: ServedRelease) -> None:
    [chosen] = asked(
        release,
        "select g.segment, state, count(*) as people from customer_segments as g join dim_customer using (customer_id) join rfm"
        " using (customer_id) group by all order by people desc, segment, state limit 1",
    )
    [all_of] = asked(release, "select count(*) as people from rfm")
    assert chosen["people"] < all_of["people"]
    html = client.get(PAGE, params={"segment": chosen["segment"], "state": chosen["state"]}).text
    lead = section(html, "Recency, frequency")
    assert f"{chosen['people']:,} customers: " in lead
    assert f"segment {chosen['segment']}, state {chosen['state']}" in lead
    assert f"{all_of['people']:,} customers: " in section(client.get(f"{PAGE}?category=toys").text, "Recency, frequency")


@pytest.mark.parametrize(
    ("heading", "by"),
    [
        ("RFM segments", "select segment as name, monetary as spent from rfm"),
        (
            "Segments that the model found",
            "select segment as name, net_sales as spent from customer_segments join customer_metrics using (customer_id)",
        ),
        ("Personas", "select persona as name, net_sales as spent from customer_metrics"),
        ("Loyalty tiers", "select loyalty_tier as name, net_sales as spent from customer_metrics"),
    ],
)  # fmt: skip
def test_groups_have_their_customers_net_sales_and_shares(
    client: TestClient, release: ServedRelease, heading: str, by: str
) -> None:
    expected = asked(
        release,
        f"select name, count(*) as people, sum(spent) as spent, count(*) / sum(count(*)) over () as share,"
        f" sum(spent)::double / sum(sum(spent)::double) over () as money_share from ({by}) group by name",
    )
    table = {row[0].split("\n")[0]: row[1:] for row in cells(section(client.get(PAGE).text, heading))}
    assert len(table) == len(expected) > 1
    for row in expected:
        customers, net_sales, shares, *_ = table[row["name"].replace("'", "&#39;")]
        assert (customers, net_sales) == (f"{row['people']:,}", amount(row["spent"]))
        assert shares.split() == [percent(row["share"]), percent(row["money_share"])]


def test_the_concentration_is_that_of_the_customers(client: TestClient, release: ServedRelease) -> None:
    spent = [float(row["net_sales"]) for row in asked(release, "select net_sales from customer_metrics order by net_sales")]
    n = len(spent)
    gini = sum((2 * rank - n - 1) * value for rank, value in enumerate(spent, 1)) / (n * sum(spent))
    html = section(client.get(PAGE).text, "Concentration")
    assert f"Gini coefficient <b>{gini:.2f}</b>" in html
    top = sum(spent[-((n + 9) // 10) :]) / sum(spent)
    assert f"The {percent(((n + 9) // 10) / n)} of customers with the highest net sales bring <b>{percent(top)}</b>" in html


def test_cohorts_are_blank_after_the_as_of_date_and_not_zero(client: TestClient, release: ServedRelease) -> None:
    sizes = asked(
        release,
        "select date_trunc('month', first_order_date)::date as cohort, count(*) as people from customer_metrics group by 1"
        " order by 1",
    )
    table = cells(section(client.get(PAGE).text, "Customers who order again"))
    assert [(row[0], row[1]) for row in table] == [(f"{row['cohort']:%b %Y}", f"{row['people']:,}") for row in sizes]
    again = asked(
        release,
        "select distinct o.customer_id, date_trunc('month', c.first_order_date)::date as cohort,"
        " datediff('month', c.first_order_date, o.order_date) as later from fct_orders as o"
        " join customer_metrics as c on c.customer_id = o.customer_id where o.is_valid",
    )
    for place, (row, size) in enumerate(zip(table, sizes, strict=True)):
        known = len(sizes) - 1 - place
        assert [bool(cell) for cell in row[2:]] == [n < known for n in range(len(sizes) - 1)]
        for later, cell in enumerate(row[2 : 2 + known], 1):
            orders = sum((one["cohort"], one["later"]) == (size["cohort"], later) for one in again)
            assert float(cell) == pytest.approx(100 * orders / size["people"], abs=0.051 if "." in cell else 0.501)


def test_who_moved_sums_to_the_customers_of_the_last_month(client: TestClient, release: ServedRelease) -> None:
    [last] = asked(release, "select sum(customers) as people from rfm_history where as_of = (select max(as_of) from rfm_history)")
    numbers = re.search(r"([\d,]+) customers moved, ([\d,]+) stayed, ([\d,]+) ordered for the first", client.get(PAGE).text)
    assert numbers is not None
    assert sum(int(number.replace(",", "")) for number in numbers.groups()) == last["people"]


def test_the_list_behind_a_cell_has_its_customers_and_the_csv_has_all(client: TestClient, release: ServedRelease) -> None:
    found = re.findall(r'<td class="shade[^>]*><a href="([^"]*who\?[^"]*)">([\d,]+)', client.get(PAGE).text)
    people, address = max((int(people.replace(",", "")), address.replace("&amp;", "&")) for address, people in found)
    assert people > 10, "the order of a few customers could be right by chance"
    r, f = (int(value) for value in re.findall(r"[rf]=(\d)", address))
    listed = asked(
        release,
        f"select customer_id from rfm join customer_metrics using (customer_id) where r = {r} and f = {f}"
        " order by net_sales desc, customer_id",
    )
    page = client.get(address).text
    assert f"{people:,} customers, net sales " in page
    assert re.findall(r'href="/olist/customer/(\w+)"', page) == [row["customer_id"] for row in listed[:100]]
    rows = list(csv.DictReader(io.StringIO(client.get(address.replace("/who?", "/who.csv?")).text)))
    assert [row["customer_id"] for row in rows] == [row["customer_id"] for row in listed]
    assert len(rows) == people


def test_a_customer_has_the_orders_and_sums_of_the_facts(client: TestClient, release: ServedRelease) -> None:
    [busiest] = asked(
        release, "select customer_id from fct_orders where is_valid group by 1 order by count(*) desc, customer_id limit 1"
    )
    customer_id = busiest["customer_id"]
    orders = asked(release, f"select * from fct_orders where customer_id = '{customer_id}' order by ordered_at desc, order_id")
    page = client.get(f"/olist/customer/{customer_id}").text
    valid = [order for order in orders if order["is_valid"]]
    values = re.findall(r'<p class="value[^"]*">([^<]*)</p>', page)
    assert values[:3] == [
        amount(sum(order["net_sales"] for order in valid)),
        str(len(valid)),
        f"{sum(order['net_sales'] for order in valid) / len(valid):,.2f}",
    ]
    table = cells(page[page.index("<h2>Orders</h2>") :])
    assert [(row[0], row[1], row[5]) for row in table] == [
        (str(order["order_date"]), order["order_id"], amount(order["net_sales"])) for order in orders
    ]
    assert page.count('<circle class="order ') >= len(orders)


def test_a_customer_of_one_order_has_numbers_with_their_nouns_and_no_lateness_without_a_promise(tmp_path: Path) -> None:
    def ordered(who: str, promised: str | None) -> Row:
        dates = {"status": "delivered", "delivered_at": "2018-01-30 10:00:00", "promised_at": promised}
        return order(who, "2018-01-30 09:00:00", customer_id=who, **dates)

    shop = HandShop(
        numbers=ShopSettings(as_of=date(2018, 1, 31)),
        customers=[hand_shop.customer("ana"), hand_shop.customer("bob")],
        orders=[ordered("ana", "2018-01-29 00:00:00"), ordered("bob", None)],
        order_items=[item("ana"), item("bob")],
    )
    tables = ("dim_customer", "customer_metrics", "fct_orders", "fct_sales", "kpi_monthly")
    release = HandRelease(tmp_path, **{table: shop.table(table).to_dicts() for table in tables})

    def shown(who: str) -> dict[str, tuple[str, str]]:
        return {card.label: (card.value, card.note) for card in customer(release.view("customer"), who).cards}

    ana = shown("ana")
    assert (ana["Net sales"][1], ana["Orders"], ana["Latest order"][1]) == (
        "1 unit",
        ("1", "on 1 day"),
        "1 day before the as-of date",
    )
    assert ana["Delivered late"] == ("1", "of 1 with both dates")
    assert "Delivered late" not in shown("bob"), "nothing was promised, so nothing was late or on time"
    timeline = customer(release.view("customer"), "ana").timeline
    assert timeline is not None and ", 1 day late" in str(timeline)


def test_customers_are_found_by_the_start_of_their_id(client: TestClient, release: ServedRelease) -> None:
    [one, *_] = asked(release, "select customer_id from customer_metrics order by customer_id")
    answer = client.get("/olist/who", params={"id": one["customer_id"]})
    assert (answer.status_code, answer.headers["location"]) == (307, f"/olist/customer/{one['customer_id']}")
    assert "No customer matches." in client.get("/olist/who?id=nobody-%25").text


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/olist/customer/nobody", 404, "Shop &#39;olist&#39; has no customer &#39;nobody&#39; in release "),
        ("/olist/customer/%3Cscript%3E", 404, "&lt;script&gt;"),
        ("/olist/who?r=6", 400, "r must be a score from 1 to 5, not &#39;6&#39;."),
        (f"{PAGE}?grid=colour", 400, "grid must be frequency or spend, not &#39;colour&#39;."),
        ("/nobody/customer/x", 404, "There is no shop &#39;nobody&#39;; /shops lists the shops."),
    ],
)
def test_a_wrong_address_is_a_sentence(client: TestClient, address: str, status: int, sentence: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text


@pytest.mark.parametrize("header", ["forwarded", "x-forwarded-for", "x-forwarded-user", "via"])
def test_a_reader_behind_a_proxy_sees_groups_and_no_ids(client: TestClient, release: ServedRelease, header: str) -> None:
    people = [row["customer_id"] for row in asked(release, "select customer_id from customer_metrics")]
    proxied = {header: "for=192.0.2.1"}
    for address in (f"/olist/customer/{people[0]}", "/olist/who", "/olist/who.csv", f"/olist/who?id={people[0]}"):
        answer = client.get(address, headers=proxied)
        assert answer.status_code == 403
        assert "personal data" in answer.text
    page = client.get(PAGE, headers=proxied)
    assert page.status_code == 200
    assert "/who" not in page.text and "Find a customer" not in page.text
    ids = [one for one in people if len(one) == 32]
    assert ids and not [one for one in ids if one in page.text]


def test_texts_places_and_ages_of_customers_are_on_no_page(client: TestClient, release: ServedRelease) -> None:
    [one] = asked(
        release, "select customer_id, city, zip from dim_customer join customer_metrics using (customer_id)"
        " where city is not null order by length(city) desc, customer_id limit 1"
    )  # fmt: skip
    page = client.get(f"/olist/customer/{one['customer_id']}").text
    assert one["customer_id"] in page
    assert one["city"] not in page and one["zip"] not in page


def test_every_chart_has_its_evidence_and_the_page_obeys_the_policy(client: TestClient) -> None:
    for address in (PAGE, "/olist/who", f"{PAGE}?cohort=ever&value=gross-profit&grid=spend"):
        html = client.get(address).text
        assert not re.search(r"\sstyle=|\son\w+=|<script>|<style>|nan%|>nan<|>inf<|&gt;None&lt;|>None<", html)
    html = client.get(PAGE).text
    ids = re.findall(r'id="(why-[\w-]+)"', html)
    assert len(ids) == len(set(ids)) >= 12
    assert html.count("<pre tabindex") == len(ids)


@pytest.fixture(scope="module")
def undated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A shop without dates, with a customer whose id is hostile."""
    shop = CanonicalShop(tmp_path_factory.mktemp("undated"))
    shop.say(without=["orders.ordered_at"])
    shop.land("orders.csv", f"order_id,customer_id,status\n1,{HOSTILE},delivered\n2,bob,delivered\n3,{HOSTILE},canceled\n")
    shop.land(
        "order_items.csv", "order_id,line,product_id,unit_price,quantity\n1,1,ball,10.00,2\n2,1,ball,10.00,1\n3,1,ball,7.00,1\n"
    )
    shop.build()
    with TestClient(application(shop.settings), base_url="http://localhost", follow_redirects=False) as client:
        yield client


def test_a_shop_without_dates_has_its_groups_and_the_reason_for_the_rest(undated: TestClient) -> None:
    page = undated.get("/mine/customers")
    assert page.status_code == 200
    assert section(page.text, "Recency, frequency").count("does not state the time when the order was placed") == 1
    concentration = section(page.text, "Concentration")
    assert "The 50.0% of customers with the highest net sales bring <b>66.7%</b>" in concentration, "one of two customers"
    assert "lake.toml lists orders.ordered_at in &#39;without&#39;." in page.text
    assert "repeat purchase rate" not in section(page.text, "Loyalty tiers"), "it is not known of any tier"
    assert undated.get("/mine/who?r=5").status_code == 400


def test_a_shop_without_categories_and_states_has_no_filters_by_them(undated: TestClient) -> None:
    page = undated.get("/mine/overview").text
    assert '<p class="soft missing">No sale of this shop has a category.</p>' in section(page, "Net sales by category")
    assert '<p class="soft missing">No sale of this shop has a state.</p>' in section(page, "Net sales by state")
    assert '<select name="state">' not in page and '<select name="category">' not in page
    assert '<select name="state">' in undated.get("/mine/overview?state=SP").text, "a filter that acts is shown"


def test_the_months_of_a_shop_without_dates_are_undated(undated: TestClient) -> None:
    assert cells(section(undated.get("/mine/profile").text, "Tables"))[0][-2:] == ["undated", "undated"]
    index = undated.get("/mine/profile?table=order_index").text
    assert "undated" in index and "1-01" not in re.sub(r"\d{4}-\d\d-\d\d", "", index)


def test_a_hostile_id_is_text_and_its_page_is_found(undated: TestClient) -> None:
    listed = undated.get("/mine/who").text
    assert "&lt;b&gt;/../x?y=1#z" in listed and "<b>/.." not in listed
    [address] = [link for link in re.findall(r'href="(/mine/customer/[^"]*)"', listed) if "bob" not in link]
    page = undated.get(address)
    assert page.status_code == 200
    assert "Customer &lt;b&gt;/../x?y=1#z" in page.text
    assert re.findall(r'<p class="value[^"]*">([^<]*)</p>', page.text)[:2] == ["20", "1"]
    assert "not counted as a sale" in page.text
