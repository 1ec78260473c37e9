"""The rules of the columns of SQL marts and the identities between them can fail: each test changes one value in a valid shop.

Not here: the rules of a contract, each of which fails on a changed full shop (test_full_shop.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.step.audit import KEY_UNIQUE
from ecom_lake.engine.contracts.column_rules import column_rules
from ecom_lake.engine.contracts.columns import Column
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.hand_shop import (
    MARTS,
    HandShop,
    customer,
    event,
    item,
    order,
    payment,
    product,
    refund,
    review,
    seller,
    target,
)

GOLD = {name: catalog.gold()[name] for name in MARTS}

IDENTITIES: dict[str, tuple[str, ...]] = {
    "calendar_is_whole": (
        "delete from dim_date where date = '2018-05-05'",
        "delete from dim_date where date = '2018-12-31'",
        "delete from dim_date where date < '2018-02-01'",
        "update dim_date set is_as_of = true where date = '2018-05-05'",
        "update dim_date set is_as_of = false",
    ),
    "snapshots_are_ends_of_complete_months": (
        "update dim_date set is_snapshot_date = not is_snapshot_date where date = '2018-01-31'",
        "update dim_date set is_snapshot_date = true where date = '2018-01-30'",
        "update dim_date set is_snapshot_date = true where date = '2018-12-31'",
    ),
    "reporting_period_is_the_calendars": (
        "update reporting_period set as_of = '2018-03-30'",
        "update reporting_period set as_of = null",
        "update reporting_period set first_complete_month = '2018-02-01'",
        "update reporting_period set last_complete_month = '2018-02-01'",
        "update reporting_period set complete_months = 2",
        "delete from reporting_period",
        "update dim_date set is_as_of = false",
        "update dim_date set is_complete_month = false where month_start = '2018-03-01'",
    ),
    "methods_sum_to_orders": (
        "delete from fct_payments where order_id = '1'",
        "update fct_payments set net_sales = net_sales + 0.01 where order_id = '1'",
        "update fct_payments set gross_sales = gross_sales - 0.01 where order_id = '1'",
        "update fct_payments set units = units + 1 where order_id = '1'",
        "update fct_payments set payments = payments + 0.01 where order_id = '1'",
        "update fct_payments set payment_count = payment_count + 1 where order_id = '1'",
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
    "delivered_payments_are_all_there": (
        "update fct_orders set pending_payments = pending_payments + 0.01 where order_id = '5'",
        "update fct_orders set failed_payments = 0 where order_id = '6'",
        "insert into payments select * replace (7 as sequence) from payments where order_id = '1'",
    ),
    "orders_are_in_one_currency": ("update orders set currency = case order_id when '1' then 'EUR' when '2' then 'USD' end",),
    "refunds_are_all_there": (
        "delete from fct_refunds where order_id = '1'",
        "update fct_refunds set amount = amount + 0.01 where order_id = '4'",
        "update fct_refunds set month = '2018-02-01' where order_id = '1'",
    ),
    "refunds_are_of_their_orders": (
        "update fct_refunds set refunded_so_far = 5 where refund_id = 'second'",
        "update fct_refunds set is_valid = not is_valid where refund_id = 'second'",
        "update fct_refunds set payments = payments + 1 where order_id = '1'",
    ),
    "refunds_are_those_of_the_month": (
        "update kpi_monthly set refunds = refunds + 0.01 where month = '2018-01-01'",
        "update kpi_monthly set refunds = 9 + 9 where month = '2018-03-01'",  # with the canceled order's
        "update kpi_monthly set refunds = null",
    ),
    "refunds_are_those_of_the_summary": (
        "update kpi_summary set value = value + 0.01 where metric = 'refunds'",
        "update kpi_summary set value = null where metric = 'refunds'",
    ),
    "every_target_is_there": (
        "delete from target_progress where month = '2018-01-01'",
        "update target_progress set target = target + 1",
        "delete from targets where kpi = 'orders'",
    ),
    "only_the_latest_month_runs": ("update target_progress set status = 'unknown' where month = '2018-01-01'",),
    "values_are_those_of_the_months": (
        "update target_progress set reached = reached + 0.01 where kpi = 'net_sales'",
        "update target_progress set reached = reached + 1 where kpi = 'orders'",
    ),
    "every_event_is_there": ("delete from shop_events", "update shop_events set last_day = '2018-01-09'"),
    "availability_is_one_row": (
        "delete from data_availability",
        "insert into data_availability select not has_payments, has_returns, has_discount_amounts from data_availability",
    ),
    "a_customer_has_one_first_order": (
        "update fct_orders set is_first_order = true"
        " where customer_id in (select customer_id from fct_orders where is_valid group by customer_id having count(*) > 1)",
    ),
    "every_repeat_order_is_numbered": (
        "delete from repeat_orders",
        "update repeat_orders set month = '2019-05-01'",
    ),
    "their_people_are_known": ("delete from dim_customer where customer_id = 'ana'",),
    "their_products_are_known": ("delete from dim_product",),
    "their_sellers_are_known": ("delete from dim_seller",),
    "every_silver_line_is_there": (
        "delete from fct_sales where order_id = '1'",
        "insert into fct_sales from fct_sales limit 1",
        "update fct_sales set gross_sales = gross_sales + 0.01 where order_id = '1'",
        "update fct_sales set tax = null where order_id = '1'",
        "update fct_sales set month = '2018-02-01' where order_id = '1'",
    ),
    "lines_sum_to_orders": (
        "update fct_sales set net_sales = net_sales + 0.01 where order_id = '1'",
        "update fct_orders set freight = freight + 0.01 where order_id = '1'",
        "update fct_orders set tax = tax + 0.01 where order_id = '1'",
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
            for amount in (
                "gross_sales",
                "discounts",
                "net_sales",
                "freight",
                "gmv",
                "payments",
                "cogs",
                "tax",
                "pending_payments",
            )
        ),
        "update kpi_monthly set failed_payments = 0",
        "update kpi_monthly set discounted_orders = discounted_orders - 1",
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
            for step in ("net_sales", "discounts", "gmv", "payments", "returned", "refunds", "net_sales_after_refunds")
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
    "members_have_all_sales": tuple(
        f"update discount_sensitivity set {amount} = {amount} + 1 where dimension = 'category'"
        for amount in ("units", "net_sales", "discounts")
    ),
    "orders_with_discount_are_those_of_the_shop": (
        *(
            f"update discount_sensitivity set {count} = {count} + 1 where dimension = 'purchases'"
            for count in ("orders", "orders_with_discount", "net_sales_with_discount")
        ),
        "delete from discount_sensitivity where dimension = 'all'",
    ),
    "categories_have_their_orders": ("update discount_sensitivity set orders = orders + 1 where dimension = 'category'",),
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
    "canceled_where_a_status_is_known": (
        "update seller_scorecard set cancel_rate = null where seller_id = 's1'",
        "update fct_sales set status = 'unknown' where seller_id = 's1'",
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
    "reviews_are_all_there": (
        "update fct_orders set review_score = null where order_id = '1'",
        "update fct_orders set month = '2018-02-01' where order_id = '1'",
    ),
    "complete_months_are_one_run": (
        "update dim_date set is_complete_month = false where month_start = '2018-02-01'",
        "update dim_date set is_complete_month = false where date = '2018-02-05'",
    ),
    "growth_is_on_complete_months": (
        *(
            f"update kpi_monthly set net_sales_{growth} = {value} where month = '2018-02-01'"
            for growth, value in (("mom", "net_sales_mom + 0.001"), ("mom", "null"), ("yoy", "0.5"))
        ),
        "update kpi_monthly set net_sales_mom = 0 where month = '2018-01-01'",
    ),
    "rates_are_those_of_the_orders": (
        *(
            f"update kpi_monthly set {rate} = {rate} - 0.001 where month in ('2018-01-01', '2018-03-01')"
            for rate in (
                "cogs_coverage",
                "return_rate",
                "return_rate_units",
                "late_rate",
                "avg_lead_days",
                "avg_review",
                "nps_proxy",
            )
        ),
        "update kpi_monthly set gross_profit = null where month = '2018-01-01'",
        "update kpi_monthly set avg_review = null where month = '2018-01-01'",
    ),
    "ratios_are_those_of_the_summary": ("update kpi_summary set value = value + 0.01 where metric = 'aov'",),
    "sums_are_those_of_the_summary": tuple(
        f"update kpi_summary set value = value + 0.01 where metric = '{metric}'"
        for metric in ("gross_sales", "discounts", "freight", "gmv", "refunds")
    ),
    "shares_and_ranks_are_of_the_period": (
        "update kpi_breakdown set share = share / 2 where dimension = 'seller'",
        "update kpi_breakdown set rank = rank + 1 where dimension = 'seller'",
    ),
    "growth_is_on_the_year_before": (
        "insert into kpi_breakdown select * replace (period - interval 12 month as period) from kpi_breakdown"
        " where period_type = 'month' and period = '2018-02-01' and dimension = 'seller'",
    ),
    "steps_sum_to_the_sums": tuple(
        f"update revenue_waterfall set amount = amount + 0.01 where month = '2018-01-01' and step = '{step}'"
        for step in ("discounts", "realized", "freight", "rounding", "payments", "refunds")
    ),
    "labels_follow_the_settings": (
        "update customer_metrics set activity_status = 'at risk'",
        "update customer_metrics set loyalty_tier = 'Loyal' where customer_id = 'eve'",
        "update customer_metrics set persona = 'Standard' where customer_id = 'ana'",
    ),
    "scores_are_of_their_people": (
        "update rfm set recency_days = recency_days + 1 where customer_id = 'ana'",
        "update rfm set m = 6 - m where customer_id = 'ana'",
        "update rfm set as_of = '2018-03-30'",
    ),
    "segments_are_of_their_codes": ("update rfm set segment = 'Lost' where rfm_code <> '111'",),
    "frequency_scores_are_of_the_bands": ("update rfm set f = f + 1",),
    "means_are_of_the_people": (
        "update rfm_segments set avg_frequency = avg_frequency + 0.1",
        "update rfm_segments set avg_recency_days = avg_recency_days + 0.1",
        "update rfm_segments set avg_recency_days = null",
    ),
    "shares_are_of_the_month": (
        "update rfm_history set share = share / 2",
        "update payment_mix set share = share / 2",
    ),
    "shares_are_of_the_dimension": (
        "update demographics set share = share / 2",
        "update demographics set net_sales_share = net_sales_share / 2",
        "update returns_leakage set share = share / 2",
    ),
    "shares_are_of_the_persona": ("update persona_products set share = share / 2",),
    **{
        f"shares_are_of_all_{of}": tuple(f"update {table} set {share} = {share} / 2" for share in shares)
        for of, table, shares in (
            ("segments", "rfm_segments", ("share", "net_sales_share")),
            ("personas", "personas", ("share", "net_sales_share")),
            ("loyalty_tiers", "loyalty_tiers", ("share", "net_sales_share")),
            ("subscription_value", "subscription_value", ("share", "net_sales_share")),
            ("sales", "customer_concentration", ("share", "cumulative_share")),
            ("categories", "category_performance", ("share",)),
            ("statuses", "order_status_sales", ("share",)),
        )
    },
    "cumulative_retention_never_falls": (
        "update cohort_retention set cumulative_retention = 1 where cohort = '2018-01-01' and month_number = 1",
    ),
    "sales_sum_to_the_cumulative": (
        "update cohort_value set cumulative_net_sales = cumulative_net_sales + 0.01 where month_number = 0",
    ),
    "survival_is_the_product": (
        "update second_order_curve set survival = survival - 0.001 where day = 3",
        "delete from second_order_curve where day = 2",
    ),
    "shares_and_ranks_are_by_sales": (
        "update product_performance set rank_by_sales = 3 - rank_by_sales",
        "update product_performance set share = share / 2",
        "update product_performance set cumulative_share = cumulative_share / 2",
    ),
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
"""Statements that make each identity between tables fail."""


@pytest.fixture(scope="module")
def shop() -> HandShop:
    """A small valid shop with rows in every table."""
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
            item(number, "10.00", freight="1.00", discount="2.00", tax="0.50", seller_id=f"s{1 + int(number) % 2}")
            for number in "123456"
        ],
        payments=[
            *(payment(number, "9.00") for number in "123456"),
            payment("5", "3.00", 2, status="pending"),
            payment("6", "4.00", 2, status="failed"),
        ],
        refunds=[
            refund("1", "2.00", "2018-01-25 10:00:00"),
            refund("3", "5.00", "2018-03-10 10:00:00", "first"),
            refund("3", "4.00", "2018-03-11 10:00:00", "second"),
            refund("4", "9.00", "2018-03-12 10:00:00"),
        ],
        reviews=[review(number, 5 - int(number) % 2, created_at="2018-03-10") for number in "123"],
        targets=[target("2018-01-01", "net_sales", 50.0), target("2018-03-01", "orders", 9.0)],
        events=[event("2018-01-07", "Sale", ends_on="2018-01-08")],
    )
    assert made.broken() == set()
    return made


def rule_violations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Table, rule, and values for its first row that fail the rule."""
    for name, table in GOLD.items():
        for column in table.columns.values():
            for rule in column_rules(column):
                yield name, rule.name, {column.name: _bad(column, rule.name.removeprefix(f"{column.name}_"))}


def _bad(column: Column, rule_suffix: str) -> Any:
    if rule_suffix == "out_of_range":
        return column.at_least - 1 if column.at_least is not None else (column.at_most or 0) + 1
    return {
        "missing": None,
        "not_finite": float("inf"),
        "not_one_of": "none of them",
        "not_first_of_month": date(2018, 1, 2),
    }[rule_suffix]


@pytest.mark.parametrize("name", MARTS)
def test_every_rule_of_a_column_can_fail(shop: HandShop, name: str) -> None:
    rows, unbroken = shop.table(name), []
    for table, rule, bad in rule_violations():
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
def test_upper_bounds_are_checked_too(shop: HandShop, name: str) -> None:
    rows = shop.table(name)
    for column in GOLD[name].columns.values():
        if column.at_most is not None:
            tampered = rows.with_columns(pl.lit(column.at_most + 1, rows.schema[column.name]).alias(column.name))
            assert f"{column.name}_out_of_range" in shop.audited(name, tampered)[1]


def test_every_identity_has_statements_that_make_it_fail() -> None:
    assert set(IDENTITIES) == {identity.name for table in GOLD.values() for identity in table.identities}


@pytest.mark.parametrize(("identity", "tampering"), [(name, sql) for name, ways in IDENTITIES.items() for sql in ways])
def test_every_identity_can_fail(shop: HandShop, identity: str, tampering: str) -> None:
    """All identities hold when the shop is built, and hold again after the rollback of the change."""
    found = [known for table in GOLD.values() for known in table.identities if known.name == identity]
    shop.con.execute("begin")
    try:
        shop.con.execute(tampering)
        assert any(shop.con.execute(f"select 1 from ({known.breaks}) limit 1").fetchall() for known in found)
    finally:
        shop.con.execute("rollback")
