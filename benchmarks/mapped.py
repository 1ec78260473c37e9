"""The cost of a map: the same shop through the canonical connector and through a map, and a night of a mapped shop.

    python benchmarks/mapped.py [--orders 100000] [--rounds 3] [--gold]

Two pairs, in turn, each build in a process of its own: the canonical files of a full synthetic shop, and the same files through a
map whose cells are the columns; the export of a shop's database through its map, and the canonical files that this map makes, as
many as the export has.
Without --gold, a build ends with silver, where the ways differ; gold is the same work for both. Then the database's shop delivers
once more: the last thirtieth of the records of its last month, as a night, against the build of everything.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.measure import Measured, measure
from ecom_lake.engine.build.build import steps
from ecom_lake.engine.build.map_check import read_files_of
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.engine.mapping.run_facet import map_rows
from ecom_lake.settings import load
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.shape import SHOP_ZONE
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake.synth.shop import generate

SHOP, SHAPE = "mine", "shop_database"
NIGHT_SHARE = 30
KEY = b"a key of a benchmark"


@dataclass(frozen=True)
class Way:
    """A shop: its files, and the line of lake.toml that reads them."""

    name: str
    files: Path
    setting: str


def main() -> None:
    asked = _arguments()
    if asked.build:
        _build(Path(asked.build), asked.gold)
        return
    folder = Path(tempfile.mkdtemp(prefix="ecom-lake-mapped-"))
    print(
        f"load before: {os.getloadavg()[0]:.1f}; {asked.orders:,} orders\n\n| files | way | CPU s | peak GiB | to the connector |"
    )
    print("|---|---|---|---|---|")
    try:
        for title, pair in (("canonical", _identity(folder, asked.orders)), (SHAPE, _realistic(folder, asked.orders))):
            _compare(folder, title, pair, asked.rounds, asked.gold)
        _night(folder, asked.gold)
    finally:
        shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gold", action="store_true", help="build up to the release")
    parser.add_argument("--build", help=argparse.SUPPRESS)
    return parser.parse_args()


# --------------------------------------------------------------------------------------------------------- the shops


def _identity(folder: Path, orders: int) -> tuple[Way, Way]:
    """A full shop with every canonical table, and a map that gives each column its own name."""
    files = folder / "canonical"
    generate(files, SynthOptions(orders=orders, full=True, broken=0))
    made = [table for table in CANONICAL.delivered if (files / f"{table.name}.csv").exists()]
    parts = []
    for table in made:
        given = pl.read_csv(files / f"{table.name}.csv", n_rows=0).columns
        cells = [f'{column} = "{column}"' for column in table.columns if column in given]
        parts += [f"[files.{table.name}]", "", f"[{table.name}]", f'from = "{table.name}"', *cells, ""]
    (folder / "maps").mkdir()
    (folder / "maps/identity.toml").write_text("\n".join(parts), "utf-8")
    return Way("connector", files, 'connector = "canonical"'), Way("map", files, 'map = "maps/identity.toml"')


def _realistic(folder: Path, orders: int) -> tuple[Way, Way]:
    """The export of a shop's database, and the canonical files that its map makes of it."""
    export, files = folder / SHAPE, folder / "made"
    generate_shape(export, SynthOptions(orders=orders, shape=SHAPE, by_month=True))
    files.mkdir()
    mapped = Way("map", export, f'map = "{SHAPE}"')
    map_ = open_site(load(str(folder / "none"), _environment(folder, mapped)), SHOP).map
    assert map_
    delivered = sorted(export.rglob("*.csv"))
    rows = read_files_of(map_, [(file.name, file) for file in delivered]).rows
    for facet in map_.facets:
        made = map_rows(map_, facet, rows[facet.kind], rows, SHOP_ZONE, KEY).rows
        for number, of_file in made.partition_by("source_sequence", as_dict=True).items():
            month = files / delivered[int(number[0]) - 1].parent.name  # as many files as the export has
            month.mkdir(exist_ok=True)
            of_file.select(name for name in facet.cells).write_csv(month / f"{facet.target}.csv")
    return Way("connector", files, 'connector = "canonical"'), mapped


# ---------------------------------------------------------------------------------------------------------- builds


def _compare(folder: Path, title: str, ways: tuple[Way, Way], rounds: int, gold: bool) -> None:
    measured: dict[str, list[Measured]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            root = Path(tempfile.mkdtemp(dir=folder))
            _land(way.files, root)
            measured[way.name].append(_measured(folder, root, way, gold))
            shutil.rmtree(root)
    cpu = {name: statistics.median(one.cpu_seconds for one in runs) for name, runs in measured.items()}
    for name, runs in measured.items():
        peak = max(one.peak_gib for one in runs)
        print(f"| {title} | {name} | {cpu[name]:.2f} | {peak:.2f} | {cpu[name] / cpu['connector']:.2f} |", flush=True)


def _night(folder: Path, gold: bool) -> None:
    """The end of each file of the last month is delivered after a build of everything else."""
    way, root = Way("map", folder / SHAPE, f'map = "{SHAPE}"'), folder / "nights"
    _land(way.files, root)
    landing = root / SHOP / "landing"
    for file in sorted(max(path for path in landing.iterdir()).glob("*.csv")):
        header, *records = file.read_text("utf-8").splitlines(keepends=True)
        kept = len(records) - max(1, len(records) // NIGHT_SHARE)
        file.write_text("".join([header, *records[:kept]]), "utf-8")
        (root / "night").mkdir(exist_ok=True)
        (root / "night" / file.name).write_text("".join([header, *records[kept:]]), "utf-8")
    full = _measured(folder, root, way, gold)
    shutil.copytree(root / "night", landing / "night")
    night = _measured(folder, root, way, gold)
    for name, one in (("full build", full), ("a night", night)):
        share = one.cpu_seconds / full.cpu_seconds
        print(f"| {SHAPE} | {name} | {one.cpu_seconds:.2f} | {one.peak_gib:.2f} | {share:.0%} of the full build |", flush=True)


def _land(files: Path, root: Path) -> None:
    shutil.copytree(files, root / SHOP / "landing")


def _measured(folder: Path, root: Path, way: Way, gold: bool) -> Measured:
    settings = _environment(folder, way)
    command = [sys.executable, __file__, "--build", str(root), *(["--gold"] if gold else [])]
    os.environ.update(settings)
    made = measure(command, step=0.2)
    if made.exit_code or made.answer()["refused"]:
        raise SystemExit(f"The build failed: {made.output}")
    return made


def _environment(folder: Path, way: Way) -> Mapping[str, str]:
    config = folder / "lake.toml"
    config.write_text(f'[shops.{SHOP}]\n{way.setting}\nfirst_month = "2016-09"\ntimezone = "{SHOP_ZONE}"\n', "utf-8")
    return {"ECOM_LAKE_CONFIG": str(config), "ECOM_LAKE_PSEUDONYM_KEY": KEY.decode()}


def _build(root: Path, gold: bool) -> None:
    """One build, in the process that is measured."""
    site = open_site(load(str(root)), SHOP)
    refused: list[str] = []
    for step, make in steps(site):
        if step.startswith("gold/") and not gold:
            break
        made = make()
        outcomes = made if isinstance(made, list) else [made]
        refused += [check.says for outcome in outcomes for check in outcome.checks if check.blocks]
    print(json.dumps({"refused": refused}))


if __name__ == "__main__":
    main()
