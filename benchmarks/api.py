"""Requests per second of the API for answers that it has kept: `python benchmarks/api.py PROJECT [--seconds 10]`.

It starts `ecom-lake serve` for the project on a free port and needs the program `wrk`. Run it on a quiet machine: the client uses
a core too. The CPU time per request hardly depends on that. It is also given as a multiple of the CPU time of an ASGI application
that does nothing, served in the same way and in turns. The project must have no keys.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil

PATHS = ("/health", "{shop}/tables/kpi_monthly/rows", "{shop}/tables/rfm/rows?limit=100", "{shop}/tables/rfm/rows?limit=1000")
NOTHING = """
import socket, uvicorn

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run([listener])
"""
"""An application that does nothing."""


@dataclass(frozen=True)
class Server:
    base: str
    process: psutil.Process

    def cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True)
class Measured:
    per_second: float
    p50: str
    p99: str
    cpu: float
    """Seconds of CPU per request."""
    failed: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("project", type=Path)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    command = [str(Path(sys.executable).with_name("ecom-lake")), "serve", "--port", "0", "--project", str(options.project)]
    with _served(command) as ours, _served([sys.executable, "-c", NOTHING]) as nothing:
        with urlopen(f"{ours.base}/v1/shops") as answer:
            shop = re.findall(r'"shop":"(\w+)"', answer.read().decode())[0]
        for path in PATHS:
            url = ours.base + path.format(shop=f"/v1/shops/{shop}")
            with urlopen(url) as answer:
                size = len(answer.read())
            least = _measured(nothing, f"{nothing.base}/", options.seconds)
            found = _measured(ours, url, options.seconds)
            print(f"{path:<40} {size / 1000:>7.1f} kB {_line(found)}  ×{found.cpu / least.cpu:.1f} of nothing ({_line(least)})")
    return 0


@contextmanager
def _served(command: Sequence[str]) -> Iterator[Server]:
    """A server that prints its address as the last word of its first line."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process.stdout.readline().split()[-1].rstrip("/"), psutil.Process(process.pid))
        finally:
            process.terminate()


def _measured(server: Server, url: str, seconds: int) -> Measured:
    before = server.cpu()
    ran = subprocess.run(
        ["wrk", "-t1", "-c4", f"-d{seconds}s", "--latency", url], check=True, capture_output=True, text=True
    ).stdout
    cpu = server.cpu() - before
    found = {name: re.findall(pattern, ran)[0] for name, pattern in _FIGURES.items()}
    failed = re.findall(r"Non-2xx or 3xx responses: (\d+)", ran)
    return Measured(
        float(found["rate"]), found["p50"], found["p99"], cpu / int(found["requests"]), int(failed[0]) if failed else 0
    )


def _line(one: Measured) -> str:
    return (
        f"{one.per_second:>6,.0f} requests/s  p50 {one.p50}  p99 {one.p99}  {one.cpu * 1e6:,.0f} µs CPU"
        f"{f'  {one.failed:,} failed' if one.failed else ''}"
    )


_FIGURES = {
    "rate": r"Requests/sec:\s+([\d.]+)",
    "requests": r"(\d+) requests in",
    "p50": r"50%\s+(\S+)",
    "p99": r"99%\s+(\S+)",
}

if __name__ == "__main__":
    sys.exit(main())
