"""The overview page and the same page in Streamlit: `python benchmarks/streamlit/compare.py PROJECT [--views 10]`.

For each it starts the server, opens the page in Chromium with an empty cache, then again warm, then with a filter that nobody
has asked for yet. It prints the mean CPU time of the server for a view, and the median of the bytes that the browser received:
files as they were sent, and frames of WebSockets. Streamlit is installed in an environment of its own, which is deleted in the
end (--environment keeps it).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import polars as pl
from playwright.sync_api import Browser, Page, sync_playwright

from ecom_lake.settings import load

HERE = Path(__file__).parent
TABLES = (
    *("fct_sales", "fct_orders", "customer_segments", "kpi_monthly", "sales_cube"),
    *("sales_forecast", "model_cards", "insights", "segment_scatter"),
)
QUIET = 1.5
"""Seconds without a byte and without work of the server, after which a page is complete."""


@dataclass
class Traffic:
    received: int = 0
    last: float = field(default_factory=time.monotonic)

    def watch(self, page: Page) -> None:
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.loadingFinished", lambda event: self._add(event["encodedDataLength"]))
        devtools.on("Network.webSocketFrameReceived", lambda event: self._add(_size(event["response"])))

    def _add(self, size: float) -> None:
        self.received += int(size)
        self.last = time.monotonic()


def _size(frame: dict[str, Any]) -> int:
    """Bytes of a frame; the payload of a binary one is in base64."""
    text: str = frame["payloadData"]
    return len(text) * 3 // 4 if frame["opcode"] == 2 else len(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("project")
    parser.add_argument("--views", type=int, default=10)
    parser.add_argument("--environment", type=Path, help="keep Streamlit's environment here")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    shop = load(project=options.project).default_shop
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        tables = str(Path(folder, "tables"))
        Path(tables).mkdir()
        streamlit = _installed(options.environment or Path(folder, "environment"))
        with _serving(
            [str(Path(sys.executable).with_name("ecom-lake")), "serve", "--project", options.project, "--port"]
        ) as ours:
            members = _saved(ours.address, shop, Path(tables))
            currency = json.loads(_read(f"{ours.address}/v1/shops/{shop}"))["currency"] or ""
            url = f"{ours.address}/{shop}/overview"

            def filter_ours(page: Page, member: str) -> None:
                page.goto(f"{url}?category={quote(member)}")

            _print("ecom_lake", _measured(browser, ours, url, filter_ours, members, options.views))
        command = [str(streamlit), "run", str(HERE / "overview.py"), "--server.headless=true", "--server.address=127.0.0.1",
                   "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]  # fmt: skip
        with _serving([*command, "--server.port"], ["--", tables, currency]) as rival:

            def filter_rival(page: Page, member: str) -> None:
                box = page.get_by_role("combobox", name="Category")
                box.click()
                box.fill(member)
                box.press("Enter")

            _print("Streamlit", _measured(browser, rival, rival.address, filter_rival, members, options.views))
        browser.close()
    return 0


def _installed(environment: Path) -> Path:
    """The program `streamlit` of this environment."""
    program = environment / "bin" / "streamlit"
    if not program.exists():
        venv.create(environment, with_pip=True)
        pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--requirement", str(HERE / "requirements.txt")]
        subprocess.run(pip, check=True)
    return program


def _saved(address: str, shop: str, folder: Path) -> list[str]:
    """Downloads the gold tables that the rival reads, and returns the shop's categories, the largest first."""
    for table in TABLES:
        (folder / table).mkdir()
        for number, file in enumerate(json.loads(_read(f"{address}/v1/shops/{shop}/tables/{table}"))["files"]):
            (folder / table / f"{number:04}.parquet").write_bytes(_read(address + file["url"]))
    cube = pl.scan_parquet(folder / "sales_cube")
    ordered = cube.group_by("category").agg(pl.col("net_sales").sum()).sort("net_sales", descending=True).collect()
    return ordered["category"].to_list()


def _read(url: str) -> bytes:
    with urlopen(url) as answer:
        read: bytes = answer.read()
    return read


@dataclass(frozen=True)
class Server:
    address: str
    pid: int

    def seconds(self) -> float:
        """CPU time so far, with that of its children."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _serving(command: list[str], more: list[str] | None = None) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([*command, str(port), *(more or [])], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield Server(address, process.pid)
        finally:
            process.send_signal(signal.SIGINT)


@dataclass(frozen=True)
class Measured:
    first_bytes: int
    warm_seconds: float
    warm_bytes: int
    filter_seconds: float
    filter_bytes: int


def _measured(
    browser: Browser, server: Server, url: str, choose: Callable[[Page, str], None], members: list[str], views: int
) -> Measured:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    traffic = Traffic()
    traffic.watch(page)

    def cost(act: Callable[[], object]) -> tuple[float, int]:
        seconds, received = server.seconds(), traffic.received
        act()
        _until_quiet(page, server, traffic)
        return server.seconds() - seconds, traffic.received - received

    _, first_bytes = cost(lambda: page.goto(url))
    warm = [cost(lambda: page.goto(url)) for _ in range(views)]
    filtered = [cost(lambda member=member: choose(page, member)) for member in members[:views]]  # type: ignore[misc]
    page.close()
    return Measured(
        first_bytes,
        mean(seconds for seconds, _ in warm),
        int(median(size for _, size in warm)),
        mean(seconds for seconds, _ in filtered),
        int(median(size for _, size in filtered)),
    )


def _until_quiet(page: Page, server: Server, traffic: Traffic) -> None:
    """Returns when nothing was received and the server did nothing for a while. Playwright sees events while it waits."""
    traffic.last, seconds, changed = time.monotonic(), server.seconds(), time.monotonic()
    while time.monotonic() - max(traffic.last, changed) < QUIET:
        page.wait_for_timeout(100)
        if (now := server.seconds()) - seconds > 0.015:
            seconds, changed = now, time.monotonic()


def _print(name: str, one: Measured) -> None:
    print(f"{name:10} first visit {_kilobytes(one.first_bytes)}", end="; ")
    print(f"warm {1000 * one.warm_seconds:,.0f} ms CPU, {_kilobytes(one.warm_bytes)}", end="; ")
    print(f"new filter {1000 * one.filter_seconds:,.0f} ms CPU, {_kilobytes(one.filter_bytes)}", flush=True)


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f} kB"


if __name__ == "__main__":
    sys.exit(main())
