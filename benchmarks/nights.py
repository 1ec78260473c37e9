"""The cost of a night: a shop that delivers every day, and single nights after months of history.

    python benchmarks/nights.py [--times 1 10] [--within 1] [--ways dagster direct] [--folder DIR] [--keep]
    python benchmarks/nights.py --in-a-row 365 --scale 0.1
    python benchmarks/nights.py --start LAKE_ROOT

Real Olist is cut into daily deliveries (days.py). A lake with all days before the last month of full trade is built; then come
the first night of that month, nights within it, the rest of it in one delivery, the night that completes it (the as-of date moves
and the models run), and a build without new files, each in a process of its own.
`--in-a-row` builds all days before the last N nights and then measures each of these; it writes docs/images/nights.png. Each
night is a day later by the clock (Debian's `faketime`), so that old states are collected as they would be.
`--start` measures on copies of a lake that was built from the days before, instead of building one. `--root` puts the lakes
below a URL; the environment gives access to it. Bytes count once for each file that was written, whatever was overwritten.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.days import split_by_day
from benchmarks.inputs import olist, replicate
from benchmarks.measure import Measured, measure
from ecom_lake.engine.store.lake import LANDING, Lake
from ecom_lake.engine.store.store import Info
from ecom_lake.settings import load

HERE = Path(__file__).parent
LAST_MONTH = "2018-08"
"""The last month of full trade in real Olist."""
FIRST_OF_LAST_DAYS = "2018-08-28"
"""The month is complete once it has an order within 3 days of its end."""
LOG = ("_store/log/", "_store/manifests/")
SHOWN_STEPS = 12
WITHIN = "a night within the month"
COMPLETING = "the night that completes a month"
FULL = "full build"


@dataclass(frozen=True)
class Written:
    """The files that a build wrote, and their bytes by kind."""

    log_files: int
    log: int
    largest_entry: int
    data: int
    plain: int
    """The plain view, catalogue and pages included."""
    files: int


@dataclass(frozen=True)
class Night:
    """One build: what was new, what it cost, what it wrote."""

    what: str
    way: str
    days: int
    """Days of history that were delivered before."""
    measured: Measured
    written: Written
    events: int
    """Events in Dagster's history of the run."""

    @property
    def answer(self) -> dict[str, Any]:
        return self.measured.answer()


class Trial:
    """One lake, its landing and its Dagster folder."""

    def __init__(self, root: str, home: Path, way: str) -> None:
        self.root, self.home, self.way, self.days = root, home, way, 0
        self.days_later = 0
        """How many days after today the next build runs."""

    def deliver(self, days: Sequence[Path]) -> None:
        landing = self._lake().landing
        for day in days:
            for file in sorted(day.glob("*.csv")):
                if not landing.add(file, f"{day.name}/{file.name}"):
                    raise SystemExit(f"{day.name}/{file.name} was delivered already.")

    def night(self, what: str, days: Sequence[Path]) -> Night:
        """Deliver these days and build."""
        self.deliver(days)
        before = self._files()
        measured = self.build()
        made = Night(what, self.way, self.days, measured, _written(before, self._files()), self._events(measured))
        self.days += len(days)
        print(row_of(made), flush=True)
        return made

    def build(self) -> Measured:
        direct = ["--direct"] if self.way == "direct" else []
        later = ["faketime", "-f", f"+{self.days_later}d"] if self.days_later else []
        build = [sys.executable, str(HERE / "ours.py"), self.root, "--home", str(self.home), *direct]
        measured = measure([*later, *build], step=0.2)
        if measured.exit_code:
            raise SystemExit(f"The build failed: {measured.output}")
        return measured

    def _lake(self) -> Lake:
        return Lake(self.root, "olist", load().access)

    def _files(self) -> dict[str, Info]:
        found = self._lake().store.list("olist")
        return {path: info for info in found if not (path := info.path.partition("/")[2]).startswith(f"{LANDING}/")}

    def _events(self, measured: Measured) -> int:
        if self.way == "direct":
            return 0
        from dagster import DagsterInstance

        with chdir(self.home), DagsterInstance.from_config(str(self.home)) as instance:
            return len(instance.all_logs(str(measured.answer()["run"])))


def _written(before: dict[str, Info], after: dict[str, Info]) -> Written:
    new = {path: info.size for path, info in after.items() if path not in before or before[path].stamp != info.stamp}
    log = {path: size for path, size in new.items() if path.startswith(LOG)}
    store = {path: size for path, size in new.items() if path.startswith("_store/") and path not in log}
    entries = [size for path, size in log.items() if path.startswith(LOG[0])]
    data = sum(store.values())
    plain = sum(new.values()) - sum(log.values()) - data
    return Written(len(log), sum(log.values()), max(entries, default=0), data, plain, len(new))


def main() -> None:
    asked = _arguments()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="ecom-lake-nights-"))
    print(f"commit {_commit()}; load {os.getloadavg()[0]:.2f}; {os.cpu_count()} cores")
    print(HEAD)
    try:
        if asked.in_a_row:
            _show_in_a_row(_in_a_row(asked, folder))
        else:
            for times in asked.times:
                nights = [night for way in asked.ways for night in _single_nights(asked, folder, times, way)]
                _show_ratios(nights)
    finally:
        if not asked.keep and asked.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, nargs="+", default=[1])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--within", type=int, default=1, help="nights within the month")
    parser.add_argument("--in-a-row", type=int, default=0)
    parser.add_argument("--ways", nargs="+", choices=("dagster", "direct"), default=["dagster", "direct"])
    parser.add_argument("--start", type=Path)
    parser.add_argument("--root")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    if asked.in_a_row and not shutil.which("faketime"):
        parser.error("--in-a-row needs faketime: apt-get install faketime")
    if olist() is None:
        parser.error("the real Olist files are not here; set ECOM_LAKE_OLIST to their folder")
    return asked


def _days(folder: Path, times: int, scale: float) -> list[Path]:
    """The daily deliveries up to the end of the last month of full trade."""
    source = olist()
    assert source is not None
    place = folder / f"x{times}"
    if not (place / "days").exists():
        if times > 1:
            replicate(source, times, place / "input")
        split_by_day(place / "input" if times > 1 else source, place / "unfinished", scale)
        (place / "unfinished").rename(place / "days")
    return [day for day in sorted((place / "days").iterdir()) if day.name[:7] <= LAST_MONTH]


def _trial(asked: argparse.Namespace, folder: Path, name: str, way: str, before: Sequence[Path]) -> Trial:
    """A lake with these days, built in one go or copied from a lake that was."""
    home = folder / name / "dagster"
    trial = Trial(f"{asked.root}/{name}" if asked.root else str(folder / name), home, way)
    if asked.start:
        shutil.copytree(asked.start, folder / name, symlinks=True)
        if (home / "dagster.yaml").exists():
            (home / "dagster.yaml").unlink()  # it names the folder of the lake that was copied
        trial.days = len(before)
        trial.build()  # the copied files have other stamps than those of the log: they are read once more
    else:
        trial.night(FULL, before)
    return trial


def _single_nights(asked: argparse.Namespace, folder: Path, times: int, way: str) -> list[Night]:
    days = _days(folder, times, asked.scale)
    before, month = ([day for day in days if (day.name[:7] == LAST_MONTH) is late] for late in (False, True))
    trial = _trial(asked, folder, f"x{times}-{way}", way, before)
    nights = [trial.night("the first night of a month", month[:1])]
    nights += [trial.night(WITHIN, [day]) for day in month[1 : 1 + asked.within]]
    _show_steps(nights[-1])
    late = [day for day in month if day.name >= FIRST_OF_LAST_DAYS]
    trial.night("the rest of the month", month[1 + asked.within : -len(late)])
    nights.append(trial.night(COMPLETING, late[:1]))
    _show_steps(nights[-1])
    return [*nights, trial.night("nothing new", [])]


def _in_a_row(asked: argparse.Namespace, folder: Path) -> Iterator[Night]:
    days = _days(folder, asked.times[0], asked.scale)
    before, nights = days[: -asked.in_a_row], days[-asked.in_a_row :]
    trial = _trial(asked, folder, f"row-{asked.ways[0]}", asked.ways[0], before)
    for day in nights:
        trial.days_later += 1
        yield trial.night(day.name, [day])


HEAD = (
    "| way | what | days before | CPU s | wall s | load | log kB | entries | largest kB | data MB | plain view MB | files "
    "| events | requests | peak GiB |\n|" + "---|" * 15
)


def row_of(night: Night) -> str:
    m, w = night.measured, night.written
    cells = (night.way, night.what, night.days, f"{m.cpu_seconds:.1f}", f"{m.wall_seconds:.1f}", m.load_before)
    sizes = (f"{w.log / 1e3:,.0f}", w.log_files, f"{w.largest_entry / 1e3:,.0f}", f"{w.data / 1e6:.1f}", f"{w.plain / 1e6:.1f}")
    more = (f"{w.files:,}", f"{night.events:,}", night.answer.get("requests", ""), f"{m.peak_gib:.2f}")
    return "| " + " | ".join(map(str, (*cells, *sizes, *more))) + " |"


def _show_steps(night: Night) -> None:
    """Where the CPU of a night goes."""
    cpu = dict(night.answer["cpu"])
    startup = float(night.answer["startup_cpu"])
    between = night.measured.cpu_seconds - startup - sum(cpu.values())
    largest = sorted(cpu.items(), key=lambda step: -step[1])
    rest = sum(seconds for _, seconds in largest[SHOWN_STEPS:])
    print(f"\nCPU seconds of {night.what} ({night.way}), {night.measured.cpu_seconds:.1f} in all:")
    for step, seconds in [("imports", startup), ("between the steps", between), *largest[:SHOWN_STEPS]]:
        print(f"  {seconds:6.2f}  {step}")
    print(f"  {rest:6.2f}  {max(len(largest) - SHOWN_STEPS, 0)} more steps\n", flush=True)


def _show_ratios(nights: Sequence[Night]) -> None:
    for way in dict.fromkeys(night.way for night in nights):
        full = [night.measured.cpu_seconds for night in nights if (night.way, night.what) == (way, FULL)]
        for what in (WITHIN, COMPLETING):
            cpu = [night.measured.cpu_seconds for night in nights if (night.way, night.what) == (way, what)]
            if full and cpu:
                print(f"{way}: {what} costs {statistics.median(cpu) / full[0]:.3f} of the full build (CPU)")


def _show_in_a_row(found: Iterator[Night]) -> None:
    nights = list(found)
    few = max(len(nights) // 10, 1)
    for name, costs in _series(nights).items():
        first, last = statistics.median(costs[:few]), statistics.median(costs[-few:])
        print(f"{name}: median of the first {few} nights {first:,.1f}, of the last {few} {last:,.1f}, ratio {last / first:.2f}")
    _draw(nights, HERE.parent / "docs/images/nights.png")


def _series(nights: Sequence[Night]) -> dict[str, list[float]]:
    return {
        "CPU seconds": [night.measured.cpu_seconds for night in nights],
        "kB of log written": [night.written.log / 1e3 for night in nights],
        "MB of data written": [(night.written.data + night.written.plain) / 1e6 for night in nights],
    }


def _draw(nights: Sequence[Night], target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    series = _series(nights)
    figure, axes = plt.subplots(len(series), 1, figsize=(7, 7), sharex=True)
    for place, (name, costs) in zip(axes, series.items(), strict=True):
        place.plot([night.days for night in nights], costs, linewidth=1)
        place.set(ylabel=name, ylim=(0, None))
        place.grid(alpha=0.3)
    axes[0].set_title("A night against history")
    axes[-1].set_xlabel("days delivered before")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=120, bbox_inches="tight")


def _commit() -> str:
    run = subprocess.run(["git", "-C", str(HERE), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return run.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
