"""The cost of an erasure: 1, 100 and 1% of the customers of real Olist are forgotten, against a full build of the same lake.

    python benchmarks/forget.py [--olist FOLDER] [--keep FOLDER]

Each command is a process of its own, start included: the full build, through Dagster, and then, in the same lake, one erasure
after the other, each with its own customers. After each erasure `forget --prove` reads every byte for the ids of these
customers and of all their orders: it must find none.
"""

from __future__ import annotations

import argparse
import compileall
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

import ecom_lake
from benchmarks.inputs import olist
from benchmarks.measure import Measured, measure

ECOM_LAKE = Path(sys.executable).with_name("ecom-lake")
SHOP = '[shops.olist]\nconnector = "olist"\nfirst_month = "2016-09"\nlast_month = "2018-10"\n'
KEY = {"ECOM_LAKE_ERASURE_KEY": "a key of a benchmark"}
ROW = "| {what} | {ids:,} | {wall:.0f} | {cpu:.1f} | {share} | {peak:.2f} | {load:.1f} | {traces} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--olist", type=Path, default=olist())
    parser.add_argument("--keep", type=Path, help="a new folder for the lake; by default one that is deleted afterwards")
    asked = parser.parse_args()
    if asked.olist is None:
        sys.exit("The real Olist files are needed: name their folder with --olist.")
    project = asked.keep or Path(tempfile.mkdtemp(prefix="ecom-lake-forget-"))
    landing = project / "lake" / "olist" / "landing"
    landing.mkdir(parents=True)
    (project / "lake.toml").write_text(SHOP, encoding="utf-8")
    for file in asked.olist.glob("*.csv"):
        shutil.copy2(file, landing / file.name)
    compileall.compile_dir(Path(ecom_lake.__file__).parent, quiet=1)  # so that the first command does not
    build = _run(project, "build")
    print("| command | customers | wall s | CPU s | of the full build | peak GiB | load before | traces |")
    print("|---" * 8 + "|", flush=True)
    _show("full build", 0, build, build, "")
    for what, ids in _customers(asked.olist):
        forgotten, proof = _forget(project, what, ids)
        _show(f"forget {what}", ids["customer_unique_id"].n_unique(), forgotten, build, str(proof))
    if asked.keep is None:
        shutil.rmtree(project)


def _customers(folder: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Customers at random, none of them twice, each with an alias and an order for every order that they made."""
    orders = pl.read_csv(folder / "olist_orders_dataset.csv", infer_schema=False).select("customer_id", "order_id")
    customers = pl.read_csv(folder / "olist_customers_dataset.csv", infer_schema=False).select(
        "customer_unique_id", "customer_id"
    )
    people = customers["customer_unique_id"].unique().sort().sample(fraction=1, shuffle=True, seed=1)
    start = 0
    for what, size in (("1", 1), ("100", 100), ("1%", len(people) // 100)):
        asked = pl.DataFrame({"customer_unique_id": people[start : start + size]})
        yield what, asked.join(customers, on="customer_unique_id").join(orders, on="customer_id", how="left")
        start += size


def _forget(project: Path, what: str, ids: pl.DataFrame) -> tuple[Measured, int]:
    """The cost of an erasure, and how many traces are found afterwards."""
    asked = _file(project, "asked.txt", ids["customer_unique_id"].unique().sort().to_list())
    every = _file(project, "every.txt", sorted({value for column in ids.columns for value in ids[column].drop_nulls()}))
    forgotten = _run(project, "forget", "--file", asked, "--yes")
    certificate = project / "proof.json"
    _run(project, "forget", "--prove", every, "--certificate", str(certificate), is_ok=(0, 1))
    proof = json.loads(certificate.read_text(encoding="utf-8"))
    Path(asked).unlink()
    Path(every).unlink()
    if proof["unread"]:
        sys.exit(f"The proof could not read {proof['not_read']}.")
    return forgotten, len(proof["hits"])


def _file(project: Path, name: str, ids: Sequence[str]) -> str:
    path = project / name
    path.write_text("\n".join(ids) + "\n", encoding="utf-8")
    return str(path)


def _run(project: Path, *command: str, is_ok: Sequence[int] = (0,)) -> Measured:
    environment = KEY | {"ECOM_LAKE_CONFIG": str(project / "lake.toml"), "ECOM_LAKE_ROOT": str(project / "lake")}
    log = project / "errors.txt"
    measured = measure([str(ECOM_LAKE), *command], env=environment, cwd=project, log=log, step=0.5)
    if measured.exit_code not in is_ok:
        sys.exit(f"ecom-lake {' '.join(command)} failed: {log.read_text(encoding='utf-8')[-2000:]}{measured.output[-2000:]}")
    return measured


def _show(what: str, ids: int, measured: Measured, build: Measured, traces: str) -> None:
    share = f"{measured.cpu_seconds / build.cpu_seconds:.2f}"
    cost = {"wall": measured.wall_seconds, "cpu": measured.cpu_seconds, "peak": measured.peak_gib, "load": measured.load_before}
    print(ROW.format(what=what, ids=ids, share=share, traces=traces, **cost), flush=True)


if __name__ == "__main__":
    main()
