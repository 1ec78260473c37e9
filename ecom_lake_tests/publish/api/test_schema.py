"""Every address under generated requests: what it answers is what its OpenAPI document states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from ecom_lake.engine.config import ServerSettings
from ecom_lake.publish.api.access import SCOPES
from ecom_lake.publish.api.keys import Keys
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake

NOT_STATED = [positive_data_acceptance]
"""A schema cannot state which texts are cursors, conditions and columns of a table: others are refused with a sentence."""


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Everything that can be switched on is on, and the key may ask for everything."""
    keys = Keys(tmp_path_factory.mktemp("keys") / "keys.toml")
    key = {"Authorization": f"Bearer {keys.new('everything', SCOPES)}"}
    app = server(replace(grown_lake.settings, server=ServerSettings(sql=True)), keys=keys, per_second=10_000)
    with TestClient(app, base_url="http://localhost", follow_redirects=False, headers=key) as client:
        yield client


@pytest.fixture(scope="module")
def schema(grown_lake: BuiltLake, client: TestClient) -> Any:
    """The schema of the application, with the names that the shop has, and some queries, as the values of its parameters."""
    release = Releases(grown_lake.settings).of("olist")
    document = client.get("/openapi.json").json()
    customers = release.rows(Query("select customer_id from customer_metrics order by customer_id limit 2"))
    names: dict[str, list[Any]] = {
        "shop": ["olist", "empty"],
        "table": ["kpi_monthly", "rfm", "fct_sales", "sales_cube", "returns_leakage"],
        "release": [release.number, 1, 999],
        "before": [release.number],
        "after": [release.number, 2],
        "part": ["month=2017-01", "month=1999-01"],
        "question": ["best-month", "nothing"],
        "metric": ["net_sales", "customers", "nothing"],
        "customer": [*(row["customer_id"] for row in customers), "nobody"],
        "model": ["churn", "nothing"],
        "query": ["from kpi_monthly", "from rfm limit 1", "from range(20000)", "select 1; select 2", ""],
    }
    for path in document["paths"].values():
        for parameter in path["get"].get("parameters", ()):
            if parameter["in"] == "path" or parameter["name"] == "query":
                parameter["schema"] = {"enum": names[parameter["name"]]}
    document["servers"] = [{"url": "http://localhost"}]
    return schemathesis.openapi.from_dict(document)


def test_the_answers_are_those_of_the_document(schema: Any, client: TestClient) -> None:
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        _check(operation, client)


def _check(operation: Any, client: TestClient) -> None:
    @settings(
        max_examples=10,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        asked = case.as_transport_kwargs()
        answer = client.request(asked["method"], asked["url"], params=asked["params"], headers=asked["headers"])
        case.validate_response(answer, excluded_checks=NOT_STATED)

    check()
