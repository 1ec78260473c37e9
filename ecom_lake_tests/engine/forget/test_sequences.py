"""Several erasures of persons who share files and orders, in any order and mode: nothing of an erased person is left.

The lake is ingested and not built: the erasures change landing, bronze and rejects, and all tables are built from these.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecom_lake.engine.build.bronze.deliveries import deliveries
from ecom_lake.engine.build.bronze.ingest import ingest, nothing_new
from ecom_lake.engine.build.erasure import changed_state
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.forget.steps import erasure_list, record, run, steps
from ecom_lake.engine.store.entry import files_of
from ecom_lake.engine.store.erasure_list import Mode
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.landed_files import files_in
from ecom_lake.engine.store.store import Info, Store
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import Place
from ecom_lake_tests.builders.forgotten import KEY, holding
from ecom_lake_tests.builders.olist_files import a_site, customer, land, order

PERSONS = ("ann", "bob", "cem", "dora")
LANDING = "landing"
FOUR = [(1, "ann"), (2, "bob"), (3, "cem"), (4, "dora")]


@dataclass(frozen=True)
class Erasure:
    persons: Sequence[str]
    mode: Mode
    waits: bool
    """Whether it is carried through together with the next one."""
    delivered_again: bool
    """Whether the shop delivers its first files once more afterwards."""


ERASURES = st.lists(
    st.builds(
        Erasure,
        st.lists(st.sampled_from(PERSONS), min_size=1, max_size=2, unique=True),
        st.sampled_from(("unlink", "remove")),
        st.booleans(),
        st.booleans(),
    ),
    min_size=2,
    max_size=4,
)
ORDERS = st.lists(st.tuples(st.integers(1, 5), st.sampled_from(PERSONS)), min_size=4, max_size=8)
"""Orders with their owners: an order may be delivered several times, and for another owner."""


def canaries(person: str) -> tuple[str, str, str]:
    return f"person-of-{person}", f"alias-of-{person}", f"villa-of-{person}"


def land_shop(site: Site, orders: Sequence[tuple[int, str]], name: str = "") -> None:
    """Two files in which everybody is, with malformed records between the valid ones."""
    persons = [
        {**customer(0, f"person-of-{one}", customer_city=f"villa-of-{one}"), "customer_id": f"alias-of-{one}"} for one in PERSONS
    ]
    land(site, f"customers{name}.csv", "customers", persons)
    path = land(
        site, f"orders{name}.csv", "orders", [{**order(number), "customer_id": f"alias-of-{one}"} for number, one in orders]
    )
    header, *lines = path.read_text("utf-8").splitlines()
    broken = (f"broken,alias-of-{one},delivered" for one in PERSONS)
    mixed = [line for both in zip(lines, [*broken, *lines[len(PERSONS) :]], strict=True) for line in dict.fromkeys(both)]
    path.write_text("\n".join([header, *mixed, ""]), "utf-8")


def erase(site: Site) -> None:
    """The steps of an erasure until landing is rewritten."""
    for name, step in steps(site):
        run(site, name, step)
        if name == LANDING:
            break
    for number in erasure_list(site).unfinished:
        erasure_list(site).finish(number)
    ingest(site)


def left_of(site: Site, persons: Sequence[str], scratch: Path) -> set[str]:
    """What landing and the newest state hold of these persons."""
    head, root = site.lake.log.head(), Path(site.lake.store.url)
    shutil.copytree(root / "olist" / "landing", scratch / "landing")
    shutil.copytree(root / "olist" / "_store" / "erasures", scratch / "erasures")
    for layer in ("bronze", "rejects"):
        for table in (table for table in head.tables if table.layer == layer):
            for number, path in enumerate(site.lake.paths(head, table)):
                shutil.copyfile(path, scratch / f"{layer}-{table.name}-{number}.parquet")
    held = holding(scratch, [text for person in persons for text in canaries(person)])
    return {text for found in held.values() for text in found}


@pytest.mark.parametrize("other_key", [b"", b"a mistyped secret key"])
def test_a_build_between_an_erasure_and_the_next_one_stops_under_another_key(other_key: bytes, tmp_path: Path) -> None:
    site = replace(a_site(tmp_path / "lake"), erasure_key=KEY)
    land_shop(site, FOUR)
    ingest(site)
    record(site, {"person": {"person-of-ann"}}, "unlink")
    for name, step in steps(site):
        run(site, name, step)
        if name == LANDING:
            break  # the process is killed
    land_shop(site, [*FOUR, (5, "ann")], name="_2")
    before = site.lake.log.head().number
    with pytest.raises(UserError, match="ECOM_LAKE_ERASURE_KEY"):
        ingest(replace(site, erasure_key=other_key))
    assert site.lake.log.head().number == before
    ingest(site)
    (tmp_path / "seen").mkdir()
    assert left_of(site, ["ann"], tmp_path / "seen") == set()


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_is_removed_while_it_is_rewritten_stops_nothing(
    is_replaced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = replace(a_site(tmp_path / "lake"), erasure_key=KEY)
    land_shop(site, FOUR)
    ingest(site)
    landed = tmp_path / "lake" / "olist" / "landing" / "customers.csv"
    text = landed.read_text("utf-8")

    def listed_before(landing: Store) -> list[Info]:
        files = files_in(landing)
        landed.unlink(missing_ok=True)
        if is_replaced:
            landed.write_text(text + "\n", "utf-8")
        return files

    record(site, {"person": {"person-of-ann"}}, "unlink")
    with monkeypatch.context() as patched:
        patched.setattr(changed_state, "files_in", listed_before)
        for name, step in steps(site):
            run(site, name, step)
            if name == LANDING:
                break
    erase(site)
    (tmp_path / "seen").mkdir()
    assert left_of(site, ["ann"], tmp_path / "seen") == set()
    assert len(bronze(site, "customers")) == (4 + 3 if is_replaced else 4)


@pytest.mark.parametrize("place", ["azure"], indirect=True)
def test_two_erasures_are_carried_through_on_azure_and_the_same_files_are_recognised(place: Place, tmp_path: Path) -> None:
    local = replace(a_site(tmp_path / "local"), erasure_key=KEY)
    land_shop(local, [(1, "ann"), (2, "bob"), (3, "ann"), (4, "cem"), (5, "dora")])
    site = replace(local, lake=Lake(place.url, "olist", place.access))
    put_all(local, site)
    ingest(site)
    for person, mode in TWO:
        record(site, {"person": {f"person-of-{person}"}}, mode)
        erase(site)
    before = list(deliveries(site.lake.log.head()))
    put_all(local, site, "again_")
    ingest(site)
    assert list(deliveries(site.lake.log.head())) == before
    assert nothing_new(site, site.lake.log.head())
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    for number, path in enumerate(files_of([site.lake.log.head()])):
        site.lake.store.fetch(f"olist/{path}", fetched / f"{number}.parquet")
    for number, info in enumerate(site.lake.landing.list("")):
        site.lake.landing.fetch(info.path, fetched / f"{number}.csv")
    assert holding(fetched, [*canaries("ann"), *canaries("bob")]) == {}
    assert len(holding(fetched, canaries("cem"))) > 1


TWO: tuple[tuple[str, Mode], ...] = (("bob", "remove"), ("ann", "unlink"))


def put_all(source: Site, target: Site, prefix: str = "") -> None:
    """Land the files of a local shop in another place."""
    for info in source.lake.landing.list(""):
        with source.lake.landing.opened(info.path) as local, target.lake.scratch() as scratch:
            target.lake.landing.put(Path(shutil.copyfile(local, scratch / "landed")), prefix + info.path)


def bronze(site: Site, table: str) -> pl.DataFrame:
    head = site.lake.log.head()
    return pl.concat(
        [pl.read_parquet(path, glob=False) for path in site.lake.paths(head, TableId("bronze", table))], how="diagonal"
    )


@settings(max_examples=8, deadline=None)
@given(ORDERS, ERASURES)
@example(
    [(1, "ann"), (2, "bob"), (1, "bob"), (3, "cem")],
    [Erasure(["ann"], "remove", True, False), Erasure(["bob"], "remove", False, True), Erasure(["dora"], "unlink", False, True)],
)
def test_after_any_sequence_of_erasures_nothing_of_the_erased_persons_is_left(
    orders: list[tuple[int, str]], erasures: list[Erasure]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = replace(a_site(Path(folder) / "lake"), erasure_key=KEY)
        land_shop(site, orders)
        ingest(site)
        gone = set[str]()
        for number, erasure in enumerate(erasures):
            record(site, {"person": {f"person-of-{one}" for one in erasure.persons}}, erasure.mode)
            gone |= set(erasure.persons)
            if erasure.waits and number + 1 < len(erasures):
                continue
            erase(site)
            if erasure.delivered_again:
                before = list(deliveries(site.lake.log.head()))
                land_shop(site, orders, f"_again_{number}")
                ingest(site)
                assert list(deliveries(site.lake.log.head())) == before  # these files have their numbers already
            (scratch := Path(folder) / f"seen-{number}").mkdir()
            assert left_of(site, sorted(gone), scratch) == set()
            assert nothing_new(site, site.lake.log.head())
        there = set(bronze(site, "customers")["customer_city"].drop_nulls())
        assert there == {f"villa-of-{one}" for one in PERSONS if one not in gone}
