"""A person is forgotten in the source files of a shop with a map: a wide sheet that names her by e-mail, and four tables.

The shops and their canaries are in mapped_canaries.py. Each base lake is built once; each test changes a copy.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.erasure.source_ids import canonical_forms
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.forget.proof import prove
from ecom_lake.engine.forget.request import resolve
from ecom_lake.engine.forget.steps import erasure_list, forget, record, refuse_unsafe, refuse_unsafe_rows, run, steps
from ecom_lake.engine.store.erasure_list import Mode
from ecom_lake_tests.builders.forgotten import build_released
from ecom_lake_tests.engine.forget.mapped_canaries import BOTH, FOUR_TABLES, SHOPIFY, WITHOUT_ANN, Shape, rows, totals

SHAPES = [SHOPIFY, FOUR_TABLES]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=[shape.map for shape in SHAPES])


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A released lake of each shape."""
    made = {}
    for shape in SHAPES:
        made[shape.map] = root = tmp_path_factory.mktemp(shape.map) / "lake"
        shape.land(root)
        build_released(shape.site(root))
    return made


def copied(bases: dict[str, Path], shape: Shape, folder: Path) -> Site:
    shutil.copytree(bases[shape.map], folder / "lake")
    site = shape.site(folder / "lake")
    ingest(site)  # the copied files have other stamps
    return site


def root_of(site: Site) -> Path:
    return Path(site.lake.store.url)


def asked(site: Site, shape: Shape, mode: Mode = "unlink") -> list[str]:
    """Record Ann on the erasure list; returns what only her rows have, and the pseudonyms that the map makes of it."""
    refuse_unsafe(site)
    request = resolve(site, site.lake.log.head(), [shape.person])
    refuse_unsafe_rows(site, request.ids, mode)
    record(site, request.ids, mode)
    return [*shape.canaries, *request.ids["person"]]


def rewrite(site: Site) -> None:
    """Run the steps of an erasure up to the landed files."""
    for name, step in steps(site):
        run(site, name, step)
        if name == "landing":
            return


def found(site: Site, canaries: list[str]) -> set[str]:
    proof = prove([root_of(site)], canaries)
    assert proof.unread == []
    return {hit.place for hit in proof.hits}


# ------------------------------------------------------------------------------------------------------------ what goes


def test_an_e_mail_leads_to_every_spelling_order_and_row(bases: dict[str, Path], tmp_path: Path) -> None:
    site = copied(bases, SHOPIFY, tmp_path)
    request = resolve(site, site.lake.log.head(), [SHOPIFY.person, "nobody@canary.example"])
    assert {kind: len(ids) for kind, ids in request.ids.items() if ids} == {
        "person": 1,
        "order": 3,
        "refund": 3,
        "orders_export.order_email": 2,
        "orders_export.order_name": 3,
    }
    assert request.unknown == ("nobody@canary.example",)
    assert [(one.table, one.rows, one.quarantined, one.rejected) for one in request.found] == [("orders_export", 4, 1, 0)]
    [pseudonym] = request.ids["person"]
    assert resolve(site, site.lake.log.head(), [pseudonym]).ids == request.ids
    assert canonical_forms(site, "person", [SHOPIFY.person])[SHOPIFY.person] == {SHOPIFY.person, pseudonym}


def test_a_number_leads_through_several_files_to_left_out_and_malformed_records(bases: dict[str, Path], tmp_path: Path) -> None:
    site = copied(bases, FOUR_TABLES, tmp_path)
    request = resolve(site, site.lake.log.head(), [FOUR_TABLES.person])
    assert [(one.table, one.rows, one.quarantined, one.rejected) for one in request.found] == [
        ("customer_detail", 1, 0, 1),
        ("order_detail", 4, 0, 0),
    ]


@every_shape
def test_nothing_is_left_and_every_total_keeps(bases: dict[str, Path], tmp_path: Path, shape: Shape) -> None:
    site = copied(bases, shape, tmp_path)
    assert totals(site) == BOTH[shape.map]
    canaries = asked(site, shape)
    assert found(site, canaries)
    forget(site)
    assert found(site, canaries) == set()
    assert totals(site) == BOTH[shape.map]
    assert erasure_list(site).unfinished == []
    shape.land(root_of(site), "again")
    for file in (root_of(site) / "mine" / "landing" / "again").glob("*.csv"):
        file.write_text(file.read_text("utf-8") + "\n", "utf-8")  # else they would be recognised as the files before the erasure
    build_released(site)
    assert found(site, canaries) == set()
    assert totals(site) == BOTH[shape.map]
    assert erased(site) == ERASED[shape.map]
    deliveries = numbers(site)
    shape.land(root_of(site), "once more")
    ingest(site)
    assert numbers(site) == deliveries  # without the erased records, the files are known
    assert found(site, canaries) == set()


ERASED = {
    "shopify": [("orders_export", 3)],  # the compressed file has the same bytes as before the erasure, and is recognised
    "four_tables": [("customer_detail", 1), ("order_detail", 1), ("order_detail", 3)],
}
"""By kind of file: the records of Ann in each file that was delivered again."""


def erased(site: Site) -> list[tuple[str, int]]:
    """The records that the ledger counts as erased: the same in each table that a file is read as. The ledger closes."""
    ledger = rows(site, "ledger")
    fates = ["rejected", "quarantined", "pending", "superseded", "collapsed", "left_out", "published", "erased"]
    assert len(ledger.filter(pl.col("rows_delivered") != pl.sum_horizontal(fates))) == 0
    counts = ledger.group_by("sequence", "table_name").agg(pl.col("erased").unique())
    per_file = [(name, *found) for _, name, found in counts.iter_rows() if found != [0]]
    return sorted(per_file)


def numbers(site: Site) -> list[int]:
    bronze = (parts for table, parts in site.lake.log.head().tables.items() if table.layer == "bronze")
    return sorted(file.delivery.sequence for parts in bronze for file in parts.values() if file.delivery)


def test_a_landed_sheet_keeps_what_other_cells_read_and_nothing_else(bases: dict[str, Path], tmp_path: Path) -> None:
    site = copied(bases, SHOPIFY, tmp_path)
    asked(site, SHOPIFY)
    rewrite(site)
    delivered = _records(SHOPIFY.files["orders_export_2.csv.gz"])
    bob, ann = _records((root_of(site) / "mine" / "landing" / "orders_export_2.csv.gz").read_bytes())
    assert bob == delivered[0]
    before, after = ({name: value for name, value in one.items() if value} for one in (delivered[1], ann))
    gone = {"Billing Name", "Billing Phone", "Notes", "Tags", "Shipping City", "Shipping Zip", "Discount Code"}
    assert before.keys() - after.keys() == gone
    assert {name for name in after if after[name] != before[name]} == {"Name", "Email"}
    assert after["Name"].startswith("#") and after["Name"][1:].isdigit()


def _records(packed: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))


def test_removed_rows_change_the_totals_by_exactly_themselves(bases: dict[str, Path], tmp_path: Path) -> None:
    site = copied(bases, SHOPIFY, tmp_path)
    canaries = asked(site, SHOPIFY, "remove")
    forget(site)
    assert found(site, canaries) == set()
    assert totals(site) == WITHOUT_ANN


# --------------------------------------------------------------------------------------------------- steps and recognition


@pytest.mark.parametrize(("shape", "left_out"), [(SHOPIFY, "landing"), (FOUR_TABLES, "bronze without erasure 1")])
def test_without_any_one_step_something_of_the_person_stays(
    bases: dict[str, Path], tmp_path: Path, shape: Shape, left_out: str
) -> None:
    site = copied(bases, shape, tmp_path)
    canaries = asked(site, shape)
    for name, step in steps(site):
        if name != left_out and not (left_out == "landing" and name == "bronze"):
            run(site, name, step)
    assert found(site, canaries)


def test_mapped_rows_of_other_deliveries_get_files_of_their_own(bases: dict[str, Path], tmp_path: Path) -> None:
    """Bob's second file, in which Ann is not, shared a mapped file with hers."""
    site = copied(bases, FOUR_TABLES, tmp_path)
    asked(site, FOUR_TABLES)
    lines = TableId("mapped", "order_items")
    assert len({file.path for file in site.lake.log.head().parts(lines).values()}) == 1
    rewrite(site)
    assert not site.lake.log.head().parts(lines)


def test_a_later_order_under_another_spelling_is_dropped_with_all_its_lines(bases: dict[str, Path], tmp_path: Path) -> None:
    site = copied(bases, SHOPIFY, tmp_path)
    asked(site, SHOPIFY)
    rewrite(site)
    later = SHOPIFY.files["orders_export.csv"].decode().replace("#7700001", "#8800001").replace("Ann@Canary", "aNN@cANARY")
    landed = root_of(site) / "mine" / "landing" / "orders_export_later.csv"
    landed.write_text(later.replace("#7700003", "#8800003"), "utf-8")
    ingest(site)
    assert [line.split(",")[0] for line in landed.read_text("utf-8").splitlines()] == ["Name", "#1"]
    assert erasure_list(site).listed("order", ["#8800001", "#8800003"]) == {"#8800001", "#8800003"}


def test_a_person_is_recognised_after_the_cell_of_the_id_was_changed(bases: dict[str, Path], tmp_path: Path) -> None:
    """The same e-mail makes another canonical id."""
    site = copied(bases, SHOPIFY, tmp_path)
    asked(site, SHOPIFY)
    rewrite(site)
    SHOPIFY.land(root_of(site), "again")
    file = root_of(site) / "mine" / "landing" / "again" / "orders_export.csv"
    file.write_text(file.read_text("utf-8") + "\n", "utf-8")  # the same bytes as before the erasure would be recognised as these
    changed = tmp_path / "maps" / "changed.toml"
    changed.parent.mkdir()
    map_ = site.registry.map_file(SHOPIFY.map, "here").read_text("utf-8")
    changed.write_text(map_.replace("hashed(lower(order_email))", "hashed(upper(order_email))"), "utf-8")
    ingest(replace(SHOPIFY, map="maps/changed.toml").site(root_of(site)))
    landed = file.read_text("utf-8")
    assert [line.split(",")[0] for line in landed.splitlines() if line] == ["Name", "#1"]
