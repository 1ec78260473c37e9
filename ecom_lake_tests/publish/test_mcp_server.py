"""The tools of the MCP server, called by the protocol's own client in memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from ecom_lake.publish.api import metrics
from ecom_lake.publish.api.metrics import Asked
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.mcp_server import mcp_server
from ecom_lake_tests.builders.built_lake import BuiltLake

TOOLS = {"list_questions", "ask", "describe", "metric", "trust", "insights"}


@pytest.fixture(scope="module")
def release(grown_lake: BuiltLake) -> ServedRelease:
    return Releases(grown_lake.settings).of("olist")


def called(lake: BuiltLake, *calls: tuple[str, dict[str, Any]]) -> list[tuple[bool, Any]]:
    """For each call: whether it failed, and its JSON or its sentence."""

    async def run() -> list[tuple[bool, Any]]:
        found = []
        async with Client(mcp_server(lake.settings)) as client:
            for tool, arguments in calls:
                result = await client.call_tool(tool, arguments)
                text = getattr(result.content[0], "text", "")
                found.append((bool(result.is_error), text if result.is_error else json.loads(text)))
        return found

    return asyncio.run(run())


def test_the_tools_are_those_and_none_takes_sql(grown_lake: BuiltLake) -> None:
    async def run() -> dict[str, set[str]]:
        async with Client(mcp_server(grown_lake.settings)) as client:
            return {tool.name: set(tool.input_schema["properties"]) for tool in (await client.list_tools()).tools}

    tools = asyncio.run(run())
    assert set(tools) == TOOLS
    assert not {"sql", "query", "customer", "customer_id"} & set().union(*tools.values())


def test_every_answer_names_its_release_and_has_the_numbers_of_gold(grown_lake: BuiltLake, release: ServedRelease) -> None:
    answers = called(
        grown_lake,
        ("list_questions", {}),
        ("ask", {"question": "best-month", "parameters": {"year": "2017"}}),
        ("describe", {"name": "rfm"}),
        ("describe", {"name": "net_sales"}),
        ("metric", {"name": "net_sales", "by": "month", "shop": "olist"}),
        ("trust", {}),
        ("insights", {}),
    )
    assert {failed for failed, _ in answers} == {False}
    assert {found["release"] for _, found in answers} == {release.number}
    _, best, rfm, kpi, metric, trust, insights = [found for _, found in answers]
    rows = release.rows(Query("select net_sales from kpi_monthly order by net_sales desc"))
    assert [row["net_sales"] for row in best["rows"]] == [str(row["net_sales"]) for row in rows]
    assert metric["total"] == str(sum(row["net_sales"] for row in rows))
    assert (rfm["key"], kpi["metric"]) == (["customer_id"], "net_sales")
    [rules] = release.rows(Query("select count(*) as rules from quality_scorecard"))
    assert (trust["rules"], trust["ledger_closes"]) == (rules["rules"], True)
    [shown] = release.rows(Query("select count(*) as shown from insights where status = 'shown'"))
    assert len(insights["insights"]) == shown["shown"]


def test_no_text_of_an_agent_becomes_a_part_of_the_query(grown_lake: BuiltLake, release: ServedRelease) -> None:
    people = "error((select string_agg(customer_id, ',') from dim_customer))"
    calls = [
        ("metric", {"name": name, "by": by}) for name in ("gross_sales", "freight", "net_sales") for by in (people, "customer_id")
    ]
    for failed, said in called(grown_lake, *calls):
        assert failed and "by\n  Input should be 'month', 'segment', 'category', 'state' or ''" in said
    for by in (people, "month, month", "MONTH", " "):
        with pytest.raises(ProblemError, match=r"^by must be month, segment, category or state, not"):
            metrics.metric(release, "gross_sales", Asked(by, "", "", {}))
    with pytest.raises(ProblemError, match=r"^Members are of segment, category, state, not of '1=1 or state'"):
        metrics.metric(release, "gross_sales", Asked("", "", "", {"1=1 or state": "SP"}))


def test_an_error_is_a_sentence_that_the_agent_can_read(grown_lake: BuiltLake) -> None:
    answers = called(
        grown_lake,
        ("ask", {"question": "best-mont"}),
        ("ask", {"question": "best-month", "parameters": {"year": "1900"}}),
        ("metric", {"name": "customers", "by": "category"}),
        ("describe", {"name": "returns_leakage"}),
        ("describe", {"name": "nothing"}),
        ("trust", {"shop": "nobody"}),
        ("insights", {"shop": "empty"}),
    )
    sentences = [
        "There is no question 'best-mont'. The nearest: best-month",
        "year must be one of 2017 and all, not '1900'.",
        "customers does not add up over the cells of sales_cube",
        "The shop has no returns_leakage: ",
        "There is no table or KPI 'nothing'. Tables: ",
        "There is no shop 'nobody'. Choose one of: olist, empty.",
        "Shop 'empty' has nothing yet: ",
    ]
    for (failed, said), sentence in zip(answers, sentences, strict=True):
        assert (failed, sentence in said) == (True, True), said


def test_the_command_speaks_the_protocol_on_standard_output(built_lake: BuiltLake) -> None:
    program = str(Path(sys.executable).with_name("ecom-lake"))
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
    }
    ran = subprocess.run(
        [program, "mcp", "--project", str(built_lake.folder)], input=json.dumps(hello) + "\n", capture_output=True, text=True
    )
    [answer] = ran.stdout.splitlines()
    assert json.loads(answer)["result"]["serverInfo"]["name"] == "ecom_lake"
    assert (ran.returncode, ran.stderr) == (0, "")
