"""The real Olist files, built and released: the released tables are compared with plain Polars on the files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ecom_lake.engine.build.step.outcome import Check
from ecom_lake_tests.shop.insights.directions import wrong_directions

AS_OF = date(2018, 8, 31)
MONEY = pl.Decimal(18, 2)
Read = Callable[[str], pl.DataFrame]


@pytest.fixture(scope="module")
def gold(released_olist: tuple[Path, list[Check]]) -> Read:
    return lambda table: pl.read_parquet(released_olist[0] / f"{table}.parquet")


@pytest.fixture(scope="module")
def delivered(olist: Path) -> Read:
    return lambda name: pl.read_csv(olist / f"{name}.csv", infer_schema=False)


@pytest.fixture(scope="module")
def orders(delivered: Read) -> pl.DataFrame:
    """One row per order: lines, payments and reviews are aggregated before they are joined."""
    day = {
        stage: pl.col(f"order_{stage}").str.head(10).str.to_date() for stage in ("purchase_timestamp", "estimated_delivery_date")
    }
    lines = delivered("olist_order_items_dataset").group_by("order_id")
    latest = ["review_answer_timestamp", "review_creation_date", "review_id"]  # ISO dates as texts sort like times
    reviews = delivered("olist_order_reviews_dataset").sort(latest, descending=True, nulls_last=True)
    return (
        delivered("olist_orders_dataset")
        .join(delivered("olist_customers_dataset"), on="customer_id", validate="1:1")
        .join(lines.agg(pl.col("price", "freight_value").cast(MONEY).sum(), items=pl.len()), on="order_id", how="left")
        .join(_paid(delivered).group_by("order_id").agg(pl.col("payment_value").sum()), on="order_id", how="left")
        .join(reviews.unique("order_id", keep="first", maintain_order=True), on="order_id", how="left")
        .with_columns(
            pl.col("price", "freight_value", "payment_value", "items").fill_null(0),
            person="customer_unique_id",
            day=day["purchase_timestamp"],
            promised=day["estimated_delivery_date"],
            received=pl.when(order_status="delivered").then(pl.col("order_delivered_customer_date").str.head(10).str.to_date()),
            is_valid=~pl.col("order_status").is_in(["canceled", "unavailable"]),
            score=pl.col("review_score").cast(pl.Int64),
        )
        .with_columns(month=pl.col("day").dt.month_start(), late=pl.col("received") > pl.col("promised"))
    )


@pytest.fixture(scope="module")
def valid(orders: pl.DataFrame) -> pl.DataFrame:
    return orders.filter("is_valid")


def _paid(delivered: Read) -> pl.DataFrame:
    return delivered("olist_order_payments_dataset").with_columns(pl.col("payment_value").cast(MONEY))


def test_nothing_is_refused_and_only_review_titles_are_an_anomaly(released_olist: tuple[Path, list[Check]], gold: Read) -> None:
    """Reviews had no titles before 2018: a real change of the shop, and the only anomaly in its history."""
    warned = [(check.table, check.name) for check in released_olist[1] if not check.passed]
    assert [(str(table), name) for table, name in warned] == [("gold/anomalies", "nothing_stands_out")]
    stands_out = gold("anomalies").filter("is_anomaly").select("table_name", "column_name").unique().rows()
    assert stands_out == [("reviews", "title")]
    assert gold("quality_scorecard").filter(pl.col("status") != "pass")["rule"].to_list() == ["nothing_stands_out"]


def test_every_delivered_record_is_in_silver_or_merged_into_a_row_of_silver(gold: Read, delivered: Read) -> None:
    ledger = gold("ledger")
    assert dict(ledger.select("file", "rows_delivered").rows()) == {
        f"{name}.csv": delivered(name).height for name in (file.removesuffix(".csv") for file in ledger["file"])
    }
    lost = ("rejected", "quarantined", "pending", "superseded")
    assert ledger.select(pl.sum(*lost)).row(0) == (0, 0, 0, 0)
    published = dict(ledger.select("table_name", "published").rows())
    assert {name: published[name] for name in ("orders", "order_items", "order_payments", "order_reviews", "customers")} == {
        "orders": 99_441,
        "order_items": 112_650,
        "order_payments": 103_886,
        "order_reviews": 99_224,
        "customers": 96_096,
    }


def test_every_month_by_plain_polars(gold: Read, orders: pl.DataFrame, valid: pl.DataFrame) -> None:
    first = valid.group_by("person").agg(first=pl.col("month").min())
    sold = (
        valid.join(first, on="person")
        .group_by("month")
        .agg(
            orders=pl.len(),
            customers=pl.col("person").n_unique(),
            new_customers=pl.col("person").filter(pl.col("first") == pl.col("month")).n_unique(),
            units=pl.col("items").sum(),
            net_sales=pl.col("price").sum(),
            gmv=(pl.col("price") + pl.col("freight_value")).sum(),
            payments=pl.col("payment_value").sum(),
            late_rate=pl.col("late").mean(),
            avg_lead_days=(pl.col("received") - pl.col("day")).dt.total_days().mean(),
            avg_review=pl.col("score").mean(),
            nps_proxy=100 * ((pl.col("score") == 5).cast(pl.Int64) - (pl.col("score") <= 3).cast(pl.Int64)).mean(),
        )
    )
    placed = orders.group_by("month").agg(placed_orders=pl.len(), cancel_rate=(~pl.col("is_valid")).mean())
    sums = ("orders", "customers", "new_customers", "units", "net_sales", "gmv", "payments")
    expected = placed.join(sold, on="month", how="left").with_columns(pl.col(sums).fill_null(0)).sort("month")
    made = gold("kpi_monthly").filter(pl.col("placed_orders") > 0).select(expected.columns)
    assert_frame_equal(made, expected, check_dtypes=False, rel_tol=1e-12)


def test_the_months_and_their_growth(gold: Read) -> None:
    months = gold("kpi_monthly")
    assert months["month"].to_list() == pl.date_range(date(2016, 9, 1), date(2018, 10, 1), "1mo", eager=True).to_list()
    assert months.filter(month=date(2016, 11, 1))["placed_orders"].to_list() == [0]
    complete = months.filter("is_complete")["month"]
    assert complete.to_list() == pl.date_range(date(2017, 1, 1), date(2018, 8, 1), "1mo", eager=True).to_list()
    sales = dict(months.select("month", "net_sales").rows())
    for month, mom, yoy in months.select("month", "net_sales_mom", "net_sales_yoy").rows():
        before = (month.replace(day=1, month=month.month - 1) if month.month > 1 else date(month.year - 1, 12, 1), mom)
        for earlier, growth in (before, (month.replace(year=month.year - 1), yoy)):
            both = month in complete and earlier in complete
            assert growth == (pytest.approx(float(sales[month] / sales[earlier] - 1)) if both else None), (month, earlier)


def test_the_summary_kpis(gold: Read, valid: pl.DataFrame) -> None:
    values = dict(gold("kpi_summary").select("metric", "value").rows())
    people = valid.filter(pl.col("day") <= AS_OF).group_by("person").agg(purchases=pl.col("day").n_unique(), orders=pl.len())
    expected = {
        "orders_placed": 99_441,
        "orders": 98_207,
        "customers": valid["person"].n_unique(),
        "net_sales": 13_494_400.74,
        "aov": 13_494_400.74 / 98_207,
        "payments": float(valid["payment_value"].sum()),
        "cancel_rate": 1_234 / 99_441,
        "late_rate": valid["late"].mean(),
        "avg_review": valid["score"].mean(),
        "repeat_purchase_rate": (people["purchases"] >= 2).mean(),
        "repeat_order_rate": (people["orders"] >= 2).mean(),
        "complete_months": 20,
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert valid["price"].sum() == Decimal("13494400.74")
    assert (values["gross_profit"], values["return_rate"]) == (None, None)  # Olist has neither costs nor returns


def test_payments_are_not_multiplied_by_lines(gold: Read, delivered: Read) -> None:
    paid = _paid(delivered)["payment_value"].sum()
    assert gold("fct_orders")["payments"].sum() == paid
    assert Decimal("16.0e6") < paid < Decimal("16.1e6")
    trap = delivered("olist_order_items_dataset").join(_paid(delivered), on="order_id")["payment_value"].sum()
    assert Decimal("20.3e6") < trap < Decimal("20.4e6")


def test_every_customer_by_plain_polars(gold: Read, valid: pl.DataFrame) -> None:
    expected = (
        valid.filter(pl.col("day") <= AS_OF)
        .group_by(customer_id="person")
        .agg(
            first_order_date=pl.col("day").min(),
            last_order_date=pl.col("day").max(),
            orders=pl.len(),
            purchases=pl.col("day").n_unique(),
            net_sales=pl.col("price").sum(),
            late_orders=pl.when(pl.col("late").count() > 0).then(pl.col("late").sum()),
            avg_review=pl.col("score").mean(),
        )
        .with_columns(recency_days=(AS_OF - pl.col("last_order_date")).dt.total_days())
        .sort("customer_id")
    )
    assert_frame_equal(gold("customer_metrics").select(expected.columns), expected, check_dtypes=False, rel_tol=1e-12)
    rfm = gold("rfm")
    assert rfm["customer_id"].equals(expected["customer_id"])
    assert rfm["f"].equals(expected["purchases"].clip(1, 5).cast(pl.Int64).alias("f"))
    for score, of in (("r", "last_order_date"), ("m", "net_sales")):
        wanted = 1 + 5 * (expected[of].rank("min").cast(pl.Int64) - 1) // expected.height
        assert rfm[score].equals(wanted.alias(score))


def test_customers_without_a_segment_are_those_who_only_ordered_later(gold: Read, valid: pl.DataFrame) -> None:
    later = set(valid["person"]) - set(valid.filter(pl.col("day") <= AS_OF)["person"])
    assert set(valid["person"]) - set(gold("rfm")["customer_id"]) == later
    assert gold("rfm_segments")["customers"].sum() == valid["person"].n_unique() - len(later)


def test_the_waterfall_has_every_difference_between_payments_and_gmv(gold: Read, valid: pl.DataFrame) -> None:
    waterfall = gold("revenue_waterfall")
    assert waterfall["closes"].all()
    steps = dict(waterfall.group_by("step").agg(pl.col("amount").sum()).rows())
    gmv = sum(valid["price"]) + sum(valid["freight_value"])
    assert (steps["net_sales"], steps["gmv"], steps["payments"]) == (valid["price"].sum(), gmv, valid["payment_value"].sum())
    assert steps["no_lines"] == valid.filter(items=0)["payment_value"].sum()
    assert steps["realized"] == valid.filter(order_status="delivered")["price"].sum()
    shipped = valid.filter(order_status="shipped")
    recent = pl.lit(AS_OF) - pl.col("day") <= pl.duration(days=60)
    assert steps["at_risk_recent"] == shipped.filter(recent)["price"].sum()
    assert steps["at_risk_stale"] == shipped.filter(~recent)["price"].sum()


def _until(valid: pl.DataFrame, day: date) -> pl.DataFrame:
    """For each customer, the values known on a day."""
    return (
        valid.filter(pl.col("day") <= day)
        .group_by("person")
        .agg(last=pl.col("day").max(), purchases=pl.col("day").n_unique(), net_sales=pl.col("price").sum())
    )


def test_breakdowns_by_plain_polars(gold: Read, valid: pl.DataFrame, delivered: Read) -> None:
    breakdown = gold("kpi_breakdown")
    products = delivered("olist_products_dataset").join(
        delivered("product_category_name_translation"), on="product_category_name", how="left"
    )
    lines = (
        delivered("olist_order_items_dataset")
        .select("order_id", "product_id", "seller_id", line_price=pl.col("price").cast(MONEY))
        .join(valid.select("order_id", "person", "month"), on="order_id")
        .join(products.select("product_id", "product_category_name"), on="product_id", how="left")
    )
    by_order = valid.rename({"customer_state": "state", "order_status": "status"}).with_columns(line_price=pl.col("price"))
    for dimension, rows, member in (("state", by_order, "state"), ("status", by_order, "status"), ("seller", lines, "seller_id")):
        for period_type, every in (("month", "1mo"), ("year", "1y"), ("all", None)):
            period = pl.col("month").dt.truncate(every) if every else pl.lit(date(2016, 9, 1))
            expected = (
                rows.group_by(period=period, member=member)
                .agg(
                    orders=pl.col("order_id").n_unique(),
                    customers=pl.col("person").n_unique(),
                    net_sales=pl.col("line_price").sum(),
                )
                .sort("period", "member")
            )
            made = breakdown.filter(dimension=dimension, period_type=period_type).select(expected.columns)
            assert_frame_equal(made.sort("period", "member"), expected, check_dtypes=False)
    unknown = lines.filter(pl.col("product_category_name").is_null())["line_price"].sum()
    categories = breakdown.filter(dimension="category", period_type="all")
    assert categories.filter(member="unknown")["net_sales"].to_list() == [unknown]
    lacking = {"brand", "channel", "discounted", "gender", "age_group", "subscriber", "source_segment"}
    assert lacking.isdisjoint(breakdown["dimension"])


def test_the_net_sales_of_an_order_are_split_between_its_payment_methods(
    gold: Read, valid: pl.DataFrame, delivered: Read
) -> None:
    paid = _paid(delivered).group_by("order_id", "payment_type").agg(pl.col("payment_value").sum().cast(pl.Float64))
    shares = paid.with_columns(share=pl.col("payment_value") / pl.col("payment_value").sum().over("order_id"))
    sales = valid.select("order_id", "price").join(shares.filter(pl.col("share").is_not_nan()), on="order_id")
    rough = sales.group_by("payment_type").agg((pl.col("price").cast(pl.Float64) * pl.col("share")).sum())
    made = dict(gold("kpi_breakdown").filter(dimension="payment_method", period_type="all").select("member", "net_sales").rows())
    assert sum(made.values()) == valid["price"].sum()
    for method, expected in rough.rows():
        assert float(made[method]) == pytest.approx(expected, abs=5)  # cents, of 2,200 orders with several methods


def test_cohorts_by_plain_polars(gold: Read, valid: pl.DataFrame) -> None:
    until = valid.filter(pl.col("day") <= AS_OF)
    first = until.group_by("person").agg(cohort=pl.col("month").min())
    people = until.join(first, on="person").select("person", "cohort", "month").unique()
    number = (
        (pl.col("month").dt.year() - pl.col("cohort").dt.year()) * 12 + pl.col("month").dt.month() - pl.col("cohort").dt.month()
    )
    people = people.with_columns(month_number=number.cast(pl.Int64))
    size = first.group_by("cohort").agg(size=pl.len())
    active = people.group_by("cohort", "month_number").agg(active=pl.len())
    returns = people.filter(pl.col("month_number") > 0).group_by("person", "cohort").agg(pl.col("month_number").min())
    made = gold("cohort_retention")
    observed = (
        made.filter(pl.col("month").is_not_null()).join(size, on="cohort").join(active, on=["cohort", "month_number"], how="left")
    )
    assert observed.filter(pl.col("cohort_size") != pl.col("size")).height == 0
    assert observed["active_customers"].to_list() == observed["active"].fill_null(0).to_list()
    for cohort, month_number, cohort_size, share in observed.select(
        "cohort", "month_number", "size", "cumulative_retention"
    ).rows():
        came = returns.filter((pl.col("cohort") == cohort) & (pl.col("month_number") <= month_number)).height
        assert share == (pytest.approx(came / cohort_size) if month_number else None)
    past_the_end = made.filter(pl.col("month").is_null())
    assert past_the_end["active_customers"].null_count() == past_the_end.height > 100


def test_the_second_purchase_by_plain_polars(gold: Read, valid: pl.DataFrame) -> None:
    days = valid.filter(pl.col("day") <= AS_OF).select("person", "day").unique().sort("person", "day").group_by("person")
    people = days.agg(first=pl.col("day").min(), second=pl.col("day").sort().slice(1, 1).first())
    watched = people.with_columns(
        event=pl.col("second").is_not_null(), days=(pl.col("second").fill_null(AS_OF) - pl.col("first")).dt.total_days()
    )
    curve = {row["day"]: row for row in gold("second_order_curve").iter_rows(named=True)}
    survival = 1.0
    for day in range(366):
        at_risk, events = watched.filter(pl.col("days") >= day).height, watched.filter("event", days=day).height
        assert (curve[day]["at_risk"], curve[day]["events"]) == (at_risk, events)
        survival *= 1 - events / at_risk
        assert curve[day]["survival"] == pytest.approx(survival, abs=1e-9)
    assert 0.02 < 1 - survival < 0.04


def test_churn_and_segments_as_of_an_earlier_month_by_plain_polars(gold: Read, valid: pl.DataFrame) -> None:
    then = date(2018, 3, 31)
    people = _until(valid, then).with_columns(recency=(then - pl.col("last")).dt.total_days())
    churn = {row["horizon"]: row for row in gold("kpi_churn").filter(as_of=then).iter_rows(named=True)}
    for horizon in (90, 180, 365):
        assert churn[str(horizon)]["lapsed"] == people.filter(pl.col("recency") > horizon).height
    assert {row["customers"] for row in churn.values()} == {people.height}
    assert churn["90"]["repeat_purchase_rate"] == pytest.approx((people["purchases"] >= 2).mean())
    scored = people.with_columns(f=pl.col("purchases").clip(1, 5).cast(pl.Int64)).with_columns(
        (1 + 5 * (pl.col(of).rank("min").cast(pl.Int64) - 1) // people.height).alias(score)
        for score, of in (("r", "last"), ("m", "net_sales"))
    )
    expected = (
        scored.join(gold("rfm_codes"), on=["r", "f", "m"])
        .group_by("segment")
        .agg(customers=pl.len(), net_sales=pl.col("net_sales").sum())
    )
    made = gold("rfm_history").filter(as_of=then).select("segment", "customers", "net_sales")
    assert_frame_equal(made, expected.sort("segment"), check_dtypes=False)


def test_a_bridge_by_plain_arithmetic(gold: Read, valid: pl.DataFrame, delivered: Read) -> None:
    start, end = date(2018, 7, 1), date(2018, 8, 1)
    months = {row["month"]: row for row in gold("kpi_monthly").iter_rows(named=True)}
    a, b = months[start], months[end]
    each = float(a["gross_sales"]) / a["customers"]
    lines = delivered("olist_order_items_dataset").select("order_id", "product_id", line_price=pl.col("price").cast(MONEY))
    sold = lines.join(valid.select("order_id", "month"), on="order_id").group_by("month", "product_id")
    units = sold.agg(units=pl.len(), sales=pl.col("line_price").sum().cast(pl.Float64))
    both = units.filter(month=end).join(units.filter(month=start), on="product_id", suffix="_before")
    per_order, per_unit = float(a["gross_sales"]) / a["orders"], float(a["gross_sales"]) / a["units"]
    expected = {
        "new": (b["new_customers"] - a["new_customers"]) * each,
        "returning": (b["returning_customers"] - a["returning_customers"]) * each,
        "orders_per_customer": b["orders"] * per_order - b["customers"] * each,
        "units_per_order": b["units"] * per_unit - b["orders"] * per_order,
        "price": (both["sales"] - both["units"] * both["sales_before"] / both["units_before"]).sum(),
        "discount": 0.0,
    }
    expected["mix"] = float(b["net_sales"] - a["net_sales"]) - sum(expected.values())
    made = dict(gold("kpi_bridge").filter(from_month=start, to_month=end).select("driver", "effect").rows())
    assert {driver: float(effect) for driver, effect in made.items()} == pytest.approx(expected, abs=0.05)


def test_every_product_and_category_by_plain_polars(gold: Read, valid: pl.DataFrame, delivered: Read) -> None:
    lines = (
        delivered("olist_order_items_dataset")
        .with_columns(pl.col("price").cast(MONEY))
        .join(valid.select("order_id", "person", "day", "score"), on="order_id")
        .join(gold("dim_product").select("product_id", "category"), on="product_id")
    )

    def performance(of: str) -> pl.DataFrame:
        once = lines.unique(["order_id", of])
        return (
            lines.group_by(of)
            .agg(
                orders=pl.col("order_id").n_unique(),
                units=pl.len(),
                net_sales=pl.col("price").sum(),
                customers=pl.col("person").n_unique(),
                first_sold=pl.col("day").min(),
                last_sold=pl.col("day").max(),
            )
            .join(once.group_by(of).agg(avg_review=pl.col("score").mean()), on=of)
            .sort(of)
        )

    products = performance("product_id")
    made = gold("product_performance").filter(pl.col("orders") > 0)
    same = ("product_id", "orders", "units", "net_sales", "avg_review", "first_sold", "last_sold")
    assert_frame_equal(made.select(same), products.select(same), check_dtypes=False, rel_tol=1e-12)
    ranked = gold("product_performance").sort("net_sales", "product_id", descending=[True, False])
    assert ranked["rank_by_sales"].to_list() == list(range(1, 32_952))
    before = ranked["net_sales"].cast(pl.Float64).cum_sum().shift(1, fill_value=0) / float(valid["price"].sum())
    classes = pl.select(pl.when(before < 0.8).then(pl.lit("A")).when(before < 0.95).then(pl.lit("B")).otherwise(pl.lit("C")))
    assert ranked["abc_class"].equals(classes.to_series().alias("abc_class"))
    also = ("category", "orders", "units", "net_sales", "customers", "avg_review")
    made = gold("category_performance").filter(pl.col("orders") > 0)
    assert_frame_equal(made.select(also), performance("category").select(also), check_dtypes=False, rel_tol=1e-12)


def test_every_seller_by_plain_polars(gold: Read, orders: pl.DataFrame, delivered: Read) -> None:
    expected = (
        delivered("olist_order_items_dataset")
        .group_by("seller_id", "order_id")
        .agg(pl.col("price").cast(MONEY).sum().alias("sold"))
        .join(orders.select("order_id", "is_valid", "late", "score"), on="order_id")
        .group_by("seller_id")
        .agg(
            placed_orders=pl.len(),
            orders=pl.col("is_valid").sum(),
            net_sales=pl.col("sold").filter("is_valid").sum(),
            late_rate=pl.col("late").filter("is_valid").mean(),
            avg_review=pl.col("score").filter("is_valid").mean(),
            cancel_rate=(~pl.col("is_valid")).mean(),
        )
        .sort("seller_id")
    )
    made = gold("seller_scorecard")
    assert_frame_equal(made.select(expected.columns), expected, check_dtypes=False, rel_tol=1e-12)
    scored = made.filter(pl.col("orders") >= 10)
    assert made["score"].count() == scored["score"].count() == expected.filter(pl.col("orders") >= 10).height > 1_000
    others = pl.len() - 1
    parts = {
        "late_rate": (others - (pl.col("late_rate").rank("min") - 1)) / others,
        "avg_review": (others - (pl.col("avg_review").rank("min", descending=True) - 1)) / others,
        "cancel_rate": (others - (pl.col("cancel_rate").rank("min") - 1)) / others,
    }
    assert_frame_equal(scored.select(score=pl.mean_horizontal(parts.values())), scored.select("score"), abs_tol=1e-6)


def test_delivery_payments_statuses_and_reviews_by_plain_polars(
    gold: Read, orders: pl.DataFrame, valid: pl.DataFrame, delivered: Read
) -> None:
    came = valid.filter(order_status="delivered")
    by_state = (
        came.group_by("month", state="customer_state")
        .agg(
            delivered_orders=pl.len(),
            late_orders=pl.col("late").sum(),
            late_rate=pl.col("late").mean(),
            avg_lead_days=(pl.col("received") - pl.col("day")).dt.total_days().mean(),
        )
        .sort("month", "state")
    )
    assert_frame_equal(gold("delivery_performance").select(by_state.columns), by_state, check_dtypes=False, rel_tol=1e-12)
    paid = _paid(delivered).join(valid.select("order_id", "month"), on="order_id")
    assert gold("payment_mix")["payments"].sum() == paid["payment_value"].sum()
    statuses = orders.group_by(status="order_status").agg(orders=pl.len(), net_sales=pl.col("price").sum()).sort("status")
    assert_frame_equal(gold("order_status_sales").select(statuses.columns), statuses, check_dtypes=False)
    created = delivered("olist_order_reviews_dataset").filter(pl.col("review_creation_date").is_not_null())
    written = created.group_by(month=pl.col("review_creation_date").str.head(7)).agg(
        reviews=pl.len(), avg_score=pl.col("review_score").cast(pl.Float64).mean()
    )
    made = gold("review_summary").with_columns(pl.col("month").dt.strftime("%Y-%m")).select("month", "reviews", "avg_score")
    assert_frame_equal(made, written.sort("month"), check_dtypes=False, rel_tol=1e-12)


def test_olist_has_too_few_multi_item_orders_for_rules_and_reports_it(gold: Read) -> None:
    levels = {row["level"]: row for row in gold("basket_levels").to_dicts()}
    names = ("baskets", "rules_tested", "published_rules", "significant_rules", "is_thin")
    assert {level: tuple(row[name] for name in names) for level, row in levels.items()} == {
        "product": (98_199, 4_174 * 4_173, 44, 32, True),
        "category": (98_199, 72 * 71, 2, 0, True),
    }


def test_churn_is_refused_and_bad_reviews_are_ranked(gold: Read) -> None:
    """Few customers order again, and recency predicts it as well as all features; features known at shipping predict a bad review
    better than the seller alone. The rate of bad reviews changes before outcomes are known, so no probabilities are published."""
    cards = {
        table: dict(gold(f"{table}_fit").filter(kind="card").select("name", "said").iter_rows())
        for table in ("churn", "review_risk")
    }
    assert (cards["churn"]["status"], gold("churn_scores").height) == ("refused", 0)
    risk = gold("review_risk")
    assert (cards["review_risk"]["status"], risk.height) == ("published", 680)
    figures = {row["name"]: row for row in gold("review_risk_fit").filter(kind="card").iter_rows(named=True)}
    assert figures["value"]["value"] == pytest.approx(2.64, abs=0.05)
    assert figures["baseline_value"]["value"] == pytest.approx(1.79, abs=0.02)
    assert risk["probability"].is_null().all() and risk["decile"].null_count() == 0
    assert "the column probability is empty" in cards["review_risk"]["reason"]
    rivals = gold("review_risk_fit").filter(kind="rival").iter_rows(named=True)
    skills = {row["series"]: row for row in rivals if row["name"] == "Brier skill over all origins"}
    known = skills["bad review: calibrated probability against base rate known at the time"]
    occurred = skills["bad review: calibrated probability against base rate that occurred"]
    assert (known["value"], occurred["value"]) == pytest.approx((0.030, 0.017), abs=0.005)
    assert occurred["low"] < 0 < known["low"]


def test_customer_segments(gold: Read) -> None:
    """The figures of 0006-segments.md: every k from 3 to 8 is tried, and K-Means explains more variance than a grid."""
    tried = gold("segment_selection")
    assert tried.select("buyers", "k").rows() == [(who, k) for who in ("one-time buyers", "repeat buyers") for k in range(3, 9)]
    assert tried.filter("chosen").select("buyers", "k").rows() == [("one-time buyers", 4), ("repeat buyers", 5)]
    rivals = {(row["series"], row["name"]): row for row in gold("customer_segments_fit").filter(kind="rival").to_dicts()}
    for who in ("one-time buyers", "repeat buyers"):
        assert rivals["gain of K-Means", f"explained variance of features, {who}"]["low"] > 0
    later = rivals["K-Means", "explained variance of spend in the next 90 days, one-time buyers"]
    assert later["low"] < 0, "segments describe customers and do not predict"
    assert gold("segment_profile")["customers"].sum() == 94_990


def test_the_directions_of_insights_match_their_numbers(gold: Read) -> None:
    insights = gold("insights").filter(status="shown").sort("rank")
    assert not wrong_directions(insights.to_dicts())
    gains = insights["monthly_gain"].fill_null(0).to_list()
    assert gains == sorted(gains, reverse=True)
    assert insights["role"].to_list() == sorted(insights["role"].to_list(), key=("opportunity", "news", "context").index)
