"""`ecom-lake forget` in a shop with a map: what it shows, what it refuses, and that its proof searches for pseudonyms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecom_lake.cli import main
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake_tests.builders.mapped_shop import MAP, MappedShop, lines, sales

KEYS = {"ECOM_LAKE_ERASURE_KEY": "a secret that is long enough", "ECOM_LAKE_PSEUDONYM_KEY": "another secret"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MappedShop:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ECOM_LAKE_CACHE", str(tmp_path / "cache"))
    shop = MappedShop(tmp_path / "project", environment=KEYS)
    shop.folder.mkdir()
    return shop


def run(capsys: pytest.CaptureFixture[str], shop: MappedShop, *arguments: str) -> tuple[int, str]:
    code = main(["forget", *arguments, "--root", str(shop.root), "--project", str(shop.folder)])
    said = capsys.readouterr()
    return code, said.out + said.err


def made(shop: MappedShop, map_: str) -> None:
    """The shop as far as its mapped tables."""
    shop.write(map_)
    shop.land(
        "sales-1.csv", sales("A1,ann,2024-01-05,paid,Rome,", "A2,bob,2024-01-06,paid,Oslo,", "A3,Ann,2024-01-07,paid,Rome,test")
    )
    shop.land("lines-1.csv", lines("A1,1,x,10.00", "A2,1,x,7"))
    ingest(shop.site)
    make_mapped(shop.site)


def test_a_dry_run_counts_records_by_kind_of_file(shop: MappedShop, capsys: pytest.CaptureFixture[str]) -> None:
    made(shop, MAP.replace('"customer"', '"lower(customer)"'))
    code, said = run(capsys, shop, "--person", "ANN", "--mode", "remove", "--dry-run", "--json")
    assert code == 0
    found = json.loads(said)["found"]
    assert [(one["table"], one["rows"]) for one in found] == [("lines", 1), ("sales", 2)]


def test_a_dry_run_refuses_where_an_emptied_note_would_make_a_test_a_sale(
    shop: MappedShop, capsys: pytest.CaptureFixture[str]
) -> None:
    made(shop, MAP)
    code, said = run(capsys, shop, "--person", "Ann", "--dry-run")
    assert code == 1
    assert "[orders] in the map selects or groups records by a column that would be emptied" in said
    assert run(capsys, shop, "--person", "Ann", "--dry-run", "--mode", "remove")[0] == 0


def test_a_proof_searches_for_what_the_map_makes_of_an_id(
    shop: MappedShop, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made(shop, MAP.replace('"customer"', '"hashed(lower(customer))"'))
    ids = tmp_path / "ids.txt"
    ids.write_text("aNN\n", "utf-8")
    code, said = run(capsys, shop, "--prove", str(ids), "--json")
    assert code == 1
    assert {hit["place"].split("_store/")[1].split("/")[0] for hit in json.loads(said)["hits"]} == {"mapped"}
