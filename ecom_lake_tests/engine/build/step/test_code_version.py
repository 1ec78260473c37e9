"""The code in a fingerprint: all files that can change the table, and no others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.gold.make_gold import is_current as gold_is_current
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver import make_silver as silver
from ecom_lake.engine.build.silver import order_index
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import specs
from ecom_lake.engine.build.step import code_version
from ecom_lake.engine.build.step.code_version import CUT, PACKAGE, import_closure
from ecom_lake.publish import quality_story as quality
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.catalog import recipe

EVERY_FILE = sorted(path for ending in ("*.py", "*.sql") for path in PACKAGE.rglob(ending))
GOLD = ("ecom_lake.engine.build.gold.table_file", "ecom_lake.engine.build.step.audit")
FUNCTION = "ecom_lake.engine.build.gold.python_table"
BY_MONTH = "ecom_lake.engine.build.gold.month_files"
PEOPLE, ORDERS = "ecom_lake.shop.connectors.olist.people", "ecom_lake.shop.connectors.olist.orders"
MADE_FROM = (
    "ecom_lake.engine.build.silver.months",
    "ecom_lake.engine.build.silver.dimensions",
    ORDERS,
    "ecom_lake.shop.connectors.olist.market",
    BY_MONTH,
)
"""What the silver tables and the monthly facts are made with that churn_scores is made from: a model runs when that changes,
not when its inputs do."""

CLOSURES = {
    "silver/order_index": ("ecom_lake.engine.build.silver.order_index", ORDERS),
    "silver/orders": ("ecom_lake.engine.build.silver.months", ORDERS),
    "silver/customers": ("ecom_lake.engine.build.silver.dimensions", PEOPLE),
    "gold/rfm": GOLD,
    "gold/fct_sales": (*GOLD, BY_MONTH),
    "gold/ledger": (*GOLD, "ecom_lake.engine.build.release.own_tables"),
    "gold/churn_scores": (*GOLD, FUNCTION, "ecom_lake.shop.churn.churn_scores_model", *MADE_FROM),
    "gold/basket_rules": (*GOLD, FUNCTION, "ecom_lake.shop.baskets.basket_rules_build"),
}
"""Tables of every kind, each with the root modules of its import closure."""

PLANNING = {
    *(
        PACKAGE / "engine/build" / f"{name}.py"
        for name in (
            "gold/make_gold",
            "gold/by_month",
            "silver/parts",  # of which a monthly gold table uses the name of a month's part
            "gold/run_recipe",
            "gold/definition",
            "gold/snapshots",
            "silver/make_silver",
            "silver/specs",
            "release/offer",
        )
    ),
    *(PACKAGE / "engine/build" / f"{name}.py" for name in ("step/fingerprint", "release/own_tables")),
    *(PACKAGE / "engine/contracts" / f"{name}.py" for name in ("project_folder", "recipe", "by_month", "sql_tables")),
    *(PACKAGE / "engine/contracts" / f"{name}.py" for name in ("domain", "personal", "order_index")),
    *(PACKAGE / "shop/settings").glob("*.py"),
    Path(code_version.__file__),
}
"""Modules that decide whether a table is built, from which tables and with which settings: these enter by value."""


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path, bytes], None]]:
    """Simulates a change of a module's file for the computation of code versions."""
    read = Path.read_bytes

    def changed(path: Path, more: bytes) -> None:
        monkeypatch.setattr(code_version, "_read", lambda other: read(other) + (more if other == path else b""))
        forget()

    def forget() -> None:
        code_version.code_version.cache_clear()
        code_version._source.cache_clear()

    yield changed
    monkeypatch.undo()
    forget()


def _is_current(site: Site, table: str) -> bool:
    site, head = replace(site), site.lake.log.head()  # a new site, because a site remembers definitions
    layer, own_name = table.split("/")
    if table == "silver/order_index":
        return order_index.is_current(site, head)
    return (silver.is_current if layer == "silver" else gold_is_current)(site, head, own_name)


@pytest.mark.parametrize("table", CLOSURES)
def test_a_table_is_due_exactly_when_a_file_of_its_closure_changes(
    table: str, built_lake: BuiltLake, change: Callable[[Path, bytes], None]
) -> None:
    site, made_from = built_lake.site(), set(import_closure(*CLOSURES[table]))
    assert _is_current(site, table)
    outdated = set()
    for path in EVERY_FILE:
        change(path, b"\nchanged = 1\n")
        if not _is_current(site, table):
            outdated.add(path)
    assert outdated == {path for path in made_from if path.suffix in (".py", ".sql")}


@pytest.mark.parametrize("table", CLOSURES)
def test_every_file_that_runs_during_the_build_of_a_table_is_in_its_closure(table: str, fresh_lake: BuiltLake) -> None:
    site, own_name = fresh_lake.site(full=True), table.split("/")[1]

    def make() -> None:
        if table == "silver/order_index":
            make_order_index(site)
        elif table.startswith("silver/"):
            silver.make_silver(site, own_name)
        else:
            make_gold(site, own_name)

    known = {*import_closure(*CLOSURES[table]), *PLANNING}
    assert {path for path in run_by(make) if path not in known and not is_cut(path)} == set()


def run_by(work: Callable[[], object]) -> set[Path]:
    """The package's files with a called function, except calls during imports."""
    called: set[Path] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>" and frame.f_code.co_filename.startswith(f"{PACKAGE}/"):
            called.add(Path(frame.f_code.co_filename))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return called


def is_cut(path: Path) -> bool:
    module = ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts])
    return any(module == cut or module.startswith(f"{cut}.") for cut in CUT)


@pytest.mark.parametrize(
    ("table", "contract"), [("silver/orders", "canonical/orders"), ("gold/churn_scores", "churn/churn_scores")]
)
def test_columns_of_the_vocabulary_enter_by_value_and_not_as_code(table: str, contract: str) -> None:
    """Otherwise a changed word in any shared column would refit every model."""
    closure = import_closure(*CLOSURES[table])
    assert PACKAGE / f"shop/{contract}.py" in closure
    assert PACKAGE / "shop/vocabulary.py" not in closure


@pytest.mark.parametrize("more", [b"\n# a comment\n", b'\n"""Another docstring."""\n', b"\n\n\n"])
def test_comments_docstrings_and_layout_change_nothing(
    more: bytes, built_lake: BuiltLake, change: Callable[[Path, bytes], None]
) -> None:
    site = built_lake.site()
    for path in import_closure(*CLOSURES["gold/churn_scores"], *CLOSURES["silver/orders"]):
        if path.suffix == ".py":
            change(path, more)
            assert _is_current(site, "gold/churn_scores")
            assert _is_current(site, "silver/orders")


def test_changes_of_the_lookup_order_and_of_reading_bronze_make_silver_due(
    built_lake: BuiltLake, change: Callable[[Path, bytes], None]
) -> None:
    for file in ("engine/build/silver/parts.py", "engine/build/bronze/delivered_rows.py"):
        change(PACKAGE / file, b"\nchanged = 1\n")
        assert {"silver/order_index", *(f"silver/{table}" for table in specs(built_lake.site()))} <= set(due(built_lake.site()))


def test_a_template_is_part_of_the_version_of_its_page(built_lake: BuiltLake, change: Callable[[Path, bytes], None]) -> None:
    before = quality.definition_fingerprint(built_lake.site())
    change(PACKAGE / "publish/pages" / "report.html.jinja", b"<p>")
    assert quality.definition_fingerprint(built_lake.site()) == before
    change(PACKAGE / "publish/pages" / "quality.html.jinja", b"<p>")
    assert quality.definition_fingerprint(built_lake.site()) != before


def test_the_layout_of_a_query_does_not_change_its_version() -> None:
    how = recipe("rfm_segments")
    sql = how.sql or ""
    other_layout = "-- about\n" + sql.replace("select", "SELECT  ").replace(" as ", " -- named\n as ")
    assert replace(how, sql=other_layout).query == how.query
    assert replace(how, sql=f"select * from ({sql}) limit 1").query != how.query


def test_the_sql_of_a_model_makes_its_table_due(built_lake: BuiltLake, change: Callable[[Path, bytes], None]) -> None:
    site = built_lake.site()
    for file in ("features.sql", "buyers.sql", "days.sql"):
        assert _is_current(site, "gold/churn_scores")
        change(PACKAGE / "shop/churn" / file, b"\n-- changed\n")
        assert not _is_current(site, "gold/churn_scores"), file
        change(PACKAGE / "shop/churn" / file, b"")
    change(PACKAGE / "shop/review_risk/features.sql", b"\n-- changed\n")
    assert _is_current(site, "gold/churn_scores")
