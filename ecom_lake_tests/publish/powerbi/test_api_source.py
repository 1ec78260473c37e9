"""The queries of a project with `--source api` ask the API for what it gives: each table, column and condition is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from starlette.testclient import TestClient

from ecom_lake.engine.serve.released import released
from ecom_lake.publish.powerbi.project import MODEL, Options, project
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake

_CALL = re.compile(r'RowsOf\("(\w+)", \{([^}]*)\}, \{([^}]*)\}\)')


@pytest.fixture(scope="module")
def client(built_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(server(built_lake.settings), base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="module")
def model(built_lake: BuiltLake) -> str:
    site = built_lake.site()
    files = project(site, released(site), Options("api"))
    return "".join(text for path, text in files.items() if path.startswith(MODEL))


def rows(client: TestClient, table: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the M function RowsOf does: pages of JSON, until there is no next one."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        asked = {"format": "json", "limit": "500", **parameters, **cursor}
        answer = client.get(f"/v1/shops/olist/tables/{table}/rows", params=asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()["rows"]
        if answer.json()["next"] is None:
            return found
        cursor = {"cursor": answer.json()["next"]}


def test_every_query_is_answered(client: TestClient, model: str, built_lake: BuiltLake) -> None:
    calls = set(_CALL.findall(model))
    assert len(calls) >= 12
    for table, columns, conditions in calls:
        names = re.findall(r'"([^"]*)"', columns)
        where = (
            ["month:ge:2017-01-01", "month:lt:2100-01-01"] if "RangeStart" in conditions else re.findall(r'"([^"]*)"', conditions)
        )
        found = rows(client, table, {"columns": ",".join(names), "where": where})
        assert found or where == ["month:is:null"], f"{table}: every order of this shop has a date"
        assert all(list(row) == names for row in found), table


def test_the_months_of_a_range_are_half_open_and_complete(client: TestClient, built_lake: BuiltLake) -> None:
    every = rows(client, "fct_orders", {"columns": "order_id", "where": []})
    starts = ("2017-01-01", "2017-02-01", "2017-03-01", "2100-01-01")
    parts = [
        rows(client, "fct_orders", {"columns": "order_id", "where": [f"month:ge:{start}", f"month:lt:{end}"]})
        for start, end in pairwise(starts)
    ]
    undated = rows(client, "fct_orders", {"columns": "order_id", "where": ["month:is:null"]})
    assert sorted(one["order_id"] for part in (*parts, undated) for one in part) == sorted(one["order_id"] for one in every)


def test_the_number_of_the_release_is_where_the_model_looks(client: TestClient, built_lake: BuiltLake) -> None:
    assert client.get("/v1/shops/olist").json()["release"] == released(built_lake.site()).number
