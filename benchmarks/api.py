"""Requests per second of the API for answers that it has kept: `python benchmarks/api.py PROJECT [--seconds 10]`.

It starts `ecom-lake serve` for the project on a free port and needs the program `wrk`. Run it on a quiet machine: the client uses
a core too. The project must have no keys.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

PATHS = ("/health", "{shop}/tables/kpi_monthly/rows", "{shop}/tables/rfm/rows?limit=100", "{shop}/tables/rfm/rows?limit=1000")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("project", type=Path)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    command = [str(Path(sys.executable).with_name("ecom-lake")), "serve", "--port", "0", "--project", str(options.project)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        base = server.stdout.readline().split()[-1].rstrip("/")
        try:
            with urlopen(f"{base}/v1/shops") as answer:
                shop = re.findall(r'"shop":"(\w+)"', answer.read().decode())[0]
            for path in PATHS:
                url = base + path.format(shop=f"/v1/shops/{shop}")
                with urlopen(url) as answer:
                    size = len(answer.read())
                print(f"{path:<45} {size / 1000:>8.1f} kB   {_measured(url, options.seconds)}")
        finally:
            server.send_signal(signal.SIGINT)
    return 0


def _measured(url: str, seconds: int) -> str:
    ran = subprocess.run(
        ["wrk", "-t1", "-c4", f"-d{seconds}s", "--latency", url], check=True, capture_output=True, text=True
    ).stdout
    found = {name: re.findall(pattern, ran)[0] for name, pattern in _FIGURES.items()}
    failed = re.findall(r"Non-2xx or 3xx responses: (\d+)", ran)
    return f"{float(found['rate']):>8,.0f} requests/s   p50 {found['p50']:>8}   p99 {found['p99']:>8}   {failed or ''}"


_FIGURES = {"rate": r"Requests/sec:\s+([\d.]+)", "p50": r"50%\s+(\S+)", "p99": r"99%\s+(\S+)"}

if __name__ == "__main__":
    sys.exit(main())
