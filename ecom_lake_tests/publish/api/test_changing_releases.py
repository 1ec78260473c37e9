"""Readers while the release changes: no page and no cursor mixes two releases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from queue import Queue
from typing import Any

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard import served_release
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.api.test_rows import pages

READERS, FLIPS = 20, 6
ADDRESS = "/v1/shops/olist/tables/ledger/rows"


def test_no_reader_sees_two_releases_at_once(fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_release, "LOOKED_AT", 0.0)
    site = fresh_grown_lake.site()
    log = site.lake.log
    older, latest = sorted(number for number in log.numbers() if log.entry(number).release == number)[-2:]
    with TestClient(server(fresh_grown_lake.settings), base_url="http://localhost") as client:
        whole = {number: client.get(f"{ADDRESS}?release={number}").json()["rows"] for number in (older, latest)}
        assert whole[older] != whole[latest]
        ended, seen = threading.Event(), Queue[int]()

        def read(limit: int) -> list[tuple[int, list[dict[str, Any]]]]:
            readings: list[tuple[int, list[dict[str, Any]]]] = []
            while not (ended.is_set() and readings):
                found = list(pages(client, ADDRESS, limit=limit))
                [number] = {page["release"] for page in found}
                seen.put(number)
                readings.append((number, [row for page in found for row in page["rows"]]))
            return readings

        with ThreadPoolExecutor(READERS) as readers:
            running = [readers.submit(read, 4 + number % 4) for number in range(READERS)]
            for flip in range(FLIPS):
                shown = (older, latest)[flip % 2]
                log.commit(partial(replace, release=shown, pinned=True), "test", "show another release")
                while seen.get(timeout=60) != shown:  # some reader reads it while others still read the other one
                    pass
            ended.set()
            found = [reading for one in running for reading in one.result()]
    assert all(rows == whole[number] for number, rows in found)
