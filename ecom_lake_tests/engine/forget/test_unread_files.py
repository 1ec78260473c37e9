"""Landed files that no build reads stop an erasure: those that may name a person, and those that cannot be searched."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.forget.rewrite_landing import refuse_unread_files
from ecom_lake.engine.store.erasure_list import ErasureList
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.olist_files import a_site, customer, land

NAMED = b"what,ever\n1,person 7\n"


def workbook(path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "person 7")
    path.write_bytes(data.getvalue())


def parquet(path: Path) -> None:
    pl.DataFrame({"id": ["person 7"]}).write_parquet(path)


def text(path: Path) -> None:
    path.write_bytes(NAMED)


def utf_16(path: Path) -> None:
    path.write_bytes(NAMED.decode().encode("utf-16"))


def packed(path: Path) -> None:
    path.write_bytes(gzip.compress(NAMED))


def cut(path: Path) -> None:
    path.write_bytes(gzip.compress(NAMED * 999)[:-20])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = replace(a_site(tmp_path / "lake"), erasure_key=b"a secret that is long enough")
    land(site, "customers.csv", "customers", [customer(1, "person 7")])
    return site


def refuse_unread(site: Site) -> None:
    ingest(site)
    listed = ErasureList(site.lake.store, "olist", site.erasure_key)
    listed.add("unlink", {"person": {"person 7"}})
    refuse_unread_files(site, site.lake.log.head(), listed)


@pytest.mark.parametrize(
    ("name", "write", "why"),
    [
        ("broken.csv", text, "may name one of the persons"),
        ("broken.txt", utf_16, "may name one of the persons"),
        ("broken.csv.gz", packed, "may name one of the persons"),
        (".orders.csv.swp", text, "may name one of the persons"),
        ("orders.csv.part", text, "may name one of the persons"),
        ("orders.xlsx", workbook, "it is not text"),
        ("orders.parquet", parquet, "it is not text"),
        ("orders.csv.gz", cut, "a file in it cannot be unpacked"),
    ],
)
def test_a_file_that_no_build_reads_is_named(site: Site, name: str, write: Callable[[Path], None], why: str) -> None:
    write(site.lake.store.local(f"olist/landing/{name}"))
    with pytest.raises(UserError, match=f"{name} .* is read by no build, and {why}"):
        refuse_unread(site)


def test_files_without_the_persons_do_not_stop_an_erasure(site: Site) -> None:
    landing = site.lake.store.local("olist/landing")
    (landing / "broken.csv").write_bytes(b"what,ever\n1,person 8\n")
    (landing / ".notes").write_bytes(b"nothing of person 77")
    refuse_unread(site)
