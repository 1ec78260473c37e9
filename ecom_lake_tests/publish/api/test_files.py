"""Whole files over HTTP: the bytes of the release, whole or in ranges, and polars reads single columns of them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import cast

import polars as pl
import pytest
from starlette.testclient import TestClient

from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.publish.api.app import api
from ecom_lake.publish.api.sql import _is_open as sql_may_read
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.api.serving import serving

SHOP = "/v1/shops/olist"
PASSED_ON = {"Via": "1.1 proxy"}
"""A request that a proxy passed on: it may read nothing personal."""


def test_each_file_of_each_table_has_the_bytes_of_the_release(client: TestClient, release: ServedRelease) -> None:
    for one in client.get(f"{SHOP}/tables").json()["tables"]:
        files = client.get(f"{SHOP}/tables/{one['table']}").json()["files"]
        stored = release.entry.parts(release.site.registry.table(one["table"]).id)
        assert sorted(file["hash"] for file in files) == sorted(file.hash for file in stored.values())
        read = [pl.read_parquet(io.BytesIO(client.get(file["url"]).content)) for file in files]
        assert sum(map(len, read)) == one["rows"] == sum(file["rows"] for file in files)


def test_a_range_is_those_bytes(client: TestClient) -> None:
    address = f"{SHOP}/gold/kpi_monthly.parquet"
    whole = client.get(address)
    part = client.get(address, headers={"Range": "bytes=4-99"})
    assert (part.status_code, part.content) == (206, whole.content[4:100])
    assert part.headers["content-range"] == f"bytes 4-99/{len(whole.content)}"
    assert client.get(address, headers={"Range": "bytes=-4"}).content == whole.content[-4:] == b"PAR1"
    stale = client.get(address, headers={"Range": "bytes=4-99", "If-Range": '"older"'})
    assert (stale.status_code, stale.content) == (200, whole.content), "ranges of two releases are never mixed"


def test_a_range_that_the_file_does_not_have_is_a_sentence(client: TestClient) -> None:
    address = f"{SHOP}/gold/kpi_monthly.parquet"
    size = len(client.get(address).content)
    answer = client.get(address, headers={"Range": f"bytes={size}-"})
    assert (answer.status_code, answer.headers["content-type"]) == (416, "application/problem+json")
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.json()["detail"] == f"The file has {size:,} bytes, and none at this range."


@pytest.mark.parametrize("unknown", ["rows=0-9", "bytes", "bytes=", "bytes=x-y", "bytes=9-4"])
def test_a_range_that_cannot_be_read_is_ignored(client: TestClient, unknown: str) -> None:
    address = f"{SHOP}/gold/kpi_monthly.parquet"
    answer = client.get(address, headers={"Range": unknown})
    assert (answer.status_code, answer.content) == (200, client.get(address).content)


def test_head_states_the_size_and_sends_nothing(client: TestClient) -> None:
    for address in (f"{SHOP}/gold/kpi_monthly.parquet", f"{SHOP}/tables", "/health", "/olist/overview"):
        head, whole = client.head(address), client.get(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]


def test_the_etag_is_the_hash_of_the_content(client: TestClient, release: ServedRelease) -> None:
    address = f"{SHOP}/gold/kpi_monthly.parquet"
    [file] = release.entry.parts(release.site.registry.table("kpi_monthly").id).values()
    assert client.get(address).headers["etag"] == f'"{file.hash}"'
    known = client.get(address, headers={"If-None-Match": f'"{file.hash}"'})
    assert (known.status_code, known.content, known.headers["x-release"]) == (304, b"", str(release.number))


def test_polars_reads_the_months_of_a_table_from_their_addresses(grown_lake: BuiltLake, release: ServedRelease) -> None:
    with serving(grown_lake.settings) as url:
        import httpx2

        files = httpx2.get(f"{url}{SHOP}/tables/fct_sales", timeout=60).json()["files"]
        assert len(files) == 4
        total = pl.scan_parquet([f"{url}{file['url']}" for file in files]).select(pl.col("net_sales").sum()).collect().item()
    assert [{"total": total}] == release.rows(Query("select sum(net_sales) as total from fct_sales"))


def test_a_file_with_a_column_that_the_contract_lacks_is_not_open(grown_lake: BuiltLake) -> None:
    """The file of a kept release may have a personal column that the table has no longer."""
    releases = Releases(grown_lake.settings)
    registry, release = releases.of("olist").site.registry, releases.of("olist")
    rfm = registry.table("rfm")
    shareable = {name: column for name, column in rfm.columns.items() if name in rfm.shareable}
    cast(dict[str, Table], registry.gold)["rfm"] = replace(rfm, columns=shareable)
    with TestClient(api(releases), base_url="http://localhost") as client:
        answers = [client.get(f"{SHOP}/gold/rfm.parquet", headers=headers) for headers in ({}, PASSED_ON)]
        open_one = client.get(f"{SHOP}/gold/kpi_monthly.parquet", headers=PASSED_ON)
    assert [answer.status_code for answer in (*answers, open_one)] == [200, 403, 200]
    assert "customer_id" in pl.read_parquet(io.BytesIO(answers[0].content)).columns
    assert not sql_may_read(release, TableId("gold", "rfm"))
    assert sql_may_read(release, TableId("gold", "kpi_monthly"))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("gold/fct_sales.parquet", "fct_sales has a file for each month: /v1/shops/olist/tables/fct_sales lists"),
        ("releases/{latest}/gold/kpi_monthly/month=2017-01.parquet", "kpi_monthly has one file: "),
        ("releases/{latest}/gold/fct_sales/month=1999-01.parquet", "fct_sales has a file for each month"),
        ("releases/{latest}/gold/fct_sales/..%2F..%2Flake.toml.parquet", "There is nothing at this address"),
        ("releases/999999/gold/kpi_monthly.parquet", "Shop 'olist' has no release 999999"),
        ("gold/orders.parquet", "There is no table 'orders'; /v1/shops/olist/tables lists"),
        ("gold/returns_leakage.parquet", "Shop 'olist' has no table returns_leakage: "),
    ],
)
def test_a_file_that_is_not_there_is_a_sentence(client: TestClient, release: ServedRelease, address: str, sentence: str) -> None:
    answer = client.get(f"{SHOP}/{address.format(latest=release.number)}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"].startswith(sentence), answer.json()["detail"]
