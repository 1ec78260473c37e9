"""A few faults of every kind, on the local disk and on a store behind fsspec. `make chaos` runs hundreds."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake_tests.chaos import damages, disks, kills, landings, network, races
from ecom_lake_tests.chaos.ground import Ground, ground_on, prepared
from ecom_lake_tests.chaos.verdict import Verdict, assess, message_of, record_message

Attempt = Callable[[Ground], Verdict]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with prepared(tmp_path_factory.mktemp("chaos"), orders=100) as ground:
        yield ground


def on(store: str, attempt: Attempt) -> object:
    name = getattr(attempt, "__name__", "fault")
    return pytest.param(store, attempt, id=f"{name}-{store}")


def killed(ground: Ground) -> Verdict:
    return kills.again_and_again(ground, random.Random(4), 90, most=3)


def stormy(ground: Ground) -> Verdict:
    return network.storm(ground, random.Random(5))


def damaged(ground: Ground) -> Verdict:
    return damages.data(ground, random.Random(6), 12)


def growing(ground: Ground) -> Verdict:
    return landings.attempt(ground, "grows", "parse", after=True)


def racing(ground: Ground) -> Verdict:
    return races.race(ground, writers=3, commits=10, readers=4, reads=20)


@pytest.mark.parametrize(
    ("store", "attempt"),
    [
        on("faulty", killed),
        on("faulty", stormy),
        on("local", damaged),
        on("local", growing),
        on("faulty", racing),
        on("faulty", races.rollback_during_build),
    ],
)
def test_after_a_fault_nothing_is_damaged_lost_or_left_behind(first: Ground, store: str, attempt: Attempt) -> None:
    with ground_on(first, store) as ground:
        verdict = attempt(ground)
    assert verdict.faults > 0
    assert verdict.wrong == {}


def test_the_checks_find_each_kind_of_error(first: Ground) -> None:
    """One error of each kind is created."""
    with first.spot() as spot:
        stray = spot.folder / "olist" / "_store" / "bronze" / "orders" / "stray.parquet"
        stray.write_bytes(b"PAR1")
        verdict = assess(replace(first, delivered=first.delivered + 1, wanted={}), spot, Verdict("none"))
        assert set(verdict.wrong) == {"torn reads", "builds with another result", "rows lost", "orphans"}
    verdict = Verdict("none")
    record_message(verdict, message_of(lambda: 1 / 0))
    assert set(verdict.wrong) == {"errors without a proper message"}


@pytest.mark.skipif(bool(disks.why_not()), reason="this machine cannot mount a small disk")
def test_a_build_on_a_full_disk_ends_with_one_sentence_and_an_exit_code(first: Ground, tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text('[shops.olist]\nfirst_month = "2017-01"\nlast_month = "2017-04"\n')
    with disks.small_disk(tmp_path) as disk, first.spot(disk) as spot:
        free = os.statvfs(disk)
        disks.remount(disk, f"size={(free.f_blocks - free.f_bfree) * free.f_frsize + 8192}")
        env = {**os.environ, "ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml"), "DAGSTER_HOME": str(tmp_path)}
        command = [sys.executable, "-c", "import ecom_lake.cli as c; exit(c.main())", "--root", spot.url, "build"]
        finished = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert finished.returncode == 1
    assert "No space left on device" in finished.stderr
    assert "Traceback" not in finished.stderr + finished.stdout
