"""The real Olist shop on Azure's emulator, compared with the local disk: seconds, requests, bytes.

    python benchmarks/on_azure.py [--olist FOLDER] [--rounds 2]

Each line is a process of its own, with a lake of its own and no copies on the disk but where it says so; the two stores take
turns. The emulator runs on the same machine and takes its share of it; a real account takes none, but is further away.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.inputs import olist
from ecom_lake_tests.azurite import azurite

ROOT = Path(__file__).resolve().parents[1]

STAGES = ("land", "build", "nothing new", "nothing new, no copies", "one more order")
MORE = "order_id,customer_id,order_status,order_purchase_timestamp\nnew,new,delivered,2018-08-01 10:00:00\n"


def stage(name: str, export: Path) -> dict[str, object]:
    """One stage, in this process; environment variables name the lake."""
    from ecom_lake.engine.build.build import build
    from ecom_lake.engine.build.due import due
    from ecom_lake.engine.build.shop_context import open_site
    from ecom_lake.engine.store.landing_zone import land
    from ecom_lake.engine.store.remote import RemoteStore
    from ecom_lake.settings import load

    site = open_site(load(), "olist")
    if name == "one more order":
        more = Path(tempfile.mkdtemp()) / "more_orders.csv"
        more.write_text(MORE, encoding="utf-8")
        assert [arrival.fate for arrival in land(site.lake, [more])] == ["landed"]
    started = time.perf_counter()
    if name == "land":
        assert {arrival.fate for arrival in land(site.lake, [export])} <= {"landed", "left out"}
    elif name.startswith("nothing new"):
        assert not due(site)
    else:
        assert not any(outcome.refused for outcome in build(site))
    seconds = time.perf_counter() - started
    requests: dict[str, int] = {}
    sent = received = 0
    for store in (site.lake.store, site.lake.landing):
        if isinstance(store, RemoteStore):
            counts = store.connection.counts
            sent, received = sent + counts.sent, received + counts.received
            for kind, times in counts.requests.items():
                requests[kind] = requests.get(kind, 0) + times
    return {"seconds": round(seconds, 2), "requests": requests, "sent_mb": sent / 1e6, "received_mb": received / 1e6}


def run(name: str, export: Path, environment: dict[str, str]) -> dict[str, object]:
    command = [sys.executable, __file__, "--stage", name, "--olist", str(export)]
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(export: Path, rounds: int) -> None:
    seconds: dict[tuple[str, str], list[float]] = {}
    config = {"ECOM_LAKE_CONFIG": str(ROOT / "lake.toml")}
    with tempfile.TemporaryDirectory() as folder, azurite(Path(folder) / "azurite") as server:
        print(f"load before: {os.getloadavg()[0]:.1f}")
        for turn in range(rounds):
            places = {
                "local": {"ECOM_LAKE_ROOT": f"{folder}/local-{turn}"},
                "azure": {"ECOM_LAKE_ROOT": f"{server.container()}/lake", **server.environment(Path(folder) / f"cache-{turn}")},
            }
            for name in STAGES:
                for store, environment in places.items():
                    cold = {"ECOM_LAKE_CACHE": f"{folder}/cold-{turn}"} if "no copies" in name else {}
                    found = run(name, export, {**config, **environment, **cold})
                    seconds.setdefault((name, store), []).append(float(str(found["seconds"])))
                    print(f"{turn + 1} {name:24} {store:6} {json.dumps(found)}", flush=True)
    for name in STAGES:
        local, azure = (statistics.median(seconds[name, store]) for store in ("local", "azure"))
        print(f"{name:24} local {local:7.2f} s   azure {azure:7.2f} s   {azure / max(local, 0.01):5.2f} times")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--olist", type=Path, default=olist())
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--stage", choices=STAGES)
    given = parser.parse_args()
    if given.olist is None:
        raise SystemExit("There is no Olist here: name its folder with --olist.")
    if given.stage:
        print(json.dumps(stage(given.stage, given.olist)))
    else:
        main(given.olist, given.rounds)
