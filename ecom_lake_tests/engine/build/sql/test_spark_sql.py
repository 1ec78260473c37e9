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
        ("upper(shop)", "clean the text in silver"),
        ("lower(shop)", "clean the text in silver"),
        ("round(rate, orders)", "write the number of digits as a literal"),
        ("shop ilike 'a%'", "clean the text in silver"),
        (r"shop like 'a\_b'", "a pattern without one"),
        ("shop like shop", "a pattern without one"),
        ("orders & 1", "write it with other functions"),
        ("sign(rate)", "write it with other functions"),
        ("rate // 2", "write floor(a / b)"),
        ("rate % 2", "write the remainder of decimals"),
        ("sold_at - sold_at", "write date_diff('day', start, end)"),
        ("shop::timestamp", "type the column in silver"),
        ("try_cast(rate as bigint)", "type the column in silver"),
        ("ln(rate)", "write round(…, 10) around LN(rate)"),
        ("power(rate, 2) + 1", "write round(…, 10) around"),
        ("sum(rate) over (order by day)", "sum decimals"),
        ("sum(rate) filter (where orders > 1) over (order by day)", "sum decimals"),
        ("quantile_cont(orders, 0.5)", "write quantile_cont(x::double, q)"),
        ("quantile_cont(amount, 0.5)", "write quantile_cont(x::double, q)"),
        ("quantile_cont(day, 0.5)", "write quantile_cont(x::double, q)"),
        ("extract(dow from day)", "write isodow(x)"),
        ("extract(isodow from day)", "write isodow(x)"),
        ("extract(second from sold_at)", "write second(x)"),
        ("extract(epoch from sold_at)", "write extract one of year, quarter"),
        ("substr(shop, orders::integer)", "write a first position of 1 or more"),
        ("substr(shop, 3, -2)", "write a length of 0 or more, or greatest(length, 0)"),
        ("substr(shop, 2, orders::integer)", "write a length of 0 or more, or greatest(length, 0)"),
        ("substr(shop, 2, greatest(orders::integer, -1))", "write a length of 0 or more, or greatest(length, 0)"),
        ("shop || rate", "cast to a decimal or a date first"),
        ("rate || shop", "cast to a decimal or a date first"),
        ("shop || ': ' || sold_at", "cast to a decimal or a date first"),
        ("shop || orders / 3", "cast to a decimal or a date first"),
        ("concat(shop, orders, rate)", "cast to a decimal or a date first"),
        ("concat(sold_at)", "cast to a decimal or a date first"),
        ("lpad(rate, 9, '0')", "cast to a decimal or a date first"),
        ("rate like '1%'", "cast to a decimal or a date first"),
        ("strpos(sold_at, ':')", "cast to a decimal or a date first"),
        ("strpos(shop, rate)", "cast to a decimal or a date first"),
        ("length(rate)", "cast to a decimal or a date first"),
        ("substr(sold_at, 1, 10)", "cast to a decimal or a date first"),
        ("trim(rate)", "cast to a decimal or a date first"),
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
        ("select distinct on (shop) shop, orders from sales", "keeps an arbitrary row: order the rows by a key"),
        ("select shop from sales limit 3", "returns arbitrary rows: order the rows by a key"),
        ("select shop from (select shop from sales offset 2) as s order by shop", "returns arbitrary rows"),
        ("select row_number() over (partition by shop) as n from sales", "in an arbitrary order: order them by a key"),
        (
            "select first_value(day ignore nulls) over (w) as d from sales window w as (partition by shop)",
            "in an arbitrary order",
        ),
        ("select lag(day) over () as d from sales", "in an arbitrary order"),
        ("select shop from", "cannot parse"),
        ("select 1; select 2", "Only one SELECT"),
    ],
)
def test_a_shape_without_a_proven_translation_is_refused(query: str, instead: str) -> None:
    assert instead in str(why_not(query, SCHEMA))


@pytest.mark.parametrize(
    "query",
    [
        "select distinct on (shop) shop, orders from sales order by shop, orders desc",
        "select shop from sales order by shop limit 3 offset 1",
        "select row_number() over w as n, count(*) over (partition by shop) as o from sales window w as (order by day)",
    ],
)
def test_rows_in_an_order_are_translated(query: str) -> None:
    assert why_not(query, SCHEMA) is None


@pytest.mark.parametrize("part", ["year", "quarter", "month", "day", "week", "doy", "hour", "minute"])
def test_a_part_of_a_time_that_both_engines_count_equally_is_extracted(part: str) -> None:
    assert why_not(f"select extract({part} from sold_at) as x from sales", SCHEMA) is None


def test_a_sum_of_doubles_is_allowed_in_conditions() -> None:
    assert why_not("select 1 from sales having abs(sum(rate) - 1) > 1e-9", SCHEMA, is_condition=True) is None


@pytest.mark.parametrize(
    "query",
    [
        "select round(exp(rate), 10) as x from sales",
        "with logs as (select shop, ln(rate) as size from sales) select round(max(size), 6) as x from logs",
        "with logs as (select shop, ln(rate) as size from sales) select shop from logs where size > 1",
        "select case when ln(rate) > 1 then shop end as x from sales",
        "select ln(rate)::decimal(18, 2) as x, count(ln(rate)) as y from sales",
    ],
)
def test_a_logarithm_is_allowed_where_its_last_digit_is_not_returned(query: str) -> None:
    assert why_not(query, SCHEMA) is None


@pytest.mark.parametrize(
    "query",
    [
        "with logs as (select shop, ln(rate) as size from sales) select shop, size from logs",
        "with logs as (select ln(rate) as z from sales), sums as (select max(z) * 2 as most from logs) select most from sums",
        "select shop, x from (select shop, exp(rate) as x from sales) as some",
        "select orders as x from sales union all select ln(rate) from sales",
        "select case when orders > 1 then ln(rate) else 0 end as x from sales",
        "select max(ln(rate)) over (order by day) as x from sales",
    ],
)
def test_a_logarithm_is_refused_where_its_last_digit_is_returned(query: str) -> None:
    assert "depends on the library" in str(why_not(query, SCHEMA))
    assert why_not(query, SCHEMA, is_condition=True) is None


@pytest.mark.parametrize("length", ["", ", 0", ", 3", ", greatest(orders::integer - 1, 0)", ", greatest(2, length(shop))"])
def test_a_substring_from_a_known_position_of_no_negative_length_is_translated(length: str) -> None:
    assert why_not(f"select substr(shop, 2{length}) as x from sales", SCHEMA) is None


@pytest.mark.parametrize("column", ["orders", "amount", "day"])
def test_a_text_of_numbers_and_dates_is_cast_before_a_null_becomes_empty(column: str) -> None:
    """Spark would read the empty text as a number or a date."""
    query = to_spark(f"select concat(shop, {column}) as x, shop || {column} as y from sales", SCHEMA).query
    assert f"CONCAT(COALESCE(`shop`, ''), COALESCE(CAST(`{column}` AS STRING), '')) AS `x`" in query
    assert f"`shop` || `{column}` AS `y`" in query


def test_lists_are_not_cast_to_texts() -> None:
    assert "CONCAT(ARRAY(`orders`), ARRAY(`rows`))" in to_spark("select concat([orders], [rows]) as x from sales", SCHEMA).query


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


def test_a_step_keeps_its_own_ctes_after_those_that_it_reads() -> None:
    sql = """
        with some as (select shop, orders from sales where orders > 1),
        twice as (with most as (select shop, max(orders) as orders from some group by shop) select shop from most)
        select a.shop from twice as a join twice as b on a.shop = b.shop
    """
    [(name, step)] = to_spark(sql, SCHEMA).steps
    assert name == "twice"
    assert 0 < step.index("`some` AS (") < step.index("`most` AS (")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("with sales as (select shop from sales) select shop from sales", "sales is the name of a CTE, and is read where"),
        ("select shop from (with Sales as (select shop from sales) select shop from Sales) as s", "is read where the CTE is not"),
        ("select s.shop from (with t as (select shop from sales) select shop from t) as s join t using (shop)", "rename the CTE"),
        ("with a as (select shop from b), b as (select shop from sales) select shop from a join b using (shop)", "b is the name"),
        ("with a as (select shop from sales), b as (with a as (select 1 as x) select x from a) select x from b", "Two CTEs are"),
        (
            "with A as (select shop from sales) select shop from (with a as (select shop from A) select shop from a) as s",
            "Two CTEs",
        ),
        ("(with t as (select shop from sales) select shop from t) union all select shop from t", "t is the name of a CTE"),
        ("select shop from main.sales", "Spark has no schema main: write sales alone."),
    ],
)
def test_a_name_that_is_a_cte_in_one_place_and_something_else_in_another_is_refused(sql: str, why: str) -> None:
    """A step is a view for the whole query, and would be read in all of them."""
    assert why in str(why_not(sql, SCHEMA))


@pytest.mark.parametrize(
    "sql",
    [
        "with reviews as (select shop from sales) select shop from reviews",
        "with a as (select shop from sales), b as (select shop from a) select shop from b union all select shop from a",
        "with a as (select shop from sales) select shop from sales where shop in (select shop from a)",
        "select s.x from (with a as (select 1 as x) select x from a) as s, (with a as (select 2 as x) select x from a) as t",
        "with b as (with a as (select 1 as x) select x from a), a as (select x from b) select a.x from a join a as c using (x)",
    ],
)
def test_a_name_that_is_one_cte_wherever_it_is_read_is_translated(sql: str) -> None:
    assert why_not(sql, SCHEMA | {"reviews": {"review_id": "VARCHAR"}}) is None


LONG = "(rate + orders + rate * 6 + rate * 2 + rate * 3 + rate * 4 + rate * 5)"


def test_a_part_that_is_computed_once_has_a_name_that_no_query_may_use() -> None:
    """A query may name a table or a column v; a lambda over v would read it instead."""
    query = to_spark(f"select floor({LONG.replace('rate', 'v.rate')}) as x from sales as v", SCHEMA).query
    assert "`__ecom_part` -> " in query
    assert "RINT(`__ecom_part`.`x`)" in query
    assert "`v` ->" not in query


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as x from sales as __ECOM_part",
        "with __ecom_some as (select shop from sales) select shop from __ecom_some",
    ],
)
def test_reserved_names_are_refused(sql: str) -> None:
    assert "are reserved: rename __" in str(why_not(sql, SCHEMA))


def test_a_part_with_a_subquery_is_written_out() -> None:
    """Spark allows no subquery in a lambda."""
    query = to_spark(f"select floor({LONG} + (select max(rate) from sales)) as x from sales", SCHEMA).query
    assert "TRANSFORM(" not in query
    assert query.count("SELECT MAX(") == 4


def test_a_cte_that_hides_a_table_is_a_step() -> None:
    sql = "with reviews as (select shop from sales) select a.shop from reviews as a join reviews as b using (shop)"
    assert [name for name, _ in to_spark(sql, SCHEMA | {"reviews": {"review_id": "VARCHAR"}}).steps] == ["reviews"]


def test_a_cte_is_a_step_however_its_name_is_written() -> None:
    sql = "with Shops as (select shop from sales) select a.shop from shops as a join SHOPS as b using (shop)"
    assert [name for name, _ in to_spark(sql, SCHEMA).steps] == ["Shops"]


def test_an_error_names_every_construct_once() -> None:
    with pytest.raises(UntranslatableError) as error:
        to_spark("select avg(orders) as a, avg(orders) as b, hash(shop) as c from sales", SCHEMA)
    assert str(error.value).count("avg(…)") == 1
    assert "hash(…)" in str(error.value)


def test_a_condition_may_compare_lower_case() -> None:
    query = "select 1 from sales where lower(shop) = 'unknown'"
    assert "TRANSLATE(" in to_spark(query, SCHEMA, is_condition=True).query


def test_a_median_and_a_rounded_quantile_are_translated() -> None:
    assert "PERCENTILE(" in to_spark("select quantile_cont(rate, 0.5) as x from sales", SCHEMA).query
    assert "PERCENTILE(" in to_spark("select round(quantile_cont(rate, 0.9), 6) as x from sales", SCHEMA).query


def test_rounding_needs_a_type() -> None:
    assert "The type of x is not known: cast it to its type first" in str(why_not("select round(x, 2) as x from somewhere", {}))
    assert why_not("select round(x::double, 2) as x from somewhere", {}) is None


@pytest.mark.parametrize("expression", ["sum(x)", "x % 2", "x - 1", "floor(x)", "x // 2", "x::varchar", "x::bigint"])
def test_what_depends_on_a_type_needs_one_where_the_tables_are_known(expression: str) -> None:
    query = f"select {expression.replace('x', 'list_extract([], 1)')} as y from sales"
    assert "The type of LIST_EXTRACT([], 1) is not known" in str(why_not(query, SCHEMA))
    assert why_not("select sum(x) as y, x - 1 as z from records", SCHEMA) is None  # records of the lake have a schema when read


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
        ("round(ln(rate), 6)", "'-Infinity'"),
        ("amount / rate", "AS STRING) = '0.0'"),
        ("round(rate, -2)", "/ CAST((POWER(10, 2)) AS DOUBLE)"),
        ("floor(rate)", "RINT(`rate`)"),
        ("floor(rate + amount)", "RINT((`rate` + `amount`))"),
        ("round(coalesce(rate, amount), 2)", "POWER(10, 2)"),
        ("round(amount / 2, 2)", "POWER(10, 2)"),
        ("(rate * amount)::bigint", "RINT((`rate` * `amount`))"),
        ("2.5::bigint", "ROUND(2.5, 0)"),
        ("round(amount, 1)::bigint", "ROUND(ROUND(`amount`, 1), 0)"),
        ("floor(orders)", "CAST(`orders` AS DOUBLE)"),
        ("ceil(orders)", "CAST(`orders` AS DOUBLE)"),
        ("date_trunc('month', day)", "CAST(DATE_TRUNC('MONTH', `day`) AS TIMESTAMP_NTZ)"),
        ("day - day", "CAST(DATEDIFF(`day`, `day`) AS BIGINT)"),
        ("shop::date", "RAISE_ERROR("),
        ("trim(shop)", "\u3000"),
        ("rate::decimal(38, 10)", "18446744073709551616"),
        ("sum(orders) filter (where orders > 1) over (order by day)", "CASE WHEN (`orders` > 1) THEN `orders` END"),
        ("generate_series(orders, 3)", "CASE WHEN 3 >= `orders` THEN SEQUENCE(`orders`, 3) END"),
        ("date_diff('month', day, sold_at)", "* 12 + MONTH(`sold_at`) - MONTH(`day`)"),
        ("list_extract([1], orders)", "NULLIF(TRY_CAST(`orders` AS INT), 0))"),
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
    assert "ROUND(((`rate` - `rate` * 2) * CAST(" in query


def test_a_named_window_is_written_out_because_it_may_have_a_frame() -> None:
    running = "sum(orders) over (by_day rows between unbounded preceding and 1 preceding)"
    found = to_spark(f"select {running} as x from sales window by_day as (partition by shop order by day)", SCHEMA).query
    assert "OVER (PARTITION BY `shop` ORDER BY `day` NULLS LAST rows BETWEEN" in found
    assert "by_day" not in found
