"""Every gold query is in the portable subset of SQL, and every rule rejects its examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake_tests.shop.portable import _BY_SHAPE, _BY_TYPE, SHOP, SQL_FILES, refusals

ASKED = "-- What is it?\n"

REFUSED = {
    "question": ["select 1 as one", "-- No question.\nselect 1 as one"],
    "readable": ["select from where"],
    "names": ["select nothing from fct_orders", "select status as period, count(*) as n from value_purchases group by period"],
    "one_select": ["select 1 as one; select 2 as two", "create table t as select 1 as one", "drop table orders"],
    "pivot": ["select * from (pivot fct_orders on status using count(*))"],
    "columns": ["select min(columns('net_.*')) from fct_orders"],
    "join": ["select o.order_id from fct_orders as o asof join fct_sales as s on o.ordered_at >= s.order_date"],
    "by_name": ["select order_id from fct_orders union all by name select order_id from fct_sales"],
    "distinct_on": ["select distinct on (customer_id) customer_id, order_id from fct_orders"],
    "limit": ["select order_id from fct_orders limit 3"],
    "sample": ["select order_id from fct_orders using sample 10"],
    "lambda": ["select list_filter([1, 2], lambda x: x > 1) as many", "select [x + 1 for x in [1, 2]] as more"],
    "ordered_aggregate": ["select sum(net_sales order by order_id)::decimal(18, 2) as n from fct_orders"],
    "subquery": [
        "select order_id in (select order_id from fct_sales) as has_lines from fct_orders",
        "select exists (select 1 from fct_sales) as sells",
        "select o.order_id from fct_orders as o join fct_sales as s on s.order_id in (select order_id from orders)",
        "select max((select max(line) from fct_sales)) as most from fct_orders",
    ],
    "window_order": [
        "select row_number() over (order by net_sales) as place from fct_orders",
        "select lag(net_sales) over (partition by customer_id order by order_date) as before from fct_orders",
        "select row_number() over () as place from fct_orders",
        "select first_value(status) over w as status from fct_orders window w as (partition by customer_id order by order_date)",
        "select sum(units) over (order by net_sales rows between unbounded preceding and current row) as so_far from fct_orders",
        "select order_id from fct_orders qualify row_number() over (partition by customer_id order by ordered_at) = 1",
    ],
    "float": ["select units::real as units from fct_orders", "select cast(units as float) as units from fct_orders"],
    "function": [
        *(f"select {function} as it from fct_orders" for function in (
            "avg(units)", "stddev(units)", "var_samp(units)", "median(units)", "corr(units, items)",
            "percentile_cont(0.5) within group (order by units)", "approx_quantile(units, 0.5)", "quantile_disc(units, 0.5)",
            "isodow(order_date)", "dayofweek(order_date)", "week(order_date)", "extract(isodow from order_date)",
            "extract('dow' from order_date)", "log(units)", "hash(order_id)", "epoch_ms(ordered_at)", "age(order_date)",
            "any_value(status)", "first(status)", "arg_max(status, net_sales)", "max_by(status, net_sales)", "mode(status)",
            "list(order_id)", "array_agg(order_id)", "string_agg(order_id, ',')", "approx_count_distinct(customer_id)",
            "now()", "current_date", "current_timestamp", "today()", "random()", "uuid()",
        )),
        "select ntile(5) over (order by order_id) as fifth from fct_orders",
        "select order_id from read_parquet('gold/fct_orders.parquet')",
    ],
    "date_diff": [
        "select date_diff('day', ordered_at, order_date) as days from fct_orders",
        "select date_diff('hour', ordered_at, ordered_at) as hours from fct_orders",
        "select date_diff('month', order_date, delivered_date) as months from fct_orders",
        "with o as (select ordered_at as day from orders) select date_diff('day', day, day) as days from o",
    ],
    "quantile_type": ["select quantile_cont(net_sales, 0.5) as half from fct_orders"],
    "float_sum": ["select sum(aov) as wrong from customer_metrics", "select sum(units::double) as wrong from fct_orders"],
    "wide_sum": [
        "select sum(net_sales) as net_sales from fct_orders",
        "select coalesce(sum(net_sales) filter (where is_valid), 0) as net_sales from fct_orders",
        "select sum(net_sales) over (partition by month) as net_sales from kpi_monthly",
    ],
}  # fmt: skip

TAKEN = (
    "select row_number() over (partition by customer_id order by ordered_at, order_id) as place from fct_orders",
    "select row_number() over (order by order_id) as place from fct_orders cross join reporting_period",
    "select lag(n) over (order by status) as n from (select status, count(*) as n from fct_orders group by status) as counted",
    "with c as (select status, count(*) as n from fct_orders group by status) select lag(n) over (order by status) as n from c",
    "select rank() over (order by net_sales) as place, sum(units) over (order by net_sales) as so_far from fct_orders",
    "select sum(net_sales)::double / nullif(count(*), 0) as aov from fct_orders where month in (select month from kpi_monthly)",
    "select cast(coalesce(sum(net_sales - cogs), 0) as decimal(18, 2)) as kept from fct_orders having sum(net_sales) > 0",
    "select quantile_cont(gap_days::double, 0.5) as half, date_diff('day', order_date, delivered_date) as days from fct_orders",
    "select order_id from fct_orders order by order_id limit 3",
    "select date_diff('day', day, day) as days from (select ordered_at::date as day from orders) as o",
    "select (select count(*) from orders) > 0 as has_orders, ln(units) as l, units // 2 as half from fct_orders",
)


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: str(path.relative_to(SHOP)))
def test_every_query_is_portable(path: Path) -> None:
    assert [str(refusal) for refusal in refusals(path.read_text(), path.stem)] == []


@pytest.mark.parametrize(("rule", "query"), [(rule, query) for rule, queries in REFUSED.items() for query in queries])
def test_every_rule_rejects_its_examples(rule: str, query: str) -> None:
    sql = query if rule == "question" else ASKED + query
    found = refusals(sql)
    assert rule in {refusal.rule for refusal in found}, found
    assert all(refusal.says.endswith(".") for refusal in found)


@pytest.mark.parametrize("query", TAKEN)
def test_portable_constructs_are_accepted(query: str) -> None:
    assert refusals(ASKED + query) == []


def test_every_rule_has_an_example() -> None:
    assert {name for name, *_ in (*_BY_SHAPE, *_BY_TYPE)} <= set(REFUSED)
