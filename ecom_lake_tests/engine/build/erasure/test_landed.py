"""New landed files that hold an erased person: rewritten, or removed where a rewritten file would be read as other rows."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.erasure.bronze_ids import id_tables
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.doctor import _lake
from ecom_lake.engine.store.erasure_list import ErasureList
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.olist_files import a_site, customer, land

HEADER = "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\n"
GOOD = f"{HEADER}alias-of-ann,ann,1,rome,SP\nc2,u2,1,oslo,SP\n"
UNSAFE = f'{HEADER}c1,"u"1,1,oslo,SP\nalias-of-ann,ann,1,rome,SP\nc3,u3,1,b"onn,SP\n'
"""Ann's record is the first whole one after broken quotes: without it, the stray quote of the next one counts as their rest."""
PRODUCTS = "product_id,product_category_name\np2,books\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = replace(a_site(tmp_path / "lake"), erasure_key=b"a secret that is long enough")
    land(site, "customers.csv", "customers", [customer(7)])
    ingest(site)
    ErasureList(site.lake.store, "olist", site.erasure_key).add("unlink", {"person": {"ann"}})
    site.lake.log.commit(lambda head: replace(head, erasure=1), site.run, "erasure 1")
    return site


def landing(site: Site) -> Path:
    return site.lake.store.local("olist/landing")


def zipped(site: Site, members: Mapping[str, str]) -> Path:
    path = landing(site) / "night.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def customers(site: Site) -> list[str]:
    [frame] = next(frames for table, frames in id_tables(site, site.lake.log.head()) if table.name == "customers")
    return frame.select(pl.col("customer_id").sort()).collect()["customer_id"].to_list()


def test_a_new_file_that_cannot_be_rewritten_is_removed_once_its_other_rows_are_in_bronze(site: Site) -> None:
    path = landing(site) / "customers_9.csv"
    for _ in range(2):  # it is delivered again, and has no second number
        path.write_text(UNSAFE, "utf-8")
        ingest(site)
        assert customers(site) == ["c3", "c7"]
        assert not path.exists()
        assert list(site.lake.log.head().landing) == ["customers.csv"]


def test_an_archive_loses_only_the_file_that_cannot_be_rewritten(site: Site) -> None:
    path = zipped(site, {"customers_9.csv": UNSAFE, "products_9.csv": PRODUCTS})
    ingest(site)
    assert customers(site) == ["c3", "c7"]
    with zipfile.ZipFile(path) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {"products_9.csv": PRODUCTS}


def test_a_changed_key_recognises_whom_the_former_one_erased(site: Site) -> None:
    path = landing(site) / "customers_9.csv"
    path.write_text(GOOD, "utf-8")
    rotated = replace(site, erasure_key=b"the next secret, long enough", former_erasure_key=site.erasure_key)
    with pytest.raises(UserError, match="ECOM_LAKE_ERASURE_KEY_FORMER"):
        ingest(replace(rotated, former_erasure_key=b""))
    ingest(rotated)
    assert customers(site) == ["c2", "c7"]
    (landing(site) / "customers_again.csv").write_text(GOOD, "utf-8")
    alone = replace(rotated, former_erasure_key=b"")
    ErasureList(site.lake.store, "olist", alone.erasure_key).give_up()
    ingest(alone)  # she is listed under the new key now, too
    assert customers(site) == ["c2", "c7"]


def test_a_lost_key_is_reported_by_every_build(site: Site) -> None:
    (landing(site) / "customers_9.csv").write_text(GOOD, "utf-8")
    lost = replace(site, erasure_key=b"the next secret, long enough")
    ErasureList(lost.lake.store, "olist", lost.erasure_key).give_up()
    for _ in range(2):
        notes = [note for outcome in ingest(lost) for note in outcome.notes]
        assert ["1 person is not recognised" in note for note in notes] == [True]
    assert customers(site) == ["alias-of-ann", "c2", "c7"]
    assert [finding.says for finding in _lake(lost, False) if finding.state == "fail"] == notes


def test_a_damaged_file_in_an_archive_with_an_erased_person_keeps_its_bytes(site: Site) -> None:
    """Also a hidden one; an archive within others and a comment change nothing."""
    members = {"a_products.csv": PRODUCTS, "customers_9.csv": GOOD, "z_products.csv": PRODUCTS + "p3,toys\n", ".notes": "hidden"}
    path = zipped(site, members)
    damaged = path.read_bytes().replace(b"p2,books", b"p2,bookz").replace(b"hidden", b"hiddem")
    path.write_bytes(b"before the archive" + damaged)
    ingest(site)
    assert customers(site) == ["c2", "c7"]
    refused = site.lake.log.head().landing["night.zip"].refused
    assert "a_products.csv is damaged" in refused and "z_products.csv is damaged" in refused
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == list(members)
        assert archive.read("customers_9.csv").decode() == GOOD.replace("alias-of-ann,ann,1,rome,SP\n", "")
        for name in ("a_products.csv", "z_products.csv", ".notes"):
            with pytest.raises(zipfile.BadZipFile, match=f"Bad CRC-32 for file '{name}'"):
                archive.read(name)
    for text in (b"p2,bookz", b"p2,bookz\np3,toys\n", b"hiddem"):
        assert text in path.read_bytes()


def test_a_file_over_two_gigabytes_is_packed_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(site, {"customers_9.csv": GOOD, "products_9.csv": PRODUCTS})
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 30)  # instead of two gigabytes
    ingest(site)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("customers_9.csv").decode() == GOOD.replace("alias-of-ann,ann,1,rome,SP\n", "")


def test_a_staged_file_that_the_log_names_is_not_abandoned_after_a_day(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = landing(site) / "customers_9.csv"
    path.write_text(GOOD, "utf-8")
    with monkeypatch.context() as killed:
        killed.setattr("ecom_lake.engine.build.bronze.ingest.replace_landed", lambda _: [])
        ingest(site)
    assert "ann" in path.read_text("utf-8")
    before = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for staged in (site.lake.store.local("olist/_store/erasures/staged")).iterdir():
        os.utime(staged, (before, before))
    ingest(site)
    assert path.read_text("utf-8") == GOOD.replace("alias-of-ann,ann,1,rome,SP\n", "")
