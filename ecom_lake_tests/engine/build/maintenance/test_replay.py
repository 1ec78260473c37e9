"""Replaying quarantine: which rows a fixed rule accepts, which months change, and the same result as a build."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance.replay import ReplayPlan, Verdict, judge_again, quarantined, steps
from ecom_lake.engine.build.release.release import make_release
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.step.watched import watched
from ecom_lake.engine.contracts.columns import Flag
from ecom_lake.engine.contracts.connector import Connector
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests.builders.olist_files import a_site, customer, item, land, order, payment

JANUARY, FEBRUARY = date(2017, 1, 1), date(2017, 2, 1)


def with_contract(table: str, change: Callable[[Table], Table]) -> Connector:
    """The connector with a changed contract of one table."""
    lines = tuple(replace(spec, contract=change(spec.contract)) if spec.contract.name == table else spec for spec in OLIST.lines)
    return replace(OLIST, lines=lines)


def refunds_allowed(payments: Table) -> Table:
    return replace(payments, columns=payments.columns | {"amount": replace(payments.columns["amount"], at_least=-100)})


def fixed(site: Site) -> Site:
    return replace(site, connector=with_contract("payments", refunds_allowed), run="fixed")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One order a month; February has a refund, which the rule refuses, and a payment that every rule refuses. Read only."""
    site = a_site(tmp_path_factory.mktemp("shop"))
    land(site, "orders.csv", "orders", [order(1), order(2, "2017-02-10 10:00:00"), order(3, "2017-03-10 10:00:00")])
    land(site, "customers.csv", "customers", [customer(number) for number in (1, 2, 3)])
    land(site, "order_items.csv", "order_items", [item(number) for number in (1, 2, 3)])
    refused = [payment(2, "-5.00", sequence=2), payment(2, "much", sequence=3)]
    land(site, "order_payments.csv", "order_payments", [payment(1), payment(2), *refused, payment(3)])
    build(site)
    return Path(site.lake.store.url)


def a_copy(shop: Path, folder: Path) -> Site:
    return a_site(shutil.copytree(shop, folder))


def replayed(site: Site) -> ReplayPlan:
    found = judge_again(site, site.lake.log.head())
    for table, step in steps(site, found):
        assert not any(outcome.refused for outcome in watched(site, table, step))
    return found


def hashes(entry: Entry) -> dict[str, str]:
    return {f"{table}/{part}": file.hash for table, parts in entry.tables.items() for part, file in parts.items()}


@pytest.fixture(scope="module")
def replay(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop after a replay with the fixed rule. Read only: tests change copies of it."""
    site = a_copy(shop, tmp_path_factory.mktemp("replay") / "shop")
    replayed(fixed(site))
    return Path(site.lake.store.url)


def test_refused_rows_are_checked_by_the_current_rule(shop: Path) -> None:
    site = a_site(shop)
    before = site.lake.log.head()
    assert quarantined(before) == 2
    same = judge_again(site, before)
    assert (same.differs, same.all_months) == (False, [])
    assert {(verdict.was, verdict.now) for verdict in same.verdicts} == {
        ("amount_out_of_range", "amount_out_of_range"),
        ("amount_unreadable", "amount_unreadable"),
    }
    found = judge_again(fixed(site), before)
    assert found.verdicts == (
        Verdict("order_payments", "amount_out_of_range", None, 1),
        Verdict("order_payments", "amount_unreadable", "amount_unreadable", 1),
    )
    assert (found.differs, found.all_months) == (True, [FEBRUARY])
    assert site.lake.log.head() == before


def test_only_the_month_of_the_accepted_row_is_rebuilt_and_nothing_is_released(shop: Path, replay: Path, tmp_path: Path) -> None:
    site = a_copy(replay, tmp_path / "shop")
    before = a_site(shop).lake.log.head()
    after = site.lake.log.head()
    payments = {part: file.run for part, file in after.parts(TableId("silver", "payments")).items()}
    made_before = before.parts(TableId("silver", "payments"))[Part(month="2017-01")].run
    assert payments == {Part(month="2017-01"): made_before, Part(month="2017-02"): "fixed", Part(month="2017-03"): made_before}
    marks = {part: file.fingerprint for part, file in after.parts(TableId("silver", "payments")).items()}
    same = {part for part, file in before.parts(TableId("silver", "payments")).items() if file.fingerprint == marks[part]}
    assert same == {Part(month="2017-01"), Part(month="2017-03")}, "recorded as built by the newer code, with the same bytes"
    assert after.parts(TableId("silver", "payments"))[Part(month="2017-02")].rows == 2
    assert quarantined(after) == 1
    assert after.release == before.release
    assert make_release(fixed(site)).written == (WHOLE,)


def test_a_build_after_a_replay_has_the_same_result_as_a_build_alone(shop: Path, replay: Path, tmp_path: Path) -> None:
    site, other = a_copy(replay, tmp_path / "replayed"), a_copy(shop, tmp_path / "built")
    build(fixed(site))
    build(fixed(other))
    assert hashes(site.lake.log.head()) == hashes(other.lake.log.head())
    marks = [
        {part: file.fingerprint for part, file in s.lake.log.head().parts(TableId("silver", "payments")).items()}
        for s in (site, other)
    ]
    assert marks[0] == marks[1]


@pytest.mark.parametrize("done", [1, 4, 12])
def test_a_stopped_replay_resumes(shop: Path, replay: Path, tmp_path: Path, done: int) -> None:
    site = a_copy(shop, tmp_path / "stopped")
    release = site.lake.log.head().release
    for _, step in islice(steps(fixed(site), judge_again(fixed(site), site.lake.log.head())), done):
        step()
    assert site.lake.log.head().release == release
    replayed(fixed(site))
    assert hashes(site.lake.log.head()) == hashes(a_site(replay).lake.log.head())


def test_an_accepted_order_is_published_with_its_lines(tmp_path: Path) -> None:
    site = a_site(tmp_path, first="2017-02-01")
    land(site, "orders.csv", "orders", [order(1), order(2, "2017-02-10 10:00:00")])
    land(site, "order_items.csv", "order_items", [item(1), item(1, price="x", line=2), item(2), item(9, order_id=" ")])
    build(site)
    wider = replace(a_site(tmp_path), run="wider")
    found = judge_again(wider, wider.lake.log.head())
    assert found.verdicts == (
        Verdict("order_items", "order_refused", None, 1),
        Verdict("orders", "outside_the_shops_months", None, 1),
        Verdict("order_items", "order_refused", "unit_price_unreadable", 1),
        Verdict("order_items", "order_id_missing", "order_id_missing", 1),
    )
    assert found.all_months == [JANUARY]
    replayed(wider)
    after = wider.lake.log.head()
    files = after.parts(TableId("silver", "order_items"))
    assert {part: (file.run == "wider", file.rows) for part, file in files.items()} == {
        Part(month="2017-01"): (True, 1),
        Part(month="2017-02"): (False, 1),
        Part(month="2017-03"): (False, 0),
    }
    rules = [
        rule
        for path in wider.lake.paths(after, TableId("quarantine", "order_items"))
        for rule in pl.read_parquet(path)["rule"].to_list()
    ]
    assert sorted(rules) == ["order_id_missing", "unit_price_unreadable"]
    assert make_release(wider).written == (WHOLE,)


def test_dimensions_are_replayed_too(shop: Path, tmp_path: Path) -> None:
    site = a_copy(shop, tmp_path / "shop")
    land(site, "2/customers.csv", "customers", [customer(4, customer_unique_id=" ")])
    land(site, "2/sellers.csv", "sellers", [{"seller_id": " ", "seller_state": "SP"}])
    build(site)
    found = judge_again(site, site.lake.log.head())
    assert not found.differs
    assert {verdict.source for verdict in found.verdicts} == {"customers", "order_payments", "sellers"}
    assert sum(verdict.rows for verdict in found.verdicts) == quarantined(site.lake.log.head()) == 4


@pytest.mark.parametrize("how", ["replay", "one month"])
def test_months_with_an_older_schema_are_rebuilt_so_that_a_table_has_one_schema(shop: Path, tmp_path: Path, how: str) -> None:
    site = a_copy(shop, tmp_path / "shop")
    grown = replace(
        site,
        connector=with_contract("payments", lambda t: replace(t, columns=t.columns | {"is_gift": Flag("?", nullable=True)})),
        run="grown",
    )
    if how == "replay":
        assert replayed(grown).all_months == []
    else:
        made = make_silver(grown, "payments", [FEBRUARY])
        assert (made.written, list(made.files)) == ((Part(month="2017-02"),), [Part(month="2017-02")])
    files = grown.lake.log.head().parts(TableId("silver", "payments")).values()
    assert {file.run for file in files} == {"grown"}
    assert all("is_gift" in pl.read_parquet_schema(grown.lake.local(file)) for file in files)
