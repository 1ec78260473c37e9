"""The cost of the dashboard: `python benchmarks/dashboard.py PROJECT [--times 50] [--rounds 5]`, of a finished lake.

It starts `ecom-lake serve` on one core, on a copy of the lake, and asks as a browser does. All times are CPU seconds of the
server, from its process clock, so that other work on the machine does not count; the wall time of the cold start is printed too.

Here: the first page after a start, each page again (warm), each page with filters that nobody asked for before, and memory after
ten people with filters of their own have seen all pages. `--times` multiplies the orders and customers (larger_lake.py).
Not here: the API (api.py), what the browser does with a page.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psutil

from benchmarks.larger_lake import copy_lake

PAGES = ("overview", "sales", "customers", "products", "delivery", "outlook", "trust")
DIMENSIONS = ("category", "state", "segment", "product")
PEOPLE = 10
SETTLED = 0.05
"""CPU seconds in a second below which the server has nothing more to prepare."""
Filters = dict[str, str]


class Server:
    """A running server, and the shop whose pages are asked for."""

    def __init__(self, process: subprocess.Popen[str], base: str) -> None:
        self._process, self.base = process, base
        with urlopen(f"{base}/v1/shops") as answer:
            self.shop = re.findall(r'"shop":"(\w+)"', answer.read().decode())[0]

    @property
    def cpu(self) -> float:
        """CPU seconds of the process since its start, with its ended threads."""
        return time.clock_gettime(~self._process.pid << 3 | 2)  # the process clock of another process, as glibc encodes it

    def page(self, page: str, filters: Filters | None = None) -> tuple[float, bytes]:
        """CPU seconds, and the page as it is sent."""
        query = f"?{urlencode(filters)}" if filters else ""
        request = Request(f"{self.base}/{self.shop}/{page}{query}", headers={"Accept-Encoding": "gzip"})
        before = self.cpu
        with urlopen(request) as answer:
            body = answer.read()
        return self.cpu - before, body

    def settle(self) -> float:
        """Wait until the server has prepared what it prepares in the background; the CPU seconds since its start."""
        while True:
            before = self.cpu
            time.sleep(3)  # the serving file is built 2 seconds after the first page
            if self.cpu - before < SETTLED:
                return self.cpu

    @property
    def megabytes(self) -> float:
        """Memory of the process alone, and its share of the memory that it shares."""
        return float(psutil.Process(self._process.pid).memory_full_info().pss) / 1e6


@contextmanager
def serving(project: Path) -> Iterator[Server]:
    program = str(Path(sys.executable).with_name("ecom-lake"))
    command = [program, "serve", "--port", "0", "--rate", "1000000", "--project", str(project)]
    core = min(os.sched_getaffinity(0))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    ) as process:
        assert process.stdout is not None
        try:
            yield Server(process, process.stdout.readline().split()[-1].rstrip("/"))
        finally:
            process.send_signal(signal.SIGINT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("project", type=Path)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        copy_lake(options.project, project, options.times)
        measured(project, options.rounds)
    return 0


def measured(project: Path, rounds: int) -> None:
    with serving(project) as server:
        server.page("overview")
        first = server.cpu
        print(f"serving file: {server.settle() - first:.2f} s of CPU in the background, then {server.megabytes:.0f} MB")
    _cold(project, rounds)
    print(f"{'page':<10} {'first':>8} {'warm':>8} {'new filter':>11} {'slowest':>8} {'kB sent':>8}   CPU ms; slowest filter")
    for page in PAGES:
        with serving(project) as server:  # each page with filters that no other page has asked for
            _page(server, page, rounds)
    with serving(project) as server:
        _people(server)


def _cold(project: Path, rounds: int) -> None:
    cpu, wall = [], []
    for _ in range(rounds):
        start = time.monotonic()
        with serving(project) as server:
            server.page("overview")
            cpu.append(server.cpu)
            wall.append(time.monotonic() - start)
    load = os.getloadavg()[0]
    print(f"cold start to the first page: {median(cpu):.2f} s of CPU, {median(wall):.2f} s of wall time at a load of {load:.0f}")


def _page(server: Server, page: str, rounds: int) -> None:
    choices = _choices(server)
    server.settle()
    first = server.page(page)[0]
    warm = median(server.page(page)[0] for _ in range(rounds))
    new = [(server.page(page, filters)[0], filters) for filters in choices]
    slowest, filters = max(new, key=lambda one: one[0])
    size = len(server.page(page)[1]) / 1000
    typical = median(cpu for cpu, _ in new)
    print(
        f"{page:<10} {1000 * first:>8.0f} {1000 * warm:>8.0f} {1000 * typical:>11.0f} {1000 * slowest:>8.0f} {size:>8.1f}"
        f"   {urlencode(filters)}",
        flush=True,
    )


def _choices(server: Server) -> list[Filters]:
    """Filters by one and by two members, with the default months, all months and one month: the links of the overview."""
    html = gzip.decompress(server.page("overview")[1]).decode()
    members = {one: sorted(set(re.findall(rf'[?;&]{one}=([\w.~-]+)["&]', html)))[:6] for one in DIMENSIONS}
    months = sorted(set(re.findall(r"from=(\d{4}-\d\d)", html)))
    found: list[Filters] = [{name: member} for name, values in members.items() for member in values[:3]]
    pairs = itertools.combinations([name for name in DIMENSIONS if members[name]], 2)
    found += [{one: members[one][-1], other: members[other][-1]} for one, other in pairs]
    if months:
        history = {"from": months[0], "to": months[-1]}
        found += [history, {"from": months[-3], "to": months[-3]}, {"from": months[2], "to": months[-2], "compare": "year"}]
        found += [{**history, name: members[name][0]} for name in DIMENSIONS if members[name]]
    return found


def _people(server: Server) -> None:
    choices = _choices(server)
    server.settle()
    for number, page in itertools.product(range(PEOPLE), PAGES):
        server.page(page, choices[number % len(choices)])
    print(f"memory after {PEOPLE} people have seen all pages: {server.megabytes:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
