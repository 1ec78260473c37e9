"""Every promise of the SQL marts' contracts can be broken: in a good shop one value is tampered with, and the rule turns red."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ecom_lake.contracts import catalog
from ecom_lake.contracts.columns import Column
from ecom_lake.contracts.promises import column_rules
from ecom_lake.contracts.shop_settings import ShopSettings
from ecom_lake.pipeline.audit import KEY_UNIQUE
from ecom_lake_tests.marts.hand_shop import MARTS, HandShop, customer, item, order, payment, product, review, seller

GOLD = {name: catalog.gold()[name] for name in MARTS}

OWN_RULES: dict[tuple[str, str], dict[str, Any]] = {
    ("fct_orders", "net_is_gross_less_discounts"): {"discounts": Decimal("0.01")},
    ("fct_orders", "gmv_is_net_and_freight"): {"freight": Decimal("0.01")},
    ("fct_sales", "net_is_gross_less_discount"): {"net_sales": Decimal("0.01")},
    ("kpi_monthly", "customers_are_new_or_returning"): {"returning_customers": 99},
    ("kpi_monthly", "net_is_gross_less_discounts"): {"gross_sales": Decimal("0.01")},
    ("revenue_waterfall", "it_closes"): {"closes": False},
    ("rfm", "code_is_the_scores"): {"rfm_code": "999"},
    ("kpi_monthly", "aov_is_sales_per_order"): {"aov": 0.5},
    ("customer_metrics", "gaps_make_the_lifespan"): {"avg_gap_days": 0.5},
    ("customer_metrics", "aov_is_sales_per_order"): {"aov": 0.5},
    ("rfm_segments", "monetary_is_per_customer"): {"avg_monetary": 0.5},
    ("category_performance", "aov_is_sales_per_order"): {"aov": 0.5, "orders": 1},
    ("delivery_performance", "late_rate_of_the_promised"): {"late_rate": 0.1},
    ("returns_leakage", "rate_of_those_with_an_outcome"): {"return_rate": 0.1},
    ("product_performance", "orders_within_units"): {"units": 0},
    ("product_performance", "sold_from_first_to_last"): {"first_sold": date(2019, 1, 1)},
    ("product_performance", "rank_within_category"): {"rank_in_category": 99},
    ("product_performance", "the_first_is_a"): {"abc_class": "C"},
    ("product_performance", "share_is_its_own"): {"cumulative_share": 0.0},
    ("category_performance", "orders_within_units"): {"orders": 99},
    ("category_performance", "customers_within_orders"): {"customers": 99},
    ("category_performance", "no_lift_of_the_unknown"): {"category": "unknown", "cross_sell_index": 1.0},
    ("product_journey", "customers_within_steps"): {"customers": 9},
    ("product_journey", "share_of_those_who_went_on"): {"share": 0.1},
    ("first_product_value", "older_are_fewer"): {"customers_90d": 99},
    ("first_product_value", "rate_where_known"): {"repeat_rate_90d": 0.5},
    ("first_product_value", "yearly_rate_where_known"): {"repeat_rate_365d": 0.5},
    ("delivery_performance", "late_within_promised"): {"late_orders": 99},
    ("delivery_performance", "late_rate_where_promised"): {"late_rate": None},
    ("delivery_performance", "delay_where_late"): {"avg_delay_days_when_late": None},
    ("returns_leakage", "outcomes_within_orders"): {"delivered_orders": 99},
    ("returns_leakage", "nothing_leaks_without_returns"): {"returned_orders": 0, "returned_sales": Decimal("0.01")},
    ("order_status_sales", "valid_within_all"): {"valid_net_sales": Decimal("99.00")},
    ("order_status_sales", "canceled_is_no_sale"): {"status": "canceled", "valid_orders": 1},
    ("payment_mix", "orders_within_payments"): {"orders": 99},
    ("seller_scorecard", "valid_within_placed"): {"orders": 99},
    ("seller_scorecard", "ranked_where_scored"): {"rank": None},
    ("seller_scorecard", "late_percentile_of_a_rate"): {"late_rate": None, "late_percentile": 0.5},
    ("seller_scorecard", "score_is_the_mean"): {
        **dict.fromkeys(("late_percentile", "review_percentile", "cancel_percentile"), 0.5),
        "score": 0.6,
    },
    ("review_summary", "shares_make_the_whole"): {"share_1": 0.5},
    ("review_summary", "average_within_its_shares"): {"avg_score": 3.0},
    ("review_summary", "parts_within_reviews"): {"reviews_before_delivery": 99},
    ("review_summary", "nps_where_latest"): {"nps_proxy": None},
    ("cohort_retention", "past_the_end_nothing_is_known"): {"is_complete": None},
    ("rfm_codes", "code_is_the_scores"): {"rfm_code": "999"},
    ("order_gaps", "splitting_shortens_gaps"): {"gap_days": 9999.0},
    ("second_order_curve", "bounds_hold_the_estimate"): {"ci_low": 0.9, "survival": 0.8, "ci_high": 0.9},
    ("kpi_breakdown", "customers_are_of_orders"): {"customers": 99},
}
"""What breaks each rule that a table has of its own, put into its first row."""

IDENTITIES: dict[str, tuple[str, ...]] = {
    "calendar_is_whole": (
        "delete from dim_date where date = '2018-05-05'",
        "delete from dim_date where date = '2018-12-31'",
        "delete from dim_date where date < '2018-02-01'",
        "update dim_date set is_as_of = true where date = '2018-05-05'",
        "update dim_date set is_as_of = false",
    ),
    "every_order_date_is_a_day": ("update fct_orders set order_date = '2019-01-01' where order_id = '1'",),
    "every_silver_order_is_there": (
        "delete from fct_orders where order_id = '1'",
        "insert into fct_orders from fct_orders limit 1",
        "update fct_orders set month = '2018-02-01' where order_id = '1'",
    ),
    "payments_are_all_there": (
        "update fct_orders set payments = payments + 0.01 where order_id = '1'",
        "update fct_orders set payments = 9.01 - 0.02 * (order_id = '1')::integer where order_id in ('1', '3')",
    ),
    "their_people_are_known": ("delete from dim_customer where customer_id = 'ana'",),
    "their_products_are_known": ("delete from dim_product",),
    "their_sellers_are_known": ("delete from dim_seller",),
    "every_silver_line_is_there": (
        "delete from fct_sales where order_id = '1'",
        "insert into fct_sales from fct_sales limit 1",
        "update fct_sales set gross_sales = gross_sales + 0.01 where order_id = '1'",
        "update fct_sales set month = '2018-02-01' where order_id = '1'",
    ),
    "lines_sum_to_orders": (
        "update fct_sales set net_sales = net_sales + 0.01 where order_id = '1'",
        "update fct_orders set freight = freight + 0.01 where order_id = '1'",
        "update fct_sales set is_valid = false where order_id = '1'",
        "update fct_orders set units = units + 1 where order_id = '1'",
    ),
    "days_sum_to_months": (
        "update kpi_daily set orders = orders + 1 where date = '2018-01-02'",
        "update kpi_daily set net_sales = net_sales + 0.01 where date = '2018-01-02'",
        "update kpi_daily set freight = freight + 0.01 where date = '2018-01-02'",
        "delete from kpi_daily where date between '2018-02-01' and '2018-02-28'",
    ),
    "months_sum_to_orders": (
        *(
            f"update kpi_monthly set {amount} = {amount} + 0.01 where month = '2018-01-01'"
            for amount in ("gross_sales", "discounts", "net_sales", "freight", "gmv", "payments", "cogs")
        ),
        *(
            f"update kpi_monthly set {count} = {count} + 1 where month = '2018-01-01'"
            for count in ("placed_orders", "orders", "customers", "units")
        ),
        "delete from kpi_monthly where month = '2018-01-01'",
        "update kpi_monthly set net_sales = (select sum(net_sales) - kpi_monthly.net_sales from kpi_monthly as others)"
        " where month in ('2018-01-01', '2018-03-01')",
    ),
    "people_are_new_once": ("update kpi_monthly set new_customers = new_customers + 1 where month = '2018-01-01'",),
    "summary_is_the_months": tuple(
        f"update kpi_summary set value = value + 1 where metric = '{metric}'" for metric in ("net_sales", "orders", "customers")
    ),
    "waterfall_is_the_months": (
        *(
            f"update revenue_waterfall set amount = amount + 0.01 where month = '2018-01-01' and step = '{step}'"
            for step in ("net_sales", "gmv", "payments", "returned")
        ),
        "delete from revenue_waterfall where month = '2018-03-01'",
    ),
    "people_sum_to_orders": (
        "update customer_metrics set net_sales = net_sales + 0.01 where customer_id = 'ana'",
        "update customer_metrics set orders = orders + 1 where customer_id = 'ana'",
        "update customer_metrics set purchases = purchases + 1 where customer_id = 'ana'",
        "delete from customer_metrics where customer_id = 'ana'",
    ),
    "everybody_is_scored_once": (
        "update rfm set monetary = monetary + 0.01 where customer_id = 'ana'",
        "update rfm set frequency = frequency + 1 where customer_id = 'ana'",
        "delete from rfm where customer_id = 'ana'",
        "insert into rfm from rfm limit 1",
    ),
    "segments_sum_to_people": (
        "update rfm_segments set customers = customers + 1",
        "update rfm_segments set net_sales = net_sales + 0.01",
        "delete from rfm_segments",
        "update rfm_segments set segment = 'Champions'",
    ),
    "no_day_is_missing": ("delete from kpi_daily where date = '2018-02-03'",),
    "no_month_is_missing": ("delete from kpi_monthly where month = '2018-02-01'",),
    "segments_share_the_people": ("update rfm_segments set share = share / 2",),
    "recency_is_since_the_last_order": ("update customer_metrics set recency_days = recency_days + 1 where customer_id = 'ana'",),
    "methods_share_the_month": ("update payment_mix set share = share / 2 where month = '2018-01-01'",),
    "first_and_last_sale_are_the_shops": (
        "update product_performance set last_sold = first_sold",
        "update product_performance set first_sold = last_sold",
    ),
    "ranks_in_a_category_follow_the_ranks": ("update product_performance set rank_in_category = 2 where product_id = 'p'",),
    "products_sum_to_orders": (
        "update product_performance set net_sales = net_sales + 0.01 where product_id = 'p'",
        "update product_performance set units = units + 1 where product_id = 'p'",
        "insert into product_performance from product_performance where units = 0",
    ),
    "abc_by_the_shares_before": (
        "update product_performance set abc_class = 'B' where product_id = 'p'",
        "update product_performance set abc_class = 'B' where product_id = 'unsold'",
        "update product_performance set rank_by_sales = 3 where product_id = 'unsold'",
    ),
    "categories_sum_to_products": (
        "update category_performance set net_sales = net_sales + 0.01",
        "update category_performance set units = units + 1",
        "update category_performance set products = products + 1",
        "delete from category_performance where category = 'books'",
    ),
    "categories_within_orders": (
        "update category_performance set orders = 6",
        "update category_performance set customers = 4",
    ),
    "orders_hold_categories": ("update category_performance set orders = orders - 1 where category = 'toys'",),
    "journeys_go_on_from_purchases": ("update product_journey set steps = steps + 1", "delete from product_journey"),
    "journeys_are_of_buyers": (
        "update product_journey set from_customers = 4",
        "update product_journey set customers = 4",
        "update product_journey set to_category = 'books'",
    ),
    "first_orders_hold_them": (
        "update first_product_value set customers = customers + 1",
        "delete from first_product_value",
    ),
    "states_sum_to_delivered_orders": tuple(
        f"update delivery_performance set {count} = {count} + 1"
        for count in ("delivered_orders", "timed_orders", "promised_orders", "late_orders")
    ),
    "late_rates_are_the_months": (
        "update delivery_performance set late_orders = 0, late_rate = 0",
        "update delivery_performance set avg_lead_days = avg_lead_days + 1",
    ),
    "leakage_sums_to_returned_sales": tuple(
        f"update returns_leakage set returned_sales = returned_sales + 0.01 where dimension = '{dimension}'"
        for dimension in ("product", "category", "state")
    ),
    "states_have_every_order": tuple(
        f"update returns_leakage set {count} = {count} + 1 where dimension = 'state'"
        for count in ("orders", "returned_orders", "unknown_status_orders")
    ),
    "members_have_their_orders": (
        "update returns_leakage set orders = orders + 1 where dimension = 'product'",
        "update returns_leakage set return_rate = 0.9 where dimension = 'category'",
        "delete from returns_leakage where dimension = 'product'",
    ),
    "statuses_sum_to_orders": (
        "update order_status_sales set orders = orders + 1 where status = 'delivered'",
        "update order_status_sales set net_sales = net_sales + 0.01 where status = 'canceled'",
        "update order_status_sales set valid_net_sales = valid_net_sales - 0.01 where status = 'delivered'",
        "delete from order_status_sales where status = 'canceled'",
    ),
    "methods_sum_to_months": (
        "update payment_mix set payments = payments + 0.01 where month = '2018-01-01'",
        "update payment_mix set payment_count = payment_count + 1 where month = '2018-01-01'",
        "delete from payment_mix where month = '2018-03-01'",
    ),
    "sellers_sum_to_lines": (
        "update seller_scorecard set net_sales = net_sales + 0.01 where seller_id = 's1'",
        "delete from seller_scorecard where seller_id = 's3'",
    ),
    "the_better_ranks_before": (
        "update seller_scorecard set rank = 3 - rank",
        "update seller_scorecard set rank = rank + 1 where rank > 1",
        "update seller_scorecard set score = 0.5",
    ),
    "no_percentile_against_the_rates": tuple(
        f"update seller_scorecard set {measure}_percentile = 1 - {measure}_percentile" for measure in ("late", "review", "cancel")
    ),
    "months_have_every_review": (
        "update review_summary set reviews = reviews + 1",
        "update review_summary set avg_score = avg_score + 0.1",
        "update review_summary set month = '2018-01-01'",
        "delete from review_summary",
    ),
    "one_latest_review_an_order": (
        "update review_summary set latest_reviews = latest_reviews + 1",
        "update review_summary set latest_reviews = latest_reviews - 1",
    ),
    "gaps_are_those_of_the_summary": (
        "update order_gaps set purchase_gap_days = purchase_gap_days + 1 where percentile = 50",
        "update order_gaps set purchase_gap_days = purchase_gap_days + 1 where percentile = 80",
        "update kpi_summary set value = null where metric = 'gap_p50_days'",
        "delete from order_gaps",
    ),
    "percentiles_are_whole_and_rise": (
        "delete from order_gaps where percentile = 7",
        "update order_gaps set gap_days = 10000 where percentile = 7",
        "update order_gaps set purchase_gap_days = 10000 where percentile = 7",
    ),
    "tenths_sum_to_people": (
        "update customer_concentration set customers = customers + 1 where decile = 1",
        "update customer_concentration set net_sales = net_sales + 0.01 where decile = 1",
    ),
    "gini_is_that_of_the_summary": (
        "update customer_concentration set gini_part = gini_part + 0.001 where decile = 1",
        "update kpi_summary set value = value + 0.001 where metric = 'gini'",
    ),
    "churn_counts_everybody": ("update kpi_churn set customers = customers + 1 where as_of = '2018-02-28'",),
    "lapsed_are_those_of_customer_metrics": (
        "update kpi_churn set lapsed = lapsed + 1 where as_of = '2018-03-31' and horizon = 'P80'",
        "update customer_metrics set activity_status = 'lapsed'",
    ),
    "everybody_is_watched": (
        "update second_order_curve set at_risk = at_risk + 1 where day = 0",
        "update second_order_curve set events = events + 1 where day = 3",
        "update second_order_curve set censored = censored + 1 where day = 3",
    ),
    "who_is_left_is_watched_on": ("update second_order_curve set at_risk = at_risk + 1 where day = 3",),
    "cohorts_are_the_people": (
        "update cohort_retention set cohort_size = cohort_size + 1 where cohort = '2018-01-01' and month_number = 1",
        "delete from cohort_retention where cohort = '2018-01-01'",
    ),
    "active_people_are_the_months": (
        "update cohort_retention set active_customers = active_customers + 1 where cohort = '2018-01-01' and month_number = 1",
        "update cohort_retention set active_customers = active_customers + 1 where cohort = '2018-01-01' and month_number = 0",
    ),
    "cohorts_have_their_peoples_sales": (
        "update cohort_value set cumulative_net_sales = cumulative_net_sales + 0.01 where cohort = '2018-01-01'",
    ),
    "cohorts_sum_to_months": ("update cohort_value set net_sales = net_sales + 0.01 where cohort = '2018-01-01'",),
    "codes_are_all_there": ("delete from rfm_codes where rfm_code = '111'",),
    "nobody_gets_lost_between_months": (
        "delete from rfm_migration where from_segment <> 'none' and as_of = '2018-02-28'",
        "update rfm_migration set customers = customers + 1 where from_segment <> 'none' and as_of = '2018-03-31'",
    ),
    "who_comes_from_nowhere_is_new": (
        "update rfm_migration set customers = customers + 1 where from_segment = 'none' and as_of = '2018-02-28'",
    ),
    "history_ends_in_the_present": (
        "update rfm_history set customers = customers + 1 where as_of = '2018-03-31'",
        "update rfm_history set net_sales = net_sales + 0.01 where as_of = '2018-03-31'",
        "update rfm_segments set customers = customers + 1",
        "delete from rfm_history where as_of = '2018-03-31'",
    ),
    "history_adds_up_the_months": (
        "update rfm_history set customers = customers + 1 where as_of = '2018-01-31'",
        "update rfm_history set net_sales = net_sales + 0.01 where as_of = '2018-01-31'",
    ),
    "migration_sums_to_history": (
        "update rfm_migration set net_sales = net_sales + 0.01 where as_of = '2018-02-28'",
        "update rfm_migration set customers = customers + 1 where as_of = '2018-02-28'",
    ),
    "members_sum_to_months": (
        *(
            f"update kpi_breakdown set {amount} = {amount} + 0.01 where dimension = '{dimension}' and period_type = 'month'"
            for amount in ("net_sales", "gross_sales")
            for dimension in ("product", "payment_method", "weekday")
        ),
        "delete from kpi_breakdown where dimension = 'category' and period = '2018-03-01'",
    ),
    "months_sum_to_years_and_all": (
        "update kpi_breakdown set net_sales = net_sales + 0.01 where period_type = 'year' and dimension = 'seller'",
        "update kpi_breakdown set orders = orders + 1 where period_type = 'all' and dimension = 'seller'",
        "update kpi_breakdown set units = units + 1 where period_type = 'month' and dimension = 'seller'",
        "delete from kpi_breakdown where period_type = 'all' and dimension = 'city'",
    ),
    "weekdays_have_every_order": (
        "update kpi_breakdown set orders = orders + 1 where dimension = 'weekday' and period_type = 'month'",
    ),
    "effects_sum_to_the_change": (
        "update kpi_bridge set effect = effect + 0.01 where driver = 'price'",
        "delete from kpi_bridge where to_month = '2018-03-01'",
        "delete from kpi_bridge where driver = 'price'",
    ),
    "discounts_are_the_months": ("update kpi_bridge set effect = effect + 1 where driver = 'discount'",),
    **{
        identity: tuple(f"update {table} set {amount} = {amount} + 1" for amount in amounts)
        for identity, table, amounts in (
            ("personas_sum_to_people", "personas", ("customers", "orders", "net_sales")),
            ("tiers_sum_to_people", "loyalty_tiers", ("customers", "orders", "net_sales")),
            ("subscribers_and_others_are_all_people", "subscription_value", ("customers", "orders", "net_sales")),
            ("each_dimension_has_all_people", "demographics", ("customers", "orders", "net_sales")),
            ("categories_sum_to_personas", "persona_products", ("units", "net_sales")),
        )
    },
}
"""Ways to break each identity between tables."""


@pytest.fixture(scope="module")
def shop() -> HandShop:
    """A good one, small, with rows in every table."""
    made = HandShop(
        numbers=ShopSettings(as_of=date(2018, 3, 31), seller_min_orders=1),
        customers=[
            customer("ana", age=30, city="rio", registered_at="2017-12-01", gender="female", is_subscriber=True),
            customer("bob", age=40, is_subscriber=False),
        ],
        products=[product(unit_cost="2.00"), product("unsold", "books")],
        sellers=[seller("s1"), seller("s2"), seller("s3")],
        orders=[
            order("1", "2018-01-02 10:00:00", customer_id="ana", delivered_at="2018-01-05", promised_at="2018-01-04"),
            order("2", "2018-01-20 10:00:00", customer_id="ana", delivered_at="2018-01-22", promised_at="2018-01-30"),
            order("3", "2018-03-03 10:00:00", customer_id="bob", status="returned"),
            order("4", "2018-03-05 10:00:00", customer_id="eve", status="canceled"),
            order("5", "2018-02-10 11:00:00", customer_id="bob", city="rio"),
            order("6", "2018-03-30 10:00:00", customer_id="eve"),
        ],
        order_items=[
            item(number, "10.00", freight="1.00", discount="2.00", seller_id=f"s{1 + int(number) % 2}") for number in "123456"
        ],
        payments=[payment(number, "9.00") for number in "123456"],
        reviews=[review(number, 5 - int(number) % 2, created_at="2018-03-10") for number in "123"],
    )
    assert made.broken() == set()
    return made


def promises() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Table, rule, and values for its first row that break the rule."""
    for name, table in GOLD.items():
        for column in table.columns.values():
            for rule in column_rules(column):
                yield name, rule.name, {column.name: _bad(column, rule.name.removeprefix(f"{column.name}_"))}
        for rule in table.rules:
            yield name, rule.name, OWN_RULES[name, rule.name]


def _bad(column: Column, promise: str) -> Any:
    return {
        "missing": lambda: None,
        "not_finite": lambda: float("inf"),
        "out_of_range": lambda: column.at_most + 1 if column.at_least is None else column.at_least - 1,  # type: ignore[operator]
        "not_one_of": lambda: "none of them",
        "not_first_of_month": lambda: date(2018, 1, 2),
    }[promise]()


@pytest.mark.parametrize("name", MARTS)
def test_every_promise_of_a_table_can_be_broken(shop: HandShop, name: str) -> None:
    rows, unbroken = shop.table(name), []
    for table, rule, bad in promises():
        if table == name:
            tampered = rows.head(1).with_columns(
                pl.lit(value, rows.schema[column]).alias(column) for column, value in bad.items()
            )
            _, failed, blocks = shop.audited(name, pl.concat([tampered, rows[1:]]))
            unbroken += [] if rule in failed and blocks else [rule]
    assert unbroken == []


@pytest.mark.parametrize("name", MARTS)
def test_a_key_is_unique(shop: HandShop, name: str) -> None:
    rows = shop.table(name)
    _, failed, blocks = shop.audited(name, pl.concat([rows, rows.head(1)]))
    assert failed[KEY_UNIQUE] == 1
    assert blocks


@pytest.mark.parametrize("name", MARTS)
def test_upper_bounds_hold_too(shop: HandShop, name: str) -> None:
    rows = shop.table(name)
    for column in GOLD[name].columns.values():
        if column.at_most is not None:
            tampered = rows.with_columns(pl.lit(column.at_most + 1, rows.schema[column.name]).alias(column.name))
            assert f"{column.name}_out_of_range" in shop.audited(name, tampered)[1]


def test_every_identity_has_its_ways_of_breaking() -> None:
    assert set(IDENTITIES) == {identity.name for table in GOLD.values() for identity in table.identities}


@pytest.mark.parametrize(("identity", "tampering"), [(name, sql) for name, ways in IDENTITIES.items() for sql in ways])
def test_every_identity_turns_red(shop: HandShop, identity: str, tampering: str) -> None:
    shop.con.execute("begin")
    try:
        shop.con.execute(tampering)
        assert identity in shop.broken()
    finally:
        shop.con.execute("rollback")
    assert shop.broken() == set()
