"""Kills an erasure before each of its writes in turn, from the list to the last landed file, continues it, and checks the lake.

    python -m ecom_lake_tests.engine.forget.kills

A first erasure was carried through before: its records are missing in landing and leave gaps in bronze. All tables are built from
what is checked here; kills during the build and the deletion of older states are in test_forget.py.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.bronze.deliveries import deliveries
from ecom_lake.engine.build.bronze.ingest import ingest, nothing_new
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.forget.steps import erasure_list, record
from ecom_lake.engine.store.erasure_list import Ids, Mode
from ecom_lake_tests.builders.forgotten import KEY
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake_tests.chaos.fault_injector import FaultInjector, injected
from ecom_lake_tests.engine.forget.test_sequences import bronze, erase, land_shop, left_of

ORDERS = [(1, "ann"), (2, "bob"), (3, "ann"), (4, "cem"), (5, "dora")]
NIGHTS = (1, 5)
"""Deliveries of the lakes whose erasures are killed."""
ANN: Ids = {"person": {"person-of-ann"}}


class Killed(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Rows:
    """What must be the same, wherever the erasure was killed: the rows of all others, and how many of Ann's there are."""

    of_others: pl.DataFrame
    customers: int
    orders: int
    numbers: tuple[int, ...]


def prepare(folder: Path, nights: int) -> Path:
    """A lake from which Bob was removed. Everybody ordered in each night, so that more nights are more writes of an erasure."""
    site = _site(folder / "base")
    for night in range(nights):
        land_shop(site, [(number + night * len(ORDERS), person) for number, person in ORDERS], f"-{night}")
        ingest(site)
    record(site, {"person": {"person-of-bob"}}, "remove")
    erase(site)
    return folder / "base"


def _site(root: Path) -> Site:
    return replace(a_site(root), erasure_key=KEY)


def _copied(base: Path, root: Path) -> Site:
    shutil.copytree(base, root)
    site = _site(root)
    ingest(site)  # the copied files have other stamps
    return site


def rows(site: Site) -> Rows:
    customers, numbers = bronze(site, "customers"), sorted(one.sequence for one in deliveries(site.lake.log.head()))
    others = customers.filter(pl.col("customer_city").is_not_null()).drop(LINEAGE[0], strict=False).sort("customer_id")
    return Rows(others, len(customers), len(bronze(site, "orders")), tuple(numbers))


def undisturbed(base: Path, mode: Mode, folder: Path) -> Rows:
    site = _copied(base, folder / f"undisturbed-{mode}")
    record(site, ANN, mode)
    erase(site)
    return rows(site)


def kill_before(write: int, base: Path, mode: Mode, wanted: Rows) -> bool:
    """Whether the erasure has so many writes. Fails where the continued one does not end in the same."""
    with tempfile.TemporaryDirectory() as folder:
        site = _copied(base, Path(folder) / "lake")

        def die(call: Callable[[], object], _: int) -> object:
            raise Killed

        injector = FaultInjector(write, die)
        try:
            with injected(site, injector):
                record(site, ANN, mode)
                erase(site)
        except Killed:
            pass
        again = _site(Path(folder) / "lake")
        if not erasure_list(again).unfinished:
            record(again, ANN, mode)  # killed before the request was recorded, or at the end
        erase(again)
        (scratch := Path(folder) / "seen").mkdir()
        assert left_of(again, ["ann", "bob"], scratch) == set()
        assert nothing_new(again, again.lake.log.head())
        found = rows(again)
        assert found.of_others.equals(wanted.of_others)
        assert (found.customers, found.orders, found.numbers) == (wanted.customers, wanted.orders, wanted.numbers)
        return injector.struck


def kills(nights: int = 1, modes: tuple[Mode, ...] = ("unlink", "remove"), every: int = 1) -> Iterator[tuple[Mode, int]]:
    """Each mode and write before which the erasure was killed, and which it survived."""
    with tempfile.TemporaryDirectory() as folder:
        base = prepare(Path(folder), nights)
        for mode in modes:
            wanted = undisturbed(base, mode, Path(folder))
            for write in count(0, every):
                if not kill_before(write, base, mode, wanted):
                    break
                yield mode, write


def main() -> None:
    survived = ((nights, mode, write) for nights in NIGHTS for mode, write in kills(nights))
    for number, (nights, mode, write) in enumerate(survived, start=1):
        of = f"write {write} of an erasure that would {mode}, after {nights} nights"
        sys.stdout.write(f"{number} kills survived; the last one was before {of}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
