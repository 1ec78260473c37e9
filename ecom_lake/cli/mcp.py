"""The command `mcp`: the shops as tools for an agent on this machine."""

from __future__ import annotations

from ecom_lake.cli.lake_options import Options
from ecom_lake.extras import require


def mcp(*, options: Options) -> int:
    """Answer an agent over standard input and output, with the Model Context Protocol.

    The agent starts this command itself. It can ask the business questions and KPIs, and read definitions, insights and the
    state of the release; it cannot run SQL or read single customers.
    """
    require("mcp", "`ecom-lake mcp`")
    settings = options.settings()
    from ecom_lake.publish.mcp_server import mcp_server

    mcp_server(settings).run("stdio")
    return 0
