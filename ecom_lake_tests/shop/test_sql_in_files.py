"""The SQL of models is in .sql files, which the portable-SQL linter reads (test_portable.py), and every file is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ecom_lake.shop
from ecom_lake.engine.build.step.code_version import import_closure
from ecom_lake_tests import catalog

SHOP = Path(ecom_lake.shop.__file__).parent
AREAS = ("baskets", "delivery_effect", "experiments", "forecast", "insights", "kpis", "segments")
CONTRACTS = {catalog.file_of(table) for table in catalog.gold()}
GENERATORS = {SHOP / "kpis/kpi_sql.py"}
"""Modules that write .sql files."""
MODULES = sorted({module for area in AREAS for module in SHOP.joinpath(area).glob("*.py")} - CONTRACTS - GENERATORS)
QUERY = re.compile(r"\bselect\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
CLAUSE = re.compile(r"\b(join|group by|order by|union|over)\b|\n", re.IGNORECASE)


def queries_in(source: str) -> list[str]:
    """String constants that hold more than one simple SELECT; docstrings do not count."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings)
    return [node.value for node in constants if isinstance(node.value, str) and is_query(node.value)]


def is_query(text: str) -> bool:
    return bool(QUERY.search(text) and CLAUSE.search(text))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_query_is_in_a_string(module: Path) -> None:
    assert queries_in(module.read_text(encoding="utf-8")) == []


def test_a_query_in_a_string_is_detected() -> None:
    assert queries_in('QUERY = """\nselect a\nfrom b\n"""')
    assert queries_in('con.execute("select a from b join c on c.a = b.a")')
    assert not queries_in('"""Select the rows with an order from it."""')


def made_by(table: str) -> Iterator[str]:
    """The modules that compute a table."""
    for ending in ("_build", "_model"):
        if catalog.file_of(table).with_name(f"{table}{ending}.py").exists():
            yield f"{catalog.module_of(table)}{ending}"


@pytest.mark.parametrize("area", AREAS)
def test_every_query_file_is_part_of_a_code_version(area: str) -> None:
    """A literal file name in a module makes the file part of the module, so that a changed query rebuilds the table."""
    tables = [table for table in catalog.gold() if catalog.file_of(table).parent.name == area]
    marts = {catalog.file_of(table).with_suffix(".sql") for table in tables}
    files = {*SHOP.joinpath(area).glob("*.sql")} - marts
    assert files
    assert files <= {path for table in tables for module in made_by(table) for path in import_closure(module)}
