"""The benchmark: the lake and its two rivals, in one run, on the real shop and on N times it.

    python benchmarks/bench.py [--times 1 10] [--notebook-times 1] [--folder DIR] [--keep]

A ratio counts only where the tables agree (agree.py). Absolute times are those of this machine under the load in the same row.
Without the real Olist files (ECOM_LAKE_OLIST, or next to the project) it ends with a message.
Writes docs/images/benchmark.png and prints the table of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.inputs import olist
from benchmarks.measure import Measured, measure

HERE = Path(__file__).parent
PYTHON = sys.executable


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    times: int
    what: str
    measured: Measured
    seconds: float
    startup: float
    agree: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--notebook-times", type=int, nargs="*", default=[1])
    parser.add_argument("--new-month-times", type=int, nargs="*", default=[10])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    source = olist()
    if source is None or not source.exists():
        sys.exit("The real Olist files are not here; set ECOM_LAKE_OLIST to their folder.")
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="ecom-lake-bench-"))
    lines: list[Line] = []
    try:
        for times in asked.times:
            lines += _measure(folder, times, times in asked.notebook_times)
            if times in asked.new_month_times:
                lines += _new_month(folder, times)
            if not asked.keep:
                shutil.rmtree(folder / f"x{times}", ignore_errors=True)
    finally:
        if not asked.keep and asked.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(_machine())
    print(_table(lines))
    _draw(lines, HERE.parent / "docs/images/benchmark.png")


def _measure(folder: Path, times: int, notebook: bool) -> list[Line]:
    here = folder / f"x{times}"
    given = here / "input"
    _run("inputs.py", str(times), str(given))
    lines = [_line(times, "bare", "bare.py", given, here / "bare")]
    _land(given, here / "lake")
    lines.append(_line(times, "ecom_lake", "ours.py", here / "lake", agree=here / "bare"))
    lines.append(_line(times, "ecom_lake, nothing new", "ours.py", here / "lake"))
    _land(given, here / "direct")
    lines.append(_line(times, "ecom_lake without Dagster", "ours.py", here / "direct", "--direct"))
    if notebook:
        lines.append(_line(times, "notebook", "notebook.py", given, here / "notebook", limit=12))
    for line in lines:
        print(_row(line), flush=True)
    return lines


def _new_month(folder: Path, times: int) -> list[Line]:
    here = folder / f"x{times}"
    _run("new_month.py", str(here / "input"), str(here / "split"), "2018-08")
    _land(here / "split/before", here / "growing")
    measure([PYTHON, str(HERE / "ours.py"), str(here / "growing")])
    _land(here / "split/month", here / "growing", under="2018-08")
    line = _line(times, "ecom_lake, one new month", "ours.py", here / "growing")
    print(_row(line), flush=True)
    return [line]


def _line(times: int, what: str, script: str, *args: Path | str, agree: Path | None = None, limit: float | None = None) -> Line:
    measured = measure([PYTHON, str(HERE / script), *map(str, args)], limit_gib=limit)
    said: dict[str, Any] = measured.answer() if measured.exit_code == 0 else {}
    verdict = _agree(Path(args[0]) / "olist/gold", agree) if agree and measured.exit_code == 0 else ""
    return Line(times, what, measured, float(said.get("work", "nan")), float(said.get("startup", "nan")), verdict)


def _agree(ours: Path, theirs: Path) -> str:
    run = subprocess.run(
        [PYTHON, str(HERE / "agree.py"), str(ours), str(theirs), "--json"], capture_output=True, text=True, check=False
    )
    return "yes" if run.returncode == 0 else "NO"


def _land(source: Path, root: Path, under: str = "") -> None:
    landing = root / "olist/landing" / under
    landing.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.csv"):
        shutil.copy2(path, landing / path.name)


def _run(script: str, *args: str) -> None:
    subprocess.run([PYTHON, str(HERE / script), *args], check=True, stdout=subprocess.DEVNULL)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    load = ", ".join(f"{n:.2f}" for n in os.getloadavg())
    return f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}; load {load}"


def _table(lines: list[Line]) -> str:
    names = ("Olist ×", "what", "work s", "start-up s", "CPU s", "peak GiB", "to bare", "load before", "agrees")
    head = "| " + " | ".join(names) + " |\n|" + "---|" * len(names)
    bare = {line.times: line.seconds for line in lines if line.what == "bare"}
    return "\n".join([head, *(_row(line, bare.get(line.times)) for line in lines)])


def _row(line: Line, bare: float | None = None) -> str:
    ratio = f"{line.seconds / bare:.2f}" if bare else ""
    m = line.measured
    done = f"{line.seconds:.2f}" if m.exit_code == 0 else f"failed ({m.exit_code})"
    cells = (
        line.times,
        line.what,
        done,
        f"{line.startup:.2f}",
        f"{m.cpu_seconds:.1f}",
        f"{m.peak_gib:.2f}",
        ratio,
        m.load_before,
        line.agree,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _draw(lines: list[Line], target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    for what in ("bare", "ecom_lake", "notebook"):
        points = [(line.times, line.seconds) for line in lines if line.what == what and line.measured.exit_code == 0]
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", label=what)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="times real Olist (99,441 orders)",
        ylabel="seconds of work",
        title="Landing to released gold",
    )
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=120, bbox_inches="tight")


if __name__ == "__main__":
    main()
