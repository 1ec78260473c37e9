"""Kills a build with SIGKILL at a chosen moment, in a child process, and checks the lake afterwards.

    python -m ecom_lake_tests.engine.build.crash 50

kills that many builds of a synthetic shop at random moments and prints the results.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.release.plain_view import is_up_to_date
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry, files_of
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests.builders.built_lake import is_of_the_log, needed_states
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake_tests.project import PROJECT

_CHILD = """
import sys
from pathlib import Path
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake.engine.build.build import build
import polars, duckdb, sklearn.cluster
from ecom_lake_tests import catalog
catalog.in_order()
print("ready", flush=True)
build(a_site(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
"""


class Victim:
    """A lake with an older release, and new files in landing for the next build."""

    def __init__(self, folder: Path, first: str, last: str) -> None:
        self.folder, self.first, self.last = folder, first, last

    def site(self) -> Site:
        return a_site(self.folder, self.first, self.last)

    def copy(self, target: Path) -> Victim:
        shutil.copytree(self.folder, target)
        return Victim(target, self.first, self.last)

    def build_and_kill(self, after: float | None = None) -> float | None:
        """Kills a build so many seconds after its start; returns its duration if it finished before."""
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(self.folder), self.first, self.last],
            stdout=subprocess.PIPE,
            cwd=PROJECT,
        )
        assert child.stdout is not None
        child.stdout.readline()
        begun = time.perf_counter()
        try:
            assert child.wait(timeout=after) == 0
            return time.perf_counter() - begun
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            return None
        finally:
            child.stdout.close()


def whole(site: Site) -> Entry | None:
    """The current release; asserts that every file of it exists with the recorded hash."""
    released = site.lake.log.released()
    if released is None:
        return None
    for parts in released.tables.values():
        for file in parts.values():
            assert hash_file(site.lake.local(file)) == file.hash, file.path
    return released


def content(site: Site) -> dict[str, str]:
    """The hash of every file of the current state, by table and part."""
    head = site.lake.log.head()
    return {f"{table}/{part}": file.hash for table, parts in head.tables.items() for part, file in parts.items()}


def survive(victim: Victim, before: Entry, wanted: dict[str, str], after: float) -> bool:
    """Kills a build, checks the lake, builds again, and checks again; returns whether the build was killed before it finished."""
    killed = victim.build_and_kill(after) is None
    released = whole(victim.site())
    assert released is not None and (released.tables == before.tables or content(victim.site()) == wanted)
    build(victim.site())
    assert content(victim.site()) == wanted
    head = victim.site().lake.log.head()
    assert head.release is not None and is_up_to_date(victim.site(), victim.site().lake.log.entry(head.release))
    collect_garbage(victim.site(), find_garbage(victim.site(), timedelta(0)))
    states = needed_states(victim.site())
    assert _stored(victim.site()) == set(files_of(states)), "orphans"
    assert _manifests(victim.site()) <= victim.site().lake.log.manifests.paths(states), "orphans"
    return killed


def _stored(site: Site) -> set[str]:
    found = (info.path.removeprefix("olist/") for info in site.lake.store.list("olist/_store"))
    return {path for path in found if not is_of_the_log(path)}


def _manifests(site: Site) -> set[str]:
    return {info.path for info in site.lake.store.list("olist/_store/manifests")}


def prepare(root: Path, orders: int) -> tuple[Victim, Entry, dict[str, str], float]:
    """A victim, its release, the expected content after its next build, and the seconds of an undisturbed build."""
    victim = Victim(root / "victim", "2017-01-01", "2017-04-01")
    generate(root / "export", SynthOptions(orders=orders, first_month="2017-01", last_month="2017-04", by_month=True, broken=3))
    landing = victim.site().lake.store.local("olist/landing")
    *earlier, latest = sorted(path for path in (root / "export").iterdir() if path.is_dir())
    for month in earlier:
        shutil.copytree(month, landing / month.name)
    build(victim.site())
    shutil.copytree(latest, landing / latest.name)
    before = whole(victim.site())
    undisturbed = victim.copy(root / "undisturbed")
    lasts = undisturbed.build_and_kill()
    assert before is not None and lasts is not None
    return victim, before, content(undisturbed.site()), lasts


def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        victim, before, wanted, lasts = prepare(Path(folder), 2_000)
        dice, killed = random.Random(0), 0
        for turn in range(times):
            killed += survive(victim.copy(Path(folder) / "now"), before, wanted, dice.uniform(0, lasts))
            shutil.rmtree(Path(folder) / "now")
            sys.stdout.write(f"{turn + 1} of {times}: {killed} killed in time, every reader saw a complete release\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
