"""What the query of a lookup may contain, and which columns of which kinds it reads."""

from __future__ import annotations

import pytest

from ecom_lake.engine.mapping.definitions import MapLookup
from ecom_lake.engine.mapping.lookup_query import columns_read, read_query
from ecom_lake.engine.mapping.syntax import SyntaxProblem
from ecom_lake_tests.builders.small_map import small_map

KINDS = ("sales", "people")
MAP = small_map("""
    [files.sales]
    [files.people]
    [[orders]]
    from = "sales"
    order_id = "a"
    [[orders]]
    from = "people"
    order_id = "a"
""")


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("select a, median(num(b)) as b from sales group by a order by b", {"sales": {"a", "b"}}),
        ("with x as (select A from Sales) select a as k from x", {"sales": {"a"}}),
        ("select s.a, p.b from sales s join people p on s.c = p.c", {"sales": {"a", "c"}, "people": {"b", "c"}}),
        ("select a from sales where b in (select c from people)", {"sales": {"a", "b"}, "people": {"c"}}),
        ("select a from sales union all select b from people", {"sales": {"a"}, "people": {"b"}}),
        ("select a, row_number() over (partition by b order by c) as n from sales qualify n = 1", {"sales": {"a", "b", "c"}}),
        ("select x.a from (select a, sum(num(b)) as b from sales group by all) x", {"sales": {"a", "b"}}),
    ],
)
def test_the_columns_that_a_query_reads(query: str, columns: dict[str, set[str]]) -> None:
    assert columns_read(MAP, MapLookup("x", "a", sql=query), ()) == columns


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("select * from sales", "contains *"),
        ("from sales", "contains *"),
        ("select a from read_csv('/etc/passwd')", "contains table function"),
        ("select a from sales, range(1000000000)", "contains table function"),
        ("select a from '/etc/passwd'", "reads /etc/passwd, which is no kind of file here"),
        ("select a from saless", "reads saless, which is no kind of file here; did you mean sales?"),
        ("select a from main.sales", "reads a table of another schema"),
        ("select a from information_schema.tables", "reads a table of another schema"),
        ("select a from duckdb_settings()", "contains table function"),
        ("with recursive x as (select 1 as a from sales union all select a + 1 from x) select a from x", "a recursive query"),
        ("select 1 as a", "reads no kind of file"),
        ("select a from sales using sample 10%", "takes a sample"),
        ("select getenv('HOME') as a from sales", "calls getenv()"),
        ("select getvariable('inner_key') as a from sales", "calls getvariable()"),
        ("select hashed(a) as a from sales", "calls hashed()"),
        ("select first(a) as a from sales", "calls first()"),
        ("select repeat(a, 1000000000) as a from sales", "calls repeat()"),
        ("select unnest([a]) as a from sales", "calls unnest()"),
        ("select a from sales where random() < 0.5", "calls random()"),
        ("select a from sales where b = $1", "contains parameter"),
        ("select a from sales, people", "reads a from several tables: write TABLE.a"),
        ("insert into sales select 1", "is not valid SQL: Only SELECT"),
        ("select a from sales; select 1", "is more than one statement"),
        ("with x as (delete from sales returning a) select a from x", "contains delete query node"),
        ("with x as (insert into sales select 1 returning a) select a from x", "contains insert query node"),
        ("with x as (copy sales to '/tmp/x') select 1 as a from x, sales", "contains copy query node"),
        ("copy sales to 'x'", "is not valid SQL"),
        ("select a from (values (1)) t(a)", "contains"),
        ("describe sales", "contains *"),
    ],
)
def test_everything_else_is_refused(query: str, problem: str) -> None:
    with pytest.raises(SyntaxProblem) as refused:
        columns_read(MAP, MapLookup("x", "a", sql=query), ())
    assert problem in str(refused.value)


def test_a_query_is_checked_before_it_is_read() -> None:
    assert read_query("select a from sales", KINDS)["node"]["type"] == "SELECT_NODE"
