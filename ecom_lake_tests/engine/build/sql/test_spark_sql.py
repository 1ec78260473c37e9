"""Which queries are translated to Spark's dialect, what is refused in one sentence, and which CTEs become steps."""

from __future__ import annotations

import pytest

from ecom_lake.engine.build.sql.spark_sql import UntranslatableError, to_spark, why_not

SCHEMA = {
    "sales": {
        "day": "DATE",
        "sold_at": "TIMESTAMP",
        "shop": "VARCHAR",
        "orders": "BIGINT",
        "amount": "DECIMAL(18,2)",
        "rate": "DOUBLE",
        "rows": "BIGINT",
    }
}


@pytest.mark.parametrize(
    ("expression", "instead"),
    [
        ("avg(orders)", "divide a sum of decimals by a count"),
        ("median(rate)", "write quantile_cont(x::double, 0.5)"),
        ("any_value(shop)", "write min(x) or max(x)"),
        ("string_agg(shop, ',')", "keep the rows"),
        ("hash(shop)", "compare the columns themselves"),
        ("regexp_matches(shop, 'a')", "write the condition with LIKE"),
        ("levenshtein(shop, 'a')", "write it with other functions"),
        ("jaro_similarity(shop, 'a')", "write it with other functions"),
        ("sum(rate)", "sum decimals"),
        ("sum(orders / 3)", "sum decimals"),
        ("rate::varchar", "cast to a decimal or a date first"),
        ("sold_at::varchar", "cast to a decimal or a date first"),
        ("orders::hugeint", "use BIGINT, DECIMAL or DOUBLE"),
        ("date_diff('week', day, day)", "count days, months or years"),
        ("strftime(day, '%j')", "use one of %Y-%m"),
        ("[orders][1]", "list_extract"),
        ("list_transform([orders], x -> x + 1)", "keep the rows instead of lists"),
        ("$as_of", "read it from settings"),
        ("quantile_cont(rate, 0.9)", "write round(quantile_cont(…), 6)"),
        ("range(1, 5)", "write generate_series"),
        ("try_cast(shop as integer)", "type the column in silver"),
        ("shop::decimal(18, 2)", "type the column in silver"),
        ("(shop || '1')::double", "type the column in silver"),
        ("shop::bigint", "type the column in silver"),
        ("substring(shop, 0, 2)", "write a first position of 1 or more"),
        ("substr(shop, -2, 2)", "write a first position of 1 or more"),
        ("substr(shop, orders::integer)", "write a first position of 1 or more"),
    ],
)
def test_a_construct_without_a_proven_translation_is_refused_with_what_to_write_instead(expression: str, instead: str) -> None:
    why = why_not(f"select {expression} as x from sales", SCHEMA)
    assert why is not None
    assert instead in why


@pytest.mark.parametrize(
    ("query", "instead"),
    [
        ("select * from sales natural join sales as other", "write the condition in ON"),
        ("select shop from sales union all by name select shop from sales", "name the columns in the same order"),
        ("select shop from sales using sample 10%", "filter by a column"),
        ("select * from sales pivot (sum(orders) for shop in ('a'))", "write the columns out"),
        ("with recursive n as (select 1 as x union all select x + 1 from n) select x from n", "join generate_series"),
        ("select shop from", "cannot parse"),
        ("select 1; select 2", "Only one SELECT"),
    ],
)
def test_a_shape_without_a_proven_translation_is_refused(query: str, instead: str) -> None:
    assert instead in str(why_not(query, SCHEMA))


def test_a_sum_of_doubles_is_allowed_where_the_order_is_given_and_in_conditions() -> None:
    running = "select sum(rate) over (order by day) as x, sum(rate) over w as y from sales window w as (order by day)"
    assert why_not(running, SCHEMA) is None
    assert why_not("select 1 from sales having abs(sum(rate) - 1) > 1e-9", SCHEMA, is_condition=True) is None


def test_a_substring_from_a_known_position_is_translated() -> None:
    assert why_not("select substr(shop, 2, orders::integer) as x from sales", SCHEMA) is None


def test_a_condition_may_read_texts_as_doubles() -> None:
    assert why_not("select 1 from sales where try_cast(shop as double) > 1", SCHEMA, is_condition=True) is None
    assert why_not("select 1 from sales where try_cast(shop as integer) > 1", SCHEMA, is_condition=True)


def test_reserved_words_are_quoted() -> None:
    assert "`rows`" in to_spark("select rows from sales as t", SCHEMA).query


TWICE = """
with days as (select day, sum(orders)::bigint as orders from sales group by day),
best as (select max(orders) as orders from days),
gaps as (select a.day from days as a join best on a.orders = best.orders)
select days.day from days join gaps on gaps.day = days.day
"""


def test_a_cte_that_is_read_more_than_once_is_a_step_and_others_stay_inside() -> None:
    translated = to_spark(TWICE, SCHEMA)
    assert [name for name, _ in translated.steps] == ["days"]
    assert "GROUP BY" in translated.steps[0][1]
    assert "GROUP BY" not in translated.query
    assert all(f"`{name}` AS (" in translated.query for name in ("best", "gaps"))


def test_a_step_brings_the_ctes_that_it_reads() -> None:
    sql = """
        with some as (select shop, orders from sales where orders > 1),
        twice as (select shop, max(orders) as orders from some group by shop)
        select a.shop from twice as a join twice as b on a.shop = b.shop
    """
    [(name, step)] = to_spark(sql, SCHEMA).steps
    assert name == "twice"
    assert "`some` AS (" in step


def test_a_cte_with_the_name_of_a_table_that_it_reads_is_no_step() -> None:
    sql = "with sales as (select shop from sales) select a.shop from sales as a join sales as b on a.shop = b.shop"
    assert to_spark(sql, SCHEMA).steps == []


def test_an_error_names_every_construct_once() -> None:
    with pytest.raises(UntranslatableError) as error:
        to_spark("select avg(orders) as a, avg(orders) as b, hash(shop) as c from sales", SCHEMA)
    assert str(error.value).count("avg(…)") == 1
    assert "hash(…)" in str(error.value)


def test_a_median_and_a_rounded_quantile_are_translated() -> None:
    assert "PERCENTILE(" in to_spark("select quantile_cont(rate, 0.5) as x from sales", SCHEMA).query
    assert "PERCENTILE(" in to_spark("select round(quantile_cont(rate, 0.9), 6) as x from sales", SCHEMA).query


def test_rounding_needs_a_type() -> None:
    assert "cast it to its type first" in str(why_not("select round(x, 2) as x from somewhere", {}))
    assert why_not("select round(x::double, 2) as x from somewhere", {}) is None


def test_full_joins_using_a_column_stay_as_they_are() -> None:
    """sqlglot's own conditions for them compare the first table only, so that rows of the second one match nothing."""
    sql = "select * from sales as a full join sales as b using (shop) full join sales as c using (shop)"
    assert to_spark(sql, SCHEMA).query.count("USING (`shop`)") == 2


@pytest.mark.parametrize(
    ("expression", "spark"),
    [
        ("orders / 2", "CAST(`orders` AS DOUBLE) / CAST(2 AS DOUBLE)"),
        ("amount / nullif(orders, 0)", "CAST(NULLIF(`orders`, 0) AS DOUBLE)"),
        ("amount / orders", "'Infinity'"),
        ("round(rate, 2)", "POWER(10, 2)"),
        ("rate::bigint", "RINT(`rate`)"),
        ("amount::bigint", "ROUND(`amount`, 0)"),
        ("ln(rate)", "'-Infinity'"),
        ("sum(orders) filter (where orders > 1) over (order by day)", "CASE WHEN (`orders` > 1) THEN `orders` END"),
        ("generate_series(orders, 3)", "CASE WHEN 3 >= `orders` THEN SEQUENCE(`orders`, 3) END"),
        ("date_diff('month', day, sold_at)", "* 12 + MONTH(`sold_at`) - MONTH(`day`)"),
        ("list_extract([1], orders)", "NULLIF(`orders`, 0))"),
    ],
)
def test_what_the_engines_compute_differently_is_rewritten(expression: str, spark: str) -> None:
    assert spark in to_spark(f"select {expression} as x from sales", SCHEMA).query


def test_a_decimal_is_rounded_by_spark_itself_and_a_whole_number_is_not_rounded_on_its_way() -> None:
    query = to_spark("select round(amount, 1) as x, orders::decimal(18, 2) as y from sales", SCHEMA).query
    assert "POWER" not in query
    assert "RINT" not in query


def test_a_division_by_null_is_null_and_only_one_by_zero_is_infinite() -> None:
    """Every branch that is no quotient asks whether the divisor is zero, which NULL is not."""
    query = to_spark("select amount / orders as x from sales", SCHEMA).query
    assert query.count("CAST(`orders` AS DOUBLE) = 0 AND") == query.count("WHEN") - 1 == 3


def test_what_is_rounded_is_rounded_as_a_whole() -> None:
    query = to_spark("select round(rate - rate * 2, 2) as x from sales", SCHEMA).query
    assert "ROUND((`rate` - `rate` * 2) * CAST(" in query
