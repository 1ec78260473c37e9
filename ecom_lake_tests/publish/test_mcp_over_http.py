"""Agents over HTTP: the protocol's own client, with a key, against a real server; and who is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.testclient import TestClient

from ecom_lake.engine.config import ServerSettings, Settings
from ecom_lake.publish.api.keys import Keys
from ecom_lake.publish.mcp_over_http import PATH
from ecom_lake.publish.mcp_server import mcp_server
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.api.serving import serving

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
JSON = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys") / "keys.toml")


@pytest.fixture(scope="module")
def settings(grown_lake: BuiltLake) -> Settings:
    return replace(grown_lake.settings, server=ServerSettings(mcp=True))


@pytest.fixture(scope="module")
def client(settings: Settings, keys: Keys) -> Iterator[TestClient]:
    with TestClient(server(settings, keys=keys), base_url="http://localhost") as client:
        yield client


async def called(agent: Client, *calls: tuple[str, dict[str, Any]]) -> list[tuple[bool, Any]]:
    """The tools' names, and for each call whether it failed, and its JSON or its sentence."""
    found: list[tuple[bool, Any]] = [(False, sorted(tool.name for tool in (await agent.list_tools()).tools))]
    for tool, arguments in calls:
        result = await agent.call_tool(tool, arguments)
        text = getattr(result.content[0], "text", "")
        found.append((bool(result.is_error), text if result.is_error else json.loads(text)))
    return found


def over_http(address: str, key: str, *calls: tuple[str, dict[str, Any]]) -> list[tuple[bool, Any]]:
    async def run() -> list[tuple[bool, Any]]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http,
            Client(streamable_http_client(f"{address}{PATH}", http_client=http)) as agent,
        ):
            return await called(agent, *calls)

    return asyncio.run(run())


def in_memory(settings: Settings, *calls: tuple[str, dict[str, Any]]) -> list[tuple[bool, Any]]:
    async def run() -> list[tuple[bool, Any]]:
        async with Client(mcp_server(settings)) as agent:
            return await called(agent, *calls)

    return asyncio.run(run())


def test_an_agent_with_a_key_gets_the_answers_of_the_command(settings: Settings, keys: Keys) -> None:
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("list_questions", {}),
        ("ask", {"question": "best-month", "parameters": {"year": "2017"}}),
        ("metric", {"name": "net_sales", "by": "month"}),
        ("metric", {"name": "customers", "by": "category"}),
        ("trust", {"shop": "nobody"}),
    )
    with serving(settings, keys) as address:
        answers = over_http(address, keys.new("agent", []), *calls)
        of_one_shop = keys.new("agent of one shop", ["pii", "sql"], ["empty"])
        limited = over_http(address, of_one_shop, ("trust", {"shop": "olist"}), ("trust", {}))
    assert answers == in_memory(settings, *calls)
    assert [failed for failed, _ in answers] == [False, False, False, False, True, True]
    assert limited[0] == answers[0], "no scope adds a tool"
    assert (limited[1][0], limited[2][0]) == (True, True)
    assert "There is no shop 'olist', or your key does not read it. Choose one of: empty." in limited[1][1]
    assert "Shop 'empty' has nothing yet" in limited[2][1]


def test_it_is_off_by_default(grown_lake: BuiltLake, keys: Keys) -> None:
    key = {"Authorization": f"Bearer {keys.new('early', [])}"}
    with TestClient(server(grown_lake.settings, keys=keys), base_url="http://localhost") as client:
        answer = client.post(PATH, json=HELLO, headers={**JSON, **key})
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("Agents over HTTP are off: write mcp = true below [server]")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:8321"}, 200),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "attacker.example"}, 400),
        ({"Authorization": "Bearer el_aaaaaaaa_" + "a" * 43}, 401),
        ({"Authorization": ""}, 401),
    ],
)
def test_who_may_ask(client: TestClient, keys: Keys, headers: dict[str, str], status: int) -> None:
    key = {"Authorization": f"Bearer {keys.new('reads', [])}"}
    answer = client.post(PATH, json=HELLO, headers={**JSON, **key, **headers})
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_other_methods_and_large_requests_are_refused(client: TestClient, keys: Keys) -> None:
    key = {"Authorization": f"Bearer {keys.new('reads', [])}"}
    for method in ("GET", "DELETE", "PUT"):
        answer = client.request(method, PATH, headers=key)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert client.post(PATH, content=b"x" * 100_000, headers={**JSON, **key}).status_code == 413
