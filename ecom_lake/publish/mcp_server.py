"""An MCP server for agents: the governed questions, KPIs, definitions, insights and the state of a release, as tools.

Each answer names its release. There is no tool for SQL and none for single customers: an agent sends what it reads elsewhere.
Not here: the answers themselves (api/, engine/serve/answering.py), answering over HTTP (mcp_over_http.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ecom_lake.engine.config import Settings
from ecom_lake.errors import UserError
from ecom_lake.publish.api import catalogue, metrics, questions
from ecom_lake.publish.api.access import OWNER, Client
from ecom_lake.publish.api.formats import document
from ecom_lake.publish.api.metrics import Asked, By
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.dashboard.trust import trust, verdict
from ecom_lake.publish.dashboard.view import View

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = (
    "The released tables of online shops. Use list_questions and ask for business questions, metric for a KPI of any months and "
    "members, describe for what a table or a KPI means, insights for what stands out, and trust before you rely on a number. "
    "Always name the release with a number."
)
ROWS = 200
"""The most rows of an answer."""
Shop = Annotated[str, Field(description="The name of a shop. Empty for the first one.")]


def mcp_server(settings: Settings, releases: Releases | None = None, who_asks: Callable[[], Client] = lambda: OWNER) -> MCPServer:
    """The server. `releases`: the open releases, if another application reads them too. `who_asks`: the client of a call."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    server = MCPServer("ecom_lake", instructions=INSTRUCTIONS)
    opened = releases or Releases(settings)

    def read(shop: str, answer: Callable[[ServedRelease], dict[str, Any]]) -> dict[str, Any]:
        """The answer of a release as plain JSON values, with its number; an error as a sentence that the agent can read."""
        try:
            release = opened.of(_readable(opened, who_asks(), shop))
            content = {"shop": release.site.shop.name, "release": release.number, **answer(release)}
        except UserError as error:
            raise ToolError(str(error)) from None
        found: dict[str, Any] = json.loads(document(content))
        return found

    @server.tool()
    def list_questions(shop: Shop = "") -> dict[str, Any]:
        """The business questions that can be asked, with their parameters."""
        return read(shop, questions.listed)

    @server.tool()
    def ask(
        question: Annotated[str, Field(description="A name from list_questions.")],
        parameters: Annotated[dict[str, str] | None, Field(description='Its parameters, such as {"year": "2017"}.')] = None,
        shop: Shop = "",
    ) -> dict[str, Any]:
        """The answer to a business question: its rows, how to read them, and the SQL that ran."""
        return read(shop, lambda release: _answer(release, question, parameters or {}))

    @server.tool()
    def describe(
        name: Annotated[str, Field(description="A table such as rfm, or a KPI such as net_sales.")], shop: Shop = ""
    ) -> dict[str, Any]:
        """What a table or a KPI means: grain, columns with type, unit and meaning, and the rules that hold."""
        return read(shop, lambda release: _described(release, name))

    @server.tool()
    def metric(
        name: Annotated[str, Field(description="A KPI such as net_sales, orders, customers or aov.")],
        by: Annotated[Literal[By, ""], Field(description="Empty for one number.")] = "",
        since: Annotated[str, Field(description="The first month, such as 2018-01; empty for the shop's first.")] = "",
        until: Annotated[str, Field(description="The last month; empty for the shop's last.")] = "",
        segment: str = "",
        category: str = "",
        state: str = "",
        shop: Shop = "",
    ) -> dict[str, Any]:
        """A KPI of any months and members, with its definition and the SQL that ran."""
        members = {"segment": segment, "category": category, "state": state}
        asked = Asked(by, since, until, {one: member for one, member in members.items() if member})
        return read(shop, lambda release: metrics.metric(release, name, asked))

    @server.tool()
    def trust(shop: Shop = "") -> dict[str, Any]:
        """Whether the release can be relied on: its rules, its ledger, the models that were refused, and anomalies."""
        return read(shop, _trusted)

    @server.tool()
    def insights(shop: Shop = "") -> dict[str, Any]:
        """What stands out, in the order of its rank, each with an action and a caveat."""
        return read(shop, _insights)

    return server


def _readable(releases: Releases, client: Client, shop: str) -> str:
    """The shop that a call names, or the first one that the client reads."""
    default = releases.settings.default_shop
    shops = sorted(filter(client.may_read, releases.shops), key=lambda one: one != default)
    if shop and shop not in shops:
        or_not_read = "" if client.shops is None else ", or your key does not read it"
        raise UserError(f"There is no shop '{shop}'{or_not_read}. Choose one of: {', '.join(shops)}.")
    return shop or next(iter(shops), default)


def _answer(release: ServedRelease, question: str, parameters: dict[str, str]) -> dict[str, Any]:
    answer = questions.answer(release, questions.answered(release, question, parameters, may_see_people=False))
    rows = answer["rows"]
    return {**answer, "rows": rows[:ROWS], "rows_left_out": max(len(rows) - ROWS, 0)}


def _described(release: ServedRelease, name: str) -> dict[str, Any]:
    for one in metrics.listed(release)["metrics"]:
        if one["metric"] == name:
            return dict(one)
    tables = [one.contract.name for one in catalogue.gold(release)]
    if name not in tables:
        why = release.absent.get(name)
        raise UserError(
            f"The shop has no {name}: {why}" if why else f"There is no table or KPI '{name}'. Tables: {', '.join(tables)}."
        )
    return {key: value for key, value in catalogue.table(release, name).items() if key != "files"}


def _trusted(release: ServedRelease) -> dict[str, Any]:
    state, shown = verdict(release), trust(View(release.site.shop.name, "trust", release, Filters()))
    return {
        "rules": state.rules if state else None,
        "rules_passed": state.passed if state else None,
        "ledger_closes": state.closes if state else None,
        "failed_rules": [dict(row) for row in shown.failed],
        "models": [dict(row) for row in shown.models],
        "anomalies": [dict(row) for row in shown.anomalies],
    }


def _insights(release: ServedRelease) -> dict[str, Any]:
    if not release.has("insights"):
        raise UserError(f"The shop has no insights: {release.absent.get('insights', 'they are not built yet.')}")
    columns = ", ".join(release.site.registry.table("insights").shareable)
    rows = release.rows(Query(f"select {columns} from insights where status = 'shown' order by rank limit {ROWS}"))
    return {"insights": [dict(row) for row in rows]}
