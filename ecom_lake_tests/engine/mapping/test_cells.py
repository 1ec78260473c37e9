"""What a cell may contain. The refused cells are attacks: a map from a stranger must be safe to run."""

from __future__ import annotations

import pytest

from ecom_lake.engine.mapping.cells import Scope, read_cell
from ecom_lake.engine.mapping.syntax import SyntaxProblem, print_expression


@pytest.mark.parametrize(
    "cell",
    [
        "name",
        "customer.city",
        "num(price) * num(quantity) - 1.50",
        "case when cancelled_at is not null then 'canceled' when paid in ('yes', 'y') then 'approved' else null end",
        "coalesce(nullif(trim(a), ''), b)",
        "regexp_extract(name, '^([A-Z]+)-', 1)",
        "split_part(name, ' ', 1) || '-' || lpad(zip, 5, '0')",
        "a not like 'x%' and (b between 'a' and 'c' or not c)",
        "day(a) + interval '2 days'",
        "extract(year from day(a))",
        "cast(a as decimal(18, 4))",
        "try_cast(a as integer)",
        "words.methods(lower(method))",
        "share(of(num(a)) - total(num(b)), num(c) * num(d))",
        "sum(num(a)) filter (where b = 'paid')",
        "count(distinct a)",
        "1 -- a comment",
        "$$it's$$",
    ],
)
def test_a_cell_is_a_scalar_expression(cell: str) -> None:
    read = read_cell(cell, Scope.GROUP)
    assert read_cell(print_expression(read.tree), Scope.GROUP).columns == read.columns


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        # another query
        ("(select 1)", "contains a subquery"),
        ("exists (select 1)", "contains a subquery"),
        ("a in (select secret from other)", "contains a subquery"),
        ("coalesce(1, (select 1))", "contains a subquery"),
        ("cast((select 1) as integer)", "contains a subquery"),
        ("sum(a) filter (where (select true))", "contains a subquery"),
        ("sum(a) over ()", "contains a window function"),
        ("1 union select 2", "is more than one expression"),
        ("1 order by 1", "is more than one expression"),
        ("1 limit 1", "is more than one expression"),
        ("1 from other", "is more than one expression"),
        ("distinct a", "is more than one expression"),
        ("1, 2", "is not one expression"),
        ("1 as b", "is not one expression"),
        ("*", "contains *"),
        ("a.*", "contains *"),
        ("columns('a')", "contains *"),
        # out of its brackets
        ("1) from x where (1=1", "is not valid SQL"),
        ("1; select 2", "is more than one statement"),
        ("1; drop table x", "Only SELECT statements"),
        ("1 /*", "is not valid SQL"),
        ("'", "is not valid SQL"),
        ("1\0", "contains a zero byte"),
        # files, settings, the environment, other connections
        ("read_csv('/etc/passwd')", "calls read_csv()"),
        ("read_text('/etc/passwd')", "calls read_text()"),
        ("getenv('HOME')", "calls getenv()"),
        ("current_setting('temp_directory')", "calls current_setting()"),
        ("getvariable('inner_key')", "calls getvariable()"),
        ("case when true then getenv('HOME') end", "calls getenv()"),
        ("try(getenv('HOME'))", "calls getenv()"),
        ("a between getenv('HOME') and 'z'", "calls getenv()"),
        ("main.lower(a)", "calls main.lower()"),
        ("nextval('s')", "calls nextval()"),
        ("copy x to 'y'", "is not valid SQL"),
        ("query('select 1')", "calls query()"),
        # another result tomorrow
        ("now()", "calls now()"),
        ("random()", "calls random()"),
        ("uuid()", "calls uuid()"),
        ("today()", "calls today()"),
        # parameters, lambdas, lists
        ("$1", "contains a parameter"),
        ("?", "contains a parameter"),
        ("lambda x: x + 1", "contains a lambda"),
        ("x -> x + 1", "contains a lambda"),
        ("list_transform([1], lambda x: x)", "calls list_transform()"),
        ("[1, 2]", "calls list_value()"),
        ("{'a': 1}", "calls struct_pack()"),
        ("a[1]", "contains a list"),
        ("lower(a, b := 1)", "with a named argument"),
        # memory and time
        ("repeat('x', 1000000000)", "calls repeat()"),
        ("lpad(a, 1000000000, '0')", "with a width that is not a number up to 100"),
        ("lpad(a, length(b) * 1000, '0')", "with a width that is not a number up to 100"),
        ("replace(replace(replace(a, 'a', 'aaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaa')", "1,000 times longer"),
        (f"regexp_replace(regexp_replace(a, '', '{'x' * 33}', 'g'), '', '{'x' * 33}', 'g')", "1,000 times longer"),
        ("replace(a, 'a', a)", "with a replacement that is not a text in quotes"),
        ("range(1000000000)", "calls range()"),
        ("1" + " + 1" * 150, "is nested more than 100 levels deep"),
        ("1" + " + 1" * 900, "is nested more than 100 levels deep"),
        ("(" * 4000 + "1" + ")" * 4000, "is not valid SQL"),
        ("not " * 4000 + "true", "10,000 is the limit"),
        # numbers that are not exact
        ("a / b", "write per(a, b)"),
        ("cast(a as double)", "write decimal(18, 4)"),
        ("1e3", "is not exact"),
        # types
        ("cast(a as json)", "casts to JSON"),
        ("cast(a as integer[])", "casts to LIST"),
        ("'t'::regclass", "casts to REGCLASS"),
        ("x'41'", "contains a literal"),
        ("a collate nocase", "contains a collation"),
        ("a.b.c", "which is neither a column nor lookup.column"),
        ("_key", "no column of a file begins with _"),
        # helpers
        ("num()", "with 0 arguments, and it takes 1"),
        ("day(a, b, c)", "with 3 arguments, and it takes 1 or 2"),
        ("sum(sum(a))", "calls sum() within sum()"),
        ("of(total(a))", "calls total() within of()"),
        ("regexp_matches(a, '(')", "contains '(', which is no regular expression: missing ): ("),
        ("regexp_matches(a, b)", "calls regexp_matches() with something else than a text in quotes"),
        ("day(a, '%Q')", "contains '%Q', which is no format of a date"),
        ("day(a, '%Y-%m-%d %z')", "read a time that has a zone with local()"),
        ("coalesce(order, 1)", "if order is a column, write it in double quotes"),
        ("lowr(a)", "did you mean lower()?"),
        ("  ", "is empty"),
    ],
)  # fmt: skip
def test_everything_else_is_refused(cell: str, problem: str) -> None:
    with pytest.raises(SyntaxProblem) as refused:
        read_cell(cell, Scope.GROUP)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cell", ["sum(a)", "nth()", "of(a)", "share(a, b)", "first(a)"])
def test_groups_need_per(cell: str) -> None:
    with pytest.raises(SyntaxProblem, match="needs `per` and belongs in a column"):
        read_cell(cell, Scope.ROW)


def test_what_a_cell_uses() -> None:
    cell = read_cell("coalesce(Customer.City, words.towns(num(Town)))", Scope.ROW)
    assert cell.columns == {("customer", "city"), ("town",)}
    assert cell.words == {"towns"}
