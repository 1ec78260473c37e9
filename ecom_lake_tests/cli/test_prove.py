from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.cli.ids_file import read_ids
from ecom_lake.cli.prove import _without_kind
from ecom_lake.publish.audiences.campaign import Campaign, Joined, read_campaign, write_campaign
from ecom_lake.publish.audiences.forgotten import forget_customers
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


@pytest.fixture
def ids(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "ids.txt"
    path.parent.mkdir()
    return path


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOM_LAKE_CACHE", str(tmp_path / "cache"))


def _customer(lake: BuiltLake) -> str:
    [path, *_] = sorted((lake.root / "olist" / "silver").glob("customers*.parquet"))
    return str(pl.read_parquet(path)["customer_id"][0])


def test_a_customer_of_the_lake_is_found_in_every_layer(fresh_lake: BuiltLake, run: Run, ids: Path) -> None:
    customer = _customer(fresh_lake)
    ids.write_text(f"# whom we forgot\n{customer}\n", encoding="utf-8")
    certificate = ids.with_name("certificate.json")
    ran = run("forget", "--prove", str(ids), "--certificate", str(certificate), at=fresh_lake)
    assert ran.code == 1
    assert "The ids are not gone" in ran.out
    found = json.loads(certificate.read_text(encoding="utf-8"))
    layers = {
        part
        for hit in found["hits"]
        for part in ("landing", "/_store/bronze/", "silver", "/_store/gold/")
        if part in hit["place"]
    }
    assert layers == {"landing", "/_store/bronze/", "silver", "/_store/gold/"}
    assert not found["unread"] and not found["is_clean"]
    assert customer not in ran.out + certificate.read_text(encoding="utf-8")


def test_an_id_that_nobody_has_gives_a_certificate(fresh_lake: BuiltLake, run: Run, ids: Path) -> None:
    ids.write_text("nobody-4f1a9c\n", encoding="utf-8")
    ran = run("forget", "--prove", str(ids), at=fresh_lake)
    assert (ran.code, ran.err) == (0, "")
    assert "No id was found, and every file was read." in ran.out
    document = run("forget", "--prove", str(ids), "--json", at=fresh_lake).json
    assert document["is_clean"] and document["searched"] == 1 and document["files"]["parquet"] > 50
    assert "nobody-4f1a9c" not in json.dumps(document)


def test_what_the_lake_made_and_what_is_named_is_read(fresh_lake: BuiltLake, run: Run, ids: Path) -> None:
    customer = _customer(fresh_lake)
    workbook, copy = ids.with_name("shop.xlsx"), ids.with_name("copy")
    assert run("excel", str(workbook), at=fresh_lake).code == 0
    copy.mkdir()
    (copy / "mail.txt").write_text(f"to {customer}", encoding="utf-8")
    ids.write_text(customer, encoding="utf-8")
    document = run("forget", "--prove", str(ids), "--also", str(copy), "--json", at=fresh_lake).json
    places = [hit["place"] for hit in document["hits"]]
    assert str(copy / "mail.txt") in places
    assert str(workbook) in document["places"]
    workbook.rename(ids.with_name("moved.xlsx"))
    document = run("forget", "--prove", str(ids), "--json", at=fresh_lake).json
    assert [one["what"] for one in document["kept_outside"] if one["what"].startswith(str(workbook))]


def test_a_comment_is_no_id_and_the_name_of_an_order_is_one(ids: Path) -> None:
    ids.write_text('# a comment\n#\n#1001\n"7"\n\n', encoding="utf-8")
    assert read_ids("--prove", str(ids)) == ["#1001", "7"]


def test_the_kind_of_an_id_is_no_part_of_it() -> None:
    assert [_without_kind(one, {"order", "review"}) for one in ("order:7", "review: 8", "a:9", "order:")] == [
        "7",
        "8",
        "a:9",
        "order:",
    ]


def test_wrong_usage(fresh_lake: BuiltLake, run: Run, ids: Path) -> None:
    assert run("forget", "--prove", str(ids), at=fresh_lake).code == 2  # there is no such file
    ids.write_text("\n# nobody\n", encoding="utf-8")
    assert "holds no id" in run("forget", "--prove", str(ids), at=fresh_lake).err
    ids.write_text("x1", encoding="utf-8")
    assert "does not exist" in run("forget", "--prove", str(ids), "--also", "nowhere", at=fresh_lake).err


def test_forgotten_customers_leave_the_campaigns(fresh_lake: BuiltLake) -> None:
    from datetime import date

    site = fresh_lake.site()
    joined = Joined(date(2017, 3, 1), 1, ["a", "b"], ["c"])
    write_campaign(site, Campaign("spring", "rfm: at risk", 0.1, (joined,)))
    write_campaign(site, Campaign("other", "rfm: at risk", 0.1, (Joined(date(2017, 3, 1), 1, ["z"], []),)))
    assert forget_customers(site, {"b", "c", "x"}.intersection) == 1
    left = read_campaign(site, "spring")
    assert left is not None and left.joined == (Joined(date(2017, 3, 1), 1, ["a"], []),)
    assert forget_customers(site, {"b", "c", "x"}.intersection) == 0
