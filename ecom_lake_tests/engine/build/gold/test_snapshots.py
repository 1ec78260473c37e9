"""Models keep their results within a month, whatever is corrected: each test delivers to a small shop that was built once.

The shop is complete to the end of February 2024, and has five days of March. A build takes seconds, so that tests share two: the
first one, and the night after it. The shop has the tables of models and what they are made from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.maintenance.repair import repair
from ecom_lake.engine.build.release.identities import check_identities
from ecom_lake.engine.build.release.release import _fresh, make_release, roll_back, stale, unpin
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.serve.status import status_of
from ecom_lake.engine.store.entry import File
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

pytestmark = pytest.mark.lake
FIRST, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 29), date(2024, 3, 31)
ONCE = "once"
"""A customer whose only order is of February 20."""


def orders(days: Iterable[date], status: str = "delivered", customer: str = "") -> str:
    """One order a day. Every third customer orders again ten days later."""
    lines = [f"{day},{customer or _customer(day)},{day} 10:00:00,{status}" for day in days]
    return "\n".join(["order_id,customer_id,ordered_at,status", *lines, ""])


def _customer(day: date) -> str:
    number = (day - FIRST).days
    return ONCE if day == date(2024, 2, 20) else f"c{number - 10 if number % 3 == 0 and number >= 10 else number}"


def items(days: Iterable[date]) -> str:
    lines = [f"{day},1,ball,{5 + day.day}.00,1" for day in days]
    return "\n".join(["order_id,line,product_id,unit_price,quantity", *lines, ""])


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def deliver(shop: CanonicalShop, *of: date) -> None:
    shop.land(f"orders_{of[-1]}.csv", orders(of))
    shop.land(f"order_items_{of[-1]}.csv", items(of))


def cancel_the_only_order(shop: CanonicalShop) -> None:
    """A night: an order of March 6, and the order of the customer `once` is canceled."""
    deliver(shop, date(2024, 3, 6))
    shop.land("orders_canceled.csv", orders([date(2024, 2, 20)], status="canceled"))


def shop_with_models(folder: Path) -> CanonicalShop:
    """With all models, their cards, and a table that is made from one of them."""
    return CanonicalShop(folder, (*catalog.fits(), "model_cards", "segment_profile"))


def started(folder: Path, last: date = date(2024, 3, 5), without: tuple[str, ...] = ()) -> CanonicalShop:
    folder.mkdir(parents=True)
    shop = shop_with_models(folder)
    shop.say(first="2024-01", last="2024-05", without=without)
    deliver(shop, *days(FIRST, last))
    return shop


@pytest.fixture(scope="module")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = started(tmp_path_factory.mktemp("snapshots") / "first")
    shop.build()
    return shop.folder


@pytest.fixture(scope="module")
def second_build(first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first build after the night `cancel_the_only_order`."""
    shop = copied(first_build, tmp_path_factory.mktemp("snapshots") / "second")
    cancel_the_only_order(shop)
    shop.build()
    return shop.folder


def copied(built: Path, folder: Path) -> CanonicalShop:
    return shop_with_models(Path(shutil.copytree(built, folder)))


@pytest.fixture
def shop(first_build: Path, tmp_path: Path) -> CanonicalShop:
    return copied(first_build, tmp_path / "shop")


@pytest.fixture
def corrected(second_build: Path, tmp_path: Path) -> CanonicalShop:
    return copied(second_build, tmp_path / "shop")


def models(site: Site) -> dict[str, File]:
    """The files of all models in the newest state, by table."""
    head, gold = site.lake.log.head(), site.registry.gold
    tables = [table for table in gold if site.registry.recipe(table).fit]
    return {table: file for table in tables for file in head.parts(TableId("gold", table)).values()}


def as_of(site: Site) -> set[date | None]:
    return {file.as_of for file in models(site).values()}


def changed(shop: CanonicalShop) -> set[tuple[Any, ...]]:
    return set(shop.ask("select customers_changed, net_sales_changed from model_cards"))


def test_a_correction_within_the_month_is_released_without_running_a_model(shop: CanonicalShop) -> None:
    before, release = models(shop.site), shop.site.lake.log.head().release
    assert as_of(shop.site) == {FEBRUARY}
    assert shop.ask("select distinct as_of, age_days from model_cards") == [(FEBRUARY, 5)]
    assert changed(shop) == {(0, Decimal("0.00"))}
    cancel_the_only_order(shop)
    notes = [note for outcome in shop.build() for note in outcome.notes]
    head = shop.site.lake.log.head()
    assert head.release == head.number and head.release != release
    assert models(shop.site) == before, "as of the same date: not even the entries of their files change"
    assert changed(shop) == {(1, Decimal("25.00"))}
    assert shop.ask("select distinct age_days from model_cards") == [(6,)]
    for table, rows in (("customer_value", 1), ("customer_metrics", 0), ("customer_segments", 0)):
        assert shop.ask(f"select count(*) from {table} where customer_id = '{ONCE}'") == [(rows,)], table
    [(segments, customers)] = shop.ask("select sum(customers), (select count(*) from customer_metrics) from segment_profile")
    assert segments == customers
    assert due(shop.site) == []
    assert [note for note in notes if note.startswith("Models as of 2024-02-29: churn, customer_segments, ")]
    [sentence] = status_of(shop.site).models
    assert sentence.startswith("churn, customer_segments, ")
    assert sentence.endswith(
        ": as of 2024-02-29, 6 days before the latest order; since then 1 customer changed, with 25.00 of net sales."
    )
    recorded = json.loads((shop.root / "mine/release.json").read_text())["models"]
    assert {model["as_of"] for model in recorded.values()} == {"2024-02-29"}
    assert {model["state"] for model in recorded.values()} == {file.state for file in models(shop.site).values()}


def test_a_new_complete_month_runs_the_models(corrected: CanonicalShop) -> None:
    before = models(corrected.site)
    deliver(corrected, *days(date(2024, 3, 7), date(2024, 4, 1)))
    corrected.build()
    assert as_of(corrected.site) == {MARCH}
    assert changed(corrected) == {(0, Decimal("0.00"))}
    assert corrected.ask("select distinct age_days from model_cards") == [(1,)]
    assert corrected.ask(f"select count(*) from customer_value where customer_id = '{ONCE}'") == [(0,)]
    assert all(file.state != before[table].state for table, file in models(corrected.site).items())


def test_models_wait_for_the_last_orders_of_a_month(shop: CanonicalShop) -> None:
    """The month counts as complete from its 28th day on; a model that ran then would lack three days until May."""
    deliver(shop, *days(date(2024, 3, 6), date(2024, 3, 29)))
    shop.build()
    assert shop.ask("select date from dim_date where is_as_of") == [(MARCH,)]
    assert as_of(shop.site) == {FEBRUARY}
    deliver(shop, *days(date(2024, 3, 30), MARCH))
    shop.build()
    assert as_of(shop.site) == {MARCH}


def test_nights_without_corrections_give_what_a_new_lake_gives(shop: CanonicalShop, tmp_path: Path) -> None:
    for night in days(date(2024, 3, 6), date(2024, 3, 7)):
        deliver(shop, night)
        shop.build()
    new = started(tmp_path / "new", date(2024, 3, 7))
    new.build()
    here, there = (
        {table: file.hash for table, parts in one.site.lake.log.head().tables.items() for file in parts.values()}
        for one in (shop, new)
    )
    of_models = {TableId("gold", table) for table in models(new.site)} | {TableId("gold", "model_cards")}
    assert {table: here[table] for table in of_models} == {table: there[table] for table in of_models}


def test_a_changed_setting_of_a_table_that_models_are_made_from_runs_them(shop: CanonicalShop) -> None:
    before = models(shop.site)
    cancel_the_only_order(shop)
    shop.say(first="2024-01", last="2024-05", loyal_purchases=7)
    site = shop.site_for(accept_settings=True)  # the lake is a copy, whose lake.toml is another file
    assert "gold/segment_centres" in due(site), "it is made from customer_metrics, which reads the setting"
    build(site)
    ran = {table for table, file in models(shop.site).items() if file.state != before[table].state}
    assert ran == before.keys()


def test_a_refit_runs_all_models_and_their_cards(corrected: CanonicalShop) -> None:
    build(corrected.site_for(refit=True))
    assert changed(corrected) == {(0, Decimal("0.00"))}
    assert as_of(corrected.site) == {FEBRUARY}
    assert corrected.ask(f"select count(*) from customer_value where customer_id = '{ONCE}'") == [(0,)]
    assert (stale(corrected.site, corrected.site.lake.log.head()), due(corrected.site)) == ({}, [])


def test_a_card_of_a_model_that_ran_again_with_the_same_result_is_outdated(corrected: CanonicalShop) -> None:
    """The fit may have the same bytes, so that no version changes: the recorded states of the models show it."""
    make_gold(corrected.site_for(refit=True), "delivery_effect")
    assert TableId("gold", "model_cards") in stale(corrected.site, corrected.site.lake.log.head())


def test_a_damaged_table_of_a_model_is_restored_and_not_run_again(corrected: CanonicalShop) -> None:
    before = models(corrected.site)["customer_value"]
    corrected.site.lake.local(before).write_bytes(b"damaged")
    assert repair(corrected.site).put_back == ("gold/customer_value",)
    corrected.build()
    after = models(corrected.site)["customer_value"]
    assert (after.hash, after.state, after.as_of) == (before.hash, before.state, before.as_of)
    corrected.site.lake.local(after).write_bytes(b"damaged")
    (corrected.root / "mine/gold/customer_value.parquet").write_bytes(b"damaged")
    repair(corrected.site)
    corrected.build()
    assert models(corrected.site)["customer_value"].state != before.state, "without an intact copy it runs on what is known now"


def test_a_damaged_input_that_only_the_state_of_a_model_has_runs_the_model(corrected: CanonicalShop) -> None:
    [first, *_] = sorted(file.state or 0 for file in models(corrected.site).values())
    place = TableId("gold", "fct_orders")
    current = {file.path for file in corrected.site.lake.log.head().parts(place).values()}
    older, *_ = [file for file in corrected.site.lake.log.entry(first).parts(place).values() if file.path not in current]
    corrected.site.lake.local(older).write_bytes(b"damaged")
    assert repair(corrected.site).forgotten
    corrected.build()
    assert changed(corrected) == {(0, Decimal("0.00"))}


def test_a_model_whose_state_is_gone_runs_only_if_its_inputs_have_changed(shop: CanonicalShop) -> None:
    before = models(shop.site)
    for state in {file.state for file in before.values()} - {None}:
        shop.site.lake.log.delete(state or 0)
    shop.build()
    again = models(shop.site)
    assert {table: file.hash for table, file in again.items()} == {table: file.hash for table, file in before.items()}
    assert all(file.state != before[table].state for table, file in again.items()), "the same inputs are in a newer state"
    for state in {file.state for file in again.values()} - {None}:
        shop.site.lake.log.delete(state or 0)
    assert make_release(shop.site).checks[0].passed, "this state is released, and its identities were checked"
    fresh = _fresh(shop.site, shop.site.lake.log.head(), current=False)
    assert {row["table"] for row in fresh.evidence} == {f"gold/{table}" for table in before}
    cancel_the_only_order(shop)
    shop.build()
    assert changed(shop) == {(0, Decimal("0.00"))}


def test_a_model_is_checked_with_the_inputs_that_it_ran_on_to_the_cent(corrected: CanonicalShop, tmp_path: Path) -> None:
    site, place = corrected.site, TableId("gold", "customer_value")
    file = models(site)["customer_value"]
    other = pl.read_parquet(site.lake.local(file)).with_columns(pl.col("historic_value") + Decimal("0.01"))
    other.write_parquet(path := tmp_path / "other.parquet")
    tampered = site.lake.publish(path, place, WHOLE, file, None)
    site.lake.log.commit(lambda head: head.with_parts(place, {WHOLE: tampered}), site.run, "tampered")
    assert [found["identity"] for found in check_identities(site, site.lake.log.head()).evidence] == ["everybody_has_a_value"]


def test_models_that_an_identity_compares_run_together(corrected: CanonicalShop) -> None:
    make_gold(corrected.site_for(full=True), "experiment_simulation")
    together = {TableId("gold", table) for table in models(corrected.site) if table.startswith("experiment_")}
    assert together <= stale(corrected.site, corrected.site.lake.log.head()).keys()
    corrected.build()
    plan, simulation = (models(corrected.site)[f"experiment_{name}"] for name in ("plan", "simulation"))
    assert simulation.inputs and simulation.inputs.items() <= plan.inputs.items()


def test_a_rollback_shows_the_snapshot_of_the_older_release(shop: CanonicalShop) -> None:
    older = shop.site.lake.log.head().release
    assert older
    deliver(shop, *days(date(2024, 3, 6), date(2024, 4, 1)))
    shop.build()
    roll_back(shop.site, older)
    assert shop.ask("select distinct as_of from model_cards") == [(FEBRUARY,)]
    assert "as of 2024-02-29" in status_of(shop.site).models[0]
    deliver(shop, date(2024, 4, 2))
    shop.build()
    assert shop.ask("select distinct as_of from model_cards") == [(FEBRUARY,)], "pinned"
    unpin(shop.site)
    shop.build()
    assert shop.ask("select distinct as_of from model_cards") == [(MARCH,)]
    assert as_of(shop.site) == {MARCH}


def test_a_shop_without_dates_runs_models_when_their_inputs_change(tmp_path: Path) -> None:
    shop = started(tmp_path / "undated", without=("orders.ordered_at",))
    shop.build()
    before = models(shop.site)
    assert as_of(shop.site) == {None} and "segment_centres" in before
    shop.build()
    assert models(shop.site) == before
    shop.land("orders_canceled.csv", orders([date(2024, 2, 20)], status="canceled"))
    assert "gold/segment_centres" not in due(shop.site), "its inputs are not built yet"
    shop.build()
    assert models(shop.site)["segment_centres"].state != before["segment_centres"].state
    assert status_of(shop.site).models == ()
    assert changed(shop) == {(0, Decimal("0.00"))}
