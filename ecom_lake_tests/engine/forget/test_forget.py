"""A person is forgotten in every place where a delivered row can be, and all else keeps.

The shop and its canaries are in builders/forgotten.py. The base lake is built once; each test changes a copy.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.erasure.landed import STAGED, replace_landed
from ecom_lake.engine.build.maintenance.copying import copy_shop
from ecom_lake.engine.build.maintenance.garbage import garbage_without
from ecom_lake.engine.build.release.release import roll_back, unpin
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.build.step.watched import watched
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.forget.old_states import delete_older_states
from ecom_lake.engine.forget.request import resolve
from ecom_lake.engine.forget.steps import DELETION, erasure_list, forget, record, refuse_unsafe, run, steps
from ecom_lake.engine.store.erasure_list import Ids, Mode
from ecom_lake.engine.store.lake import Lake
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import Place
from ecom_lake_tests.builders.forgotten import (
    ANN,
    CANARIES,
    build_released,
    holding,
    land_first_night,
    land_second_night,
    site_with_key,
    two_nights,
)
from ecom_lake_tests.builders.olist_files import item, land, order
from ecom_lake_tests.chaos.fault_injector import FaultInjector, injected


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base") / "lake"
    two_nights(root)
    return root


@pytest.fixture
def site(base: Path, tmp_path: Path) -> Site:
    return copied(base, tmp_path / "lake")


def copied(base: Path, root: Path) -> Site:
    shutil.copytree(base, root)
    site = site_with_key(root)
    ingest(site)  # the copied files have other stamps
    return site


def root_of(site: Site) -> Path:
    return Path(site.lake.store.url)


def forgotten(site: Site, mode: Mode = "unlink") -> None:
    refuse_unsafe(site)
    record(site, resolve(site, site.lake.log.head(), [ANN]).ids, mode)
    forget(site)


@dataclass(frozen=True)
class Totals:
    orders: int
    sales: Decimal
    customers: int
    repeat_orders: int


def totals(site: Site) -> Totals:
    def rows(table: str) -> pl.DataFrame:
        released = site.lake.log.released()
        assert released is not None
        return pl.concat([pl.read_parquet(path, glob=False) for path in site.lake.paths(released, TableId("gold", table))])

    sales = rows("fct_sales")["net_sales"].sum()
    assert isinstance(sales, Decimal)
    return Totals(len(rows("fct_orders")), sales, len(rows("dim_customer")), len(rows("repeat_orders")))


BOTH = Totals(4, Decimal("72.00"), 3, 2)
"""Bob's orders of 10 and 7, and Ann's of 20 and 35; Cem has none."""
WITHOUT_ANN = Totals(2, Decimal("17.00"), 2, 1)


def ledger(site: Site) -> pl.DataFrame:
    released = site.lake.log.released()
    assert released is not None
    [path] = site.lake.paths(released, TableId("gold", "ledger"))
    return pl.read_parquet(path, glob=False).sort("sequence")


# ------------------------------------------------------------------------------------------------------------ what goes


def test_a_request_counts_every_version_and_place(site: Site) -> None:
    request = resolve(site, site.lake.log.head(), [ANN, "nobody"])
    assert {kind: len(ids) for kind, ids in request.ids.items()} == {"person": 1, "alias": 2, "order": 3, "review": 1}
    assert request.unknown == ("nobody",)
    assert [(one.table, one.rows, one.quarantined, one.pending, one.rejected) for one in request.found] == [
        ("customers", 2, 0, 0, 0),
        ("order_items", 4, 1, 0, 0),
        ("order_payments", 2, 0, 0, 0),
        ("order_reviews", 2, 0, 0, 0),
        ("orders", 3, 1, 0, 1),
    ]
    by_alias = resolve(site, site.lake.log.head(), ["alias-two-of-ann"])
    assert by_alias.ids == request.ids


def test_every_canary_is_in_the_lake_before(site: Site) -> None:
    held = holding(root_of(site), CANARIES)
    assert {canary for found in held.values() for canary in found} == set(CANARIES)
    places = {path.removeprefix("olist/").removeprefix("_store/").split("/")[0] for path in held}
    assert places == {"landing", "bronze", "rejects", "quarantine", "pending", "silver", "gold"}


def test_an_unlinked_person_is_nowhere_and_every_total_keeps(site: Site) -> None:
    assert totals(site) == BOTH
    before = ledger(site)
    forgotten(site)
    assert holding(root_of(site), CANARIES) == {}
    assert totals(site) == BOTH
    assert ledger(site).drop("content_hash").equals(before.drop("content_hash"))
    assert erasure_list(site).unfinished == []


def test_a_removed_person_takes_exactly_the_own_rows_along(site: Site) -> None:
    forgotten(site, "remove")
    assert holding(root_of(site), CANARIES) == {}
    assert totals(site) == WITHOUT_ANN
    erased = ledger(site).group_by("table_name").agg(pl.col("erased").sum()).filter(pl.col("erased") > 0).sort("table_name")
    assert erased.rows() == [
        ("customers", 2),
        ("order_items", 4),
        ("order_payments", 2),
        ("order_reviews", 2),
        ("orders", 3),
    ]


@pytest.mark.parametrize("place", ["azure"], indirect=True)
def test_a_person_is_forgotten_on_azure(base: Path, place: Place, tmp_path: Path) -> None:
    local = copied(base, tmp_path / "lake")
    site = replace(local, lake=Lake(place.url, "olist", place.access))
    copy_shop(local, site)
    ingest(site)
    forgotten(site)
    fetched = tmp_path / "fetched"
    for info in site.lake.store.list("olist"):
        (fetched / info.path).parent.mkdir(parents=True, exist_ok=True)
        site.lake.store.fetch(info.path, fetched / info.path)
    assert holding(fetched, CANARIES) == {}
    assert totals(site) == BOTH


STEPS = ("bronze without erasure 1", "landing", "models", "older states")


@pytest.mark.parametrize("left_out", STEPS)
def test_without_any_one_step_something_of_the_person_stays(site: Site, left_out: str) -> None:
    record(site, resolve(site, site.lake.log.head(), [ANN]).ids, "unlink")
    for name, step in steps(site):
        if name != left_out and not (left_out == "landing" and name == "bronze"):
            run(site, name, step)
    assert holding(root_of(site), CANARIES)


# ----------------------------------------------------------------------------------------------------- delivered again


@pytest.mark.parametrize(("mode", "expected"), [("unlink", BOTH), ("remove", WITHOUT_ANN)])
def test_the_next_full_dump_changes_no_total_and_brings_nobody_back(site: Site, mode: Mode, expected: Totals) -> None:
    forgotten(site, mode)
    land_first_night(site)
    land_second_night(site)
    build_released(site)
    assert totals(site) == expected
    assert holding(root_of(site), CANARIES) == {}
    assert erasure_list(site).unfinished == []
    deliveries = len(ledger(site))
    land_first_night(site)
    build_released(site)
    assert len(ledger(site)) == deliveries  # without the erased rows, the files are known


def test_a_later_order_of_an_erased_person_is_dropped_with_its_lines(site: Site) -> None:
    forgotten(site)
    again = {"customer_id": "alias-three", "customer_unique_id": ANN}
    land(site, "customers_9.csv", "customers", [again])
    later = "later-order-of-ann"
    land(
        site,
        "orders_9.csv",
        "orders",
        [{**order(9), "order_id": later, "customer_id": "alias-three"}, order(8, customer_id="c1")],
    )
    land(site, "order_items_9.csv", "order_items", [{**item(9, "1000.00"), "order_id": later}, item(8, "4.00")])
    build_released(site)
    assert totals(site) == replace(BOTH, orders=5, sales=Decimal("76.00"), repeat_orders=3)
    assert holding(root_of(site), ("alias-three", later, ANN)) == {}
    land(site, "order_items_10.csv", "order_items", [{**item(9, "2000.00", line=2), "order_id": later}])
    build_released(site)
    assert totals(site).sales == Decimal("76.00")
    assert ledger(site).filter(pl.col("erased") > 0).select("file", "erased").rows() == [
        ("customers_9.csv", 1),
        ("order_items_9.csv", 1),
        ("orders_9.csv", 1),
        ("order_items_10.csv", 1),
    ]


def test_an_ingest_that_began_before_an_erasure_cannot_commit(site: Site) -> None:
    land(site, "customers_9.csv", "customers", [{"customer_id": "c9", "customer_unique_id": "person-of-nine"}])

    def erased_meanwhile(_: str) -> None:
        record(site, {"person": {"person-of-nine"}}, "unlink")
        name, step = next(iter(steps(site)))
        run(site, name, step)

    with pytest.raises(UserError, match="run the build again"):
        ingest(site, erased_meanwhile)
    assert holding(root_of(site) / "olist" / "_store", ("person-of-nine",)) == {}


def test_without_the_key_or_the_list_nothing_is_ingested(site: Site) -> None:
    record(site, {"person": {"person-of-nine"}}, "unlink")
    name, step = next(iter(steps(site)))
    run(site, name, step)
    land(site, "customers_9.csv", "customers", [{"customer_id": "c9", "customer_unique_id": "person-of-nine"}])
    with pytest.raises(UserError, match="ECOM_LAKE_ERASURE_KEY"):
        ingest(replace(site, erasure_key=b""))
    shutil.rmtree(root_of(site) / "olist" / "_store" / "erasures")
    with pytest.raises(UserError, match="lacks erasure 1, which the log names"):
        ingest(site)


def test_the_list_counts_after_the_log_began_again(site: Site) -> None:
    record(site, {"person": {"person-of-nine"}}, "unlink")
    erasure_list(site).finish(1)
    for path in (root_of(site) / "olist" / "_store").iterdir():
        if path.name != "erasures":
            shutil.rmtree(path)
    land(site, "customers_9.csv", "customers", [{"customer_id": "c9", "customer_unique_id": "person-of-nine"}])
    ingest(site)
    assert site.lake.log.head().erasure == erasure_list(site).newest
    assert holding(root_of(site), ("person-of-nine",)) == {}


def test_an_ingest_that_adds_ids_after_another_erasure_cannot_commit(site: Site) -> None:
    """Its own entry gets a number above that of an erasure that it was not compared with."""
    fence(site, {"person": {"person-of-eight"}})
    of_eight = {"customer_id": "c8", "customer_unique_id": "person-of-eight"}
    land(site, "customers_9.csv", "customers", [of_eight, {"customer_id": "c9", "customer_unique_id": "person-of-nine"}])

    with pytest.raises(UserError, match="run the build again"):
        ingest(site, lambda _: fence(site, {"person": {"person-of-nine"}}))
    assert erasure_list(site).newest == 3
    assert staged(site)
    forget(site)
    assert holding(root_of(site), ("person-of-eight", "person-of-nine")) == {}
    assert erasure_list(site).unfinished == []


def test_a_second_copy_of_a_file_that_lands_during_the_rewriting_is_read_again(site: Site) -> None:
    """Its content was known when landing was read, and is changed in bronze before the ingest commits."""
    record(site, resolve(site, site.lake.log.head(), [ANN]).ids, "unlink")
    fencing, rewriting, *_ = steps(site)
    run(site, *fencing)
    landing = root_of(site) / "olist" / "landing"
    shutil.copyfile(landing / "customers.csv", landing / "customers_again.csv")
    with pytest.raises(UserError, match="run the build again"):
        ingest(site, lambda _: run(site, *rewriting))
    forget(site)
    assert holding(root_of(site), CANARIES) == {}
    assert totals(site) == BOTH


def fence(site: Site, ids: Ids) -> None:
    record(site, ids, "unlink")
    name, step = next(iter(steps(site)))
    run(site, name, step)


def staged(site: Site) -> list[str]:
    return [info.path for info in site.lake.store.list(f"olist/{STAGED}")]


# -------------------------------------------------------------------------------------------------- several erasures


def test_an_erasure_that_is_added_during_another_stays_unfinished(site: Site) -> None:
    fence(site, {"person": {"person-of-nobody"}})
    todo = steps(site)
    for name, step in todo:
        run(site, name, step)
        if name == "landing":
            record(site, resolve(site, site.lake.log.head(), [ANN]).ids, "unlink")
    assert erasure_list(site).unfinished == [2]
    assert holding(root_of(site), CANARIES)
    forget(site)
    assert erasure_list(site).unfinished == []
    assert holding(root_of(site), CANARIES) == {}


def test_forgetting_ends_when_no_erasure_is_unfinished(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process asks for Ann while the landed files of the first erasure are replaced."""
    fence(site, {"person": {"person-of-nobody"}})
    ids = resolve(site, site.lake.log.head(), [ANN]).ids

    def asked_meanwhile(at: Site) -> list[str]:
        if erasure_list(at).newest == 1:
            record(at, ids, "unlink")
        return replace_landed(at)

    monkeypatch.setattr("ecom_lake.engine.forget.steps.replace_landed", asked_meanwhile)
    forget(site)
    assert erasure_list(site).unfinished == []
    assert holding(root_of(site), CANARIES) == {}


@pytest.mark.parametrize("mode", ["unlink", "remove"])
def test_two_unfinished_erasures_that_change_the_same_landed_file_are_both_carried_through(site: Site, mode: Mode) -> None:
    ids = resolve(site, site.lake.log.head(), [ANN]).ids
    record(site, {"person": {"u1"}}, mode)
    record(site, ids, mode)
    forget(site)
    assert holding(root_of(site), CANARIES) == {}
    assert "u1" not in (root_of(site) / "olist" / "landing" / "customers.csv").read_text("utf-8")
    assert staged(site) == []


@pytest.mark.parametrize("mode", ["unlink", "remove"])
def test_a_malformed_record_that_names_an_id_found_by_the_erasure_itself_is_emptied(site: Site, mode: Mode) -> None:
    record(site, {"person": {ANN}}, mode)  # the record names an alias only
    forget(site)
    assert holding(root_of(site), CANARIES) == {}
    assert erasure_list(site).unfinished == []


def test_a_finished_erasure_is_repeated_for_rows_that_are_still_there(site: Site) -> None:
    record(site, resolve(site, site.lake.log.head(), [ANN]).ids, "unlink")
    erasure_list(site).finish(1)
    forgotten(site)
    assert holding(root_of(site), CANARIES) == {}
    assert erasure_list(site).unfinished == []


# -------------------------------------------------------------------------------------------------------------- kills


class Killed(BaseException):
    """The process ends here."""


def _die(call: Callable[[], object], _: int) -> object:
    raise Killed


@pytest.mark.parametrize("at", [1, 9, 30, 50, 90])
def test_an_erasure_that_was_killed_at_any_write_ends_in_the_same(site: Site, at: int) -> None:
    """The store dies at the given write: of the list, a staged file, bronze, a landed file, a table. It costs a build each."""
    ids = resolve(site, site.lake.log.head(), [ANN]).ids
    injector = FaultInjector(at, _die)
    with injected(site, injector), pytest.raises(Killed):
        record(site, ids, "unlink")
        forget(site)
    again = site_with_key(root_of(site))
    assert totals(again) == BOTH  # readers see a whole release
    record(again, ids, "unlink")
    forget(again)
    assert holding(root_of(again), CANARIES) == {}
    assert totals(again) == BOTH
    assert erasure_list(again).unfinished == []


def test_an_erasure_that_was_killed_while_it_deleted_older_states_is_continued(site: Site) -> None:
    record(site, resolve(site, site.lake.log.head(), [ANN]).ids, "unlink")
    *before, (deletion, step), _ = steps(site)
    for name, one in before:
        run(site, name, one)
    with injected(site, FaultInjector(40, _die)), pytest.raises(Killed):
        run(site, deletion, step)
    assert holding(root_of(site), CANARIES)
    forget(site)
    assert holding(root_of(site), CANARIES) == {}
    assert totals(site) == BOTH


# ------------------------------------------------------------------------------------------ readers, history and copies


def test_the_deletion_waits_for_a_reader_and_refuses(site: Site) -> None:
    with site.lake.scratch(), pytest.raises(UserError, match="A build or a reader uses"):
        delete_older_states(site, patience=0)


def test_no_step_is_between_its_publication_and_its_commit_while_older_states_are_deleted(site: Site) -> None:
    """Whatever a step does, also after it has left its scratch folder."""
    seen = list[str]()

    def publishing() -> list[Outcome]:
        with site.lake.scratch():
            pass
        with pytest.raises(UserError, match="A build or a reader uses"):
            delete_older_states(site, patience=0)
        seen.append("refused")
        return []

    watched(site, "silver/orders", publishing)
    assert seen == ["refused"]
    assert delete_older_states(site, patience=0)


@pytest.mark.parametrize(("pinned", "sentence"), [(True, "is pinned"), (False, "is not released")])
def test_a_rollback_during_an_erasure_stops_the_deletion(site: Site, pinned: bool, sentence: str) -> None:
    release = site.lake.log.head().release
    assert release is not None
    record(site, resolve(site, site.lake.log.head(), [ANN]).ids, "unlink")
    for name, step in steps(site):
        if name != DELETION:
            run(site, name, step)
            continue
        roll_back(site, release)
        if not pinned:
            unpin(site)
        with pytest.raises(UserError, match=sentence):
            run(site, name, step)
        break
    assert erasure_list(site).unfinished == [1]
    if pinned:
        unpin(site)
    forget(site)
    assert holding(root_of(site), CANARIES) == {}
    assert totals(site) == BOTH


def test_nothing_leads_back_beyond_an_erasure(site: Site) -> None:
    release = site.lake.log.head().release
    assert release is not None
    forgotten(site)
    with pytest.raises(UserError, match="nothing leads back beyond it"):
        roll_back(site, release)
    assert site.lake.log.head().erasure == 1


def test_gc_keeps_the_erasure_list(site: Site) -> None:
    forgotten(site)
    garbage = garbage_without(site, lambda states, now: {states[-1].number}, timedelta(0))
    assert not [info.path for info in garbage.files if "/erasures/" in info.path]


def test_a_copy_from_before_is_refused_and_forgets_by_the_list_of_the_lake(site: Site, tmp_path: Path) -> None:
    copy = site_with_key(tmp_path / "copy")
    copy_shop(site, copy)
    ingest(copy)
    forgotten(site)
    with pytest.raises(UserError, match="forget --root COPY --from LAKE"):
        copy_shop(site, copy)
    erasure_list(site).copy_to(copy.lake.store, "olist")
    forget(copy)
    assert holding(root_of(copy), CANARIES) == {}
    assert totals(copy) == BOTH
    fresh = site_with_key(tmp_path / "fresh")
    copy_shop(site, fresh)
    assert erasure_list(fresh).unfinished == []
    assert holding(root_of(fresh), CANARIES) == {}


def test_a_refused_landed_file_that_names_the_person_stops_the_erasure_before_bronze(site: Site) -> None:
    landing = root_of(site) / "olist" / "landing"
    (landing / "orders_broken.csv").write_text(f"what,ever\n1,{ANN}\n", "utf-8")
    ingest(site)
    with pytest.raises(UserError, match=r"orders_broken\.csv .* is read by no build, and may name one of the persons"):
        forgotten(site)
    (landing / "orders_broken.csv").unlink()
    forget(site)
    assert holding(root_of(site), CANARIES) == {}
