"""The page "Delivery": its numbers are those of gold under any filter, and what a shop does not have is a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.api.access import OWNER
from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.delivery import OPTIONS, Delivery, delivered_query, delivery
from ecom_lake.publish.dashboard.filters import Filters, read_filters
from ecom_lake.publish.dashboard.options import Options, read_options
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.rendering import render
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.hand_release import FRAME, HandRelease
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product

PAGE = "/olist/delivery"
QUARTER = "?from=2017-01&to=2017-03"


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(application(grown_lake.settings), base_url="http://localhost") as client:
        yield client


def computed(release: ServedRelease, **query: str) -> Delivery:
    return delivery(View("olist", "delivery", release, read_filters(query), read_options(OPTIONS, query)))


def test_every_tile_is_found_in_delivery_performance(client: TestClient, release: ServedRelease) -> None:
    page = client.get(PAGE + QUARTER).text
    titles = dict(re.findall(r'title="([^":]+): ([\d,]+ of [\d,]+) orders delivered late', page))
    rows = release.rows(
        Query(
            "select month, state, sum(late_orders)::bigint as late, sum(promised_orders)::bigint as n from delivery_performance"
            " where month between '2017-01-01' and '2017-03-01' and promised_orders > 0"
            " group by grouping sets ((month, state), (month))"
        )
    )
    expected = {f"{row['state'] or 'All states'}, {row['month']:%b %Y}": f"{row['late']:,} of {row['n']:,}" for row in rows}
    named = {name: count for name, count in titles.items() if "others" not in name}
    assert len(named) > 20
    assert named.items() <= expected.items()
    assert {name for name in expected if name.startswith(("All states", "SP"))} <= named.keys()


def test_the_rows_of_the_tiles_sum_to_all_states(release: ServedRelease) -> None:
    late = computed(release, **{"from": "2017-01", "to": "2017-04"}).late
    assert late is not None and late.chart is not None
    whole, *states = late.chart.rows
    for place, column in enumerate(late.chart.columns):
        parts = [re.search(r": ([\d,]+) of ([\d,]+)", tile.title) for row in states if (tile := row.tiles[place])]
        total = whole.tiles[place]
        assert total is not None
        late_orders, promised = (sum(int(found[i].replace(",", "")) for found in parts if found) for i in (1, 2))
        assert f": {late_orders:,} of {promised:,} " in total.title, column.month


def test_a_state_is_marked_and_the_others_stay(client: TestClient) -> None:
    page = client.get(f"{PAGE}{QUARTER}&state=SP").text
    assert re.search(r'<tr class="chosen"><th scope="row"><a href="[^"]*" aria-current="true">SP</a>', page)
    assert ">MG</a></th>" in page
    assert f'href="{PAGE}?from=2017-02&amp;to=2017-02&amp;state=MG"' in page, "a cell is a link to its month and state"


@pytest.mark.parametrize("by", ["state", "month"])
def test_the_stages_are_the_means_of_delivery_performance(release: ServedRelease, by: str) -> None:
    stages = computed(release, **{"from": "2017-01", "to": "2017-03"}, stages=by).stages
    assert stages is not None
    key = "state" if by == "state" else "strftime(month, '%b %Y')"
    rows = release.rows(
        Query(
            f"select {key} as key, sum(avg_lead_days * timed_orders) / nullif(sum(timed_orders), 0) as days,"
            " sum(delivered_orders)::bigint as orders from delivery_performance"
            " where month between '2017-01-01' and '2017-03-01' group by 1 having sum(timed_orders) > 0"
        )
    )
    expected = {row["key"]: (f"{row['days']:.1f} days", f"{row['orders']:,} orders") for row in rows}
    shown = {bar.row.label: (bar.row.value, bar.row.note) for bar in stages.bars}
    assert len(shown) == min(len(expected), 12)
    assert shown.items() <= expected.items()


@pytest.mark.parametrize(
    ("by", "window"),
    [("state", "Feb 2017 to Mar 2017, category toys"), ("month", "Feb 2017 to Mar 2017, category toys, state SP")],
)
def test_the_rows_behind_the_stages_are_those_of_the_chart(tmp_path: Path, by: str, window: str) -> None:
    release = HandRelease(tmp_path, **delivered_gold())
    query = {"from": "2017-02", "to": "2017-03", "category": "toys", "state": "SP", "stages": by}
    stages = delivery(View("shop", "delivery", release, read_filters(query), read_options(OPTIONS, query))).stages
    assert stages is not None
    assert stages.why.window == window
    counts: Counter[str] = Counter()
    for row in release.rows(stages.why.query):
        counts[row["state"] if by == "state" else f"{row['month']:%b %Y}"] += row["delivered_orders"]
    assert {label: f"{orders} orders" for label, orders in counts.items()} == {bar.row.label: bar.row.note for bar in stages.bars}
    assert set(counts) == ({"SP", "RJ"} if by == "state" else {"Feb 2017", "Mar 2017"})


def delivered_gold() -> dict[str, list[dict[str, object]]]:
    """An order for toys in each of two states in each month from January to April 2017, and one for books."""
    numbers = [(month, state, name) for month in (1, 2, 3, 4) for state in ("SP", "RJ") for name in ("toys", "books")]
    shop = HandShop(
        products=[product(name, category=name) for name in ("toys", "books")],
        orders=[
            order(f"{month}{state}{name}", f"2017-0{month}-05 10:00:00", state=state, status="delivered",
                  delivered_at=f"2017-0{month}-20 10:00:00", promised_at=f"2017-0{month}-15 00:00:00")
            for month, state, name in numbers
        ],
        order_items=[item(f"{month}{state}{name}", product_id=name) for month, state, name in numbers],
    )  # fmt: skip
    tables = ("fct_orders", "fct_sales", "kpi_monthly", "delivery_performance")
    return {table: shop.table(table).to_dicts() for table in tables}


def test_sellers_are_counted_again_from_the_facts(client: TestClient, release: ServedRelease) -> None:
    page = computed(release, **{"from": "2017-01", "to": "2017-04"}, sellers="largest")
    rows = release.rows(
        Query(
            "select i.seller_id, count(distinct i.order_id) as orders, count(distinct i.order_id) filter (where o.is_late)"
            " / count(distinct i.order_id) filter (where o.is_late is not null) as rate"
            " from fct_sales as i join fct_orders as o using (order_id) where i.is_valid and i.month <= '2017-04-01'"
            " group by i.seller_id having count(o.is_late) > 0 order by sum(i.net_sales) desc, i.seller_id limit 12"
        )
    )
    assert page.sellers is not None
    assert [(one.name, one.orders, one.late) for one in page.sellers.rows] == [
        (row["seller_id"], row["orders"], percent(row["rate"])) for row in rows
    ]
    assert all(one.row.low <= one.row.at <= one.row.high for one in page.sellers.rows)


def test_only_sellers_with_enough_orders_are_called_late(release: ServedRelease) -> None:
    page = computed(release, **{"from": "2017-01", "to": "2017-04"})
    assert page.sellers is not None
    assert 0 < len(page.sellers.rows) == min(page.sellers.judged, 12)
    assert all(one.orders >= page.sellers.fewest for one in page.sellers.rows)


def test_reviews_are_those_of_review_summary(release: ServedRelease) -> None:
    page = computed(release, **{"from": "2017-02", "to": "2017-03"})
    rows = release.rows(Query("select * from review_summary where month between '2016-04-01' and '2017-03-01' order by month"))
    assert page.reviews is not None
    shown = [(bar.row.value, bar.row.note) for bar in page.reviews.bars]
    assert shown == [(f"{row['avg_score']:.2f}", f"{row['reviews']:,} reviews") for row in rows]
    for bar, row in zip(page.reviews.bars, rows, strict=True):
        assert sum(part.width for part in bar.parts) == pytest.approx(100, abs=0.05)
        assert {part.kind: part.width for part in bar.parts}.get("score5", 0) == pytest.approx(100 * row["share_5"], abs=0.01)


def test_a_refused_model_keeps_its_place_with_the_reason(client: TestClient, release: ServedRelease) -> None:
    page = unescape(client.get(PAGE).text)
    for model in ("delivery_effect", "review_risk"):
        [card] = release.rows(Query("select status, reason from model_cards where model = $model", {"model": model}))
        assert card["status"] == "refused"
        assert card["reason"] in page


def test_a_filter_that_matches_nothing_is_a_sentence(client: TestClient) -> None:
    page = client.get(f"{PAGE}?category=<b>nothing</b>")
    assert page.status_code == 200
    assert "No order of these months has both a promised and a delivered date." in page.text
    assert "No delivered order of these months matches the filters." in page.text
    assert "<b>nothing" not in page.text


def test_filters_act_on_the_orders_of_their_lines() -> None:
    shop = HandShop(
        products=[product("t", category="toys"), product("b", category="books")],
        orders=[
            order("1", "2018-01-05 10:00:00", customer_id="ann", state="SP", status="delivered",
                  delivered_at="2018-01-20 10:00:00", promised_at="2018-01-15 00:00:00"),
            order("2", "2018-01-07 10:00:00", customer_id="bob", state="RJ", status="delivered",
                  delivered_at="2018-01-10 10:00:00", promised_at="2018-01-15 00:00:00"),
            order("3", "2018-01-09 10:00:00", customer_id="cid", state="SP", status="shipped"),
        ],
        order_items=[item("1", "10.00", 1, product_id="t"), item("1", "5.00", 2, product_id="b"),
                     item("2", "8.00", product_id="b"), item("3", "8.00", product_id="t")],
    )  # fmt: skip
    for table in ("fct_orders", "fct_sales"):
        shop.table(table)
    january = Span(date(2018, 1, 1), date(2018, 1, 1))

    def counted(**members: str) -> list[tuple[object, ...]]:
        query = delivered_query(Filters(members=members), january)
        rows = shop.con.execute(query.sql, dict(query.values)).fetchall()
        return [(state, delivered, promised, late, int(days)) for _, state, delivered, promised, late, days, *_ in rows]

    assert counted() == [("RJ", 1, 1, 0, 3), ("SP", 1, 1, 1, 15)]
    assert counted(category="toys") == [("SP", 1, 1, 1, 15)]
    assert counted(category="books", state="RJ") == [("RJ", 1, 1, 0, 3)]


def test_the_cancellation_rate_is_shown_only_where_canceled_orders_are_counted(tmp_path: Path) -> None:
    shop = HandShop(
        products=[product("t", category="toys")],
        orders=[order("1", state="SP"), order("2", state="SP", status="canceled")],
        order_items=[item("1", product_id="t"), item("2", product_id="t")],
    )
    gold = {table: shop.table(table).to_dicts() for table in ("fct_orders", "fct_sales", "kpi_monthly")}
    release = HandRelease(tmp_path, **gold)

    def rate(**members: str) -> list[str]:
        page = delivery(release.view("delivery", Options(OPTIONS), **members))
        return [figure.value for figure in page.figures if figure.name == "cancel_rate"]

    assert rate() == rate(state="SP") == ["50.0%"]
    assert rate(category="toys") == rate(product="t") == rate(category="toys", state="SP") == [], "not 0%"


def test_a_shop_without_dates_has_a_reason_in_each_place(tmp_path: Path) -> None:
    release = HandRelease(tmp_path, fct_orders=[], fct_sales=[])
    tables = ("delivery_performance", "review_summary", "seller_scorecard", "delivery_effect", "review_risk")
    release.absent = {table: f"The shop has no <{table}>." for table in tables}
    view = release.view("delivery", Options(OPTIONS))
    page = delivery(view)
    html = render("delivery.html.jinja", view=view, page=page, **FRAME)
    assert all(f"The shop has no &lt;{table}&gt;." in html for table in tables)
    assert "nan" not in html


EFFECT = {
    "exposure": "late_delivery", "outcome": "purchase_within_90_days", "days": 90, "n_exposed": 500, "n_unexposed": 900,
    "crude_rd": -0.02, "adjusted_rd": -0.012, "ci_low": -0.02, "ci_high": -0.004, "e_value": 2.014606, "e_value_ci": 1.5,
    "wording": "1.2 percentage points lower <b>.",
}  # fmt: skip


def test_the_effect_has_the_crude_and_the_adjusted_difference_with_intervals(tmp_path: Path) -> None:
    curve = {"model": "delivery_effect", "curve": "effect", "series": "late_delivery, 90 days", "position": 0, "x": 0.0,
             "value": -0.02, "low": -0.03, "high": -0.01, "label": "unadjusted"}  # fmt: skip
    release = HandRelease(tmp_path, delivery_effect=[EFFECT], model_curves=[curve], fct_orders=[], fct_sales=[])
    view = release.view("delivery", Options(OPTIONS))
    effect = delivery(view).effect
    assert effect is not None and effect.chart is not None
    adjusted, crude = effect.chart.rows
    assert (adjusted.text, crude.text) == ("-1.20", "-2.00")
    assert (adjusted.is_main, crude.is_main) == (True, False)
    assert effect.chart.reference is not None
    assert crude.low < crude.at < adjusted.at < adjusted.high < effect.chart.reference
    assert effect.findings[0].e_value.startswith("E-value 2.01: ")
    html = render("delivery.html.jinja", view=view, page=delivery(view), **FRAME)
    assert "1.2 percentage points lower &lt;b&gt;." in html
    assert "An association, not proof of a cause." in html


def test_orders_at_risk_are_those_of_the_top_decile(tmp_path: Path) -> None:
    def risky(number: int, decile: int) -> dict[str, object]:
        return {"order_id": f"<i>{number}", "shipped_on": date(2018, 8, number), "decile": decile, "top_reasons": "late & far"}

    risk = [*(risky(number, 1) for number in range(1, 11)), risky(20, 2)]
    orders = [{"order_id": row["order_id"], "net_sales": Decimal("10.00"), "is_valid": True} for row in risk]
    release = HandRelease(tmp_path, review_risk=risk, fct_orders=orders, fct_sales=[])
    unseen = release.view("delivery", Options(OPTIONS))
    view = replace(unseen, client=OWNER)
    page = delivery(view)
    assert page.risk is not None
    assert (page.risk.count, page.risk.open) == (10, 11)
    assert [one.shipped_on.day for one in page.risk.orders] == [10, 9, 8, 7, 6, 5, 4, 3], "the latest first"
    html = render("delivery.html.jinja", view=view, page=page, **FRAME)
    assert "<i>" not in html
    assert "late &amp; far" in html
    html = render("delivery.html.jinja", view=unseen, page=delivery(unseen), **FRAME)
    assert "10 of 11 shipped orders without a review are in the top tenth by risk." in html
    assert "they need the scope pii" in html
    assert "&lt;i&gt;" not in html, "whoever may not see people sees no order"
