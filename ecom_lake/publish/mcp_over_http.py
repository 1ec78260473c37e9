"""The MCP server over streamable HTTP, behind the gate of the server: a key of some shops asks about those only.

Each request stands alone, so that the server keeps no sessions. A page of another site cannot ask: browsers state its Origin.
Not here: the tools (mcp_server.py), keys (api/gate.py), host names (host_names.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ecom_lake.engine.config import Settings
from ecom_lake.publish.api.access import Client, client_of
from ecom_lake.publish.api.problem import ProblemError, response
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.host_names import is_of_known_site
from ecom_lake.publish.mcp_server import mcp_server

PATH = "/mcp"
LARGEST_REQUEST = 64 * 2**10
"""Bytes."""
_client: ContextVar[Client] = ContextVar("client")
"""Who sent the request that a tool answers. It has no default, so that a tool without it fails."""


class McpOverHttp:
    def __init__(self, settings: Settings, releases: Releases, hosts: Sequence[str]) -> None:
        from mcp.server.transport_security import TransportSecuritySettings

        self._hosts = hosts
        self._app = mcp_server(settings, releases, _client.get).streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            json_response=True,
            max_request_body_size=LARGEST_REQUEST,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # the server checks host names
        )

    @asynccontextmanager
    async def running(self, _: object) -> AsyncIterator[None]:
        """The lifespan of the application."""
        async with self._app.router.lifespan_context(self._app):
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HTTPConnection(scope)
        if problem := self._refusal(request, scope["method"]):
            return await response(problem, scope["path"])(scope, receive, send)
        token = _client.set(client_of(request))
        try:
            await self._app(scope, receive, send)
        finally:
            _client.reset(token)

    def _refusal(self, request: HTTPConnection, method: str) -> ProblemError | None:
        origin = request.headers.get("origin")
        if origin is not None and not is_of_known_site(origin, self._hosts):
            return ProblemError(403, "Pages of other sites may not ask this server.")
        return None if method == "POST" else ProblemError(405, "Agents ask with POST.", {"Allow": "POST"})


def without_mcp() -> ASGIApp:
    """What answers in its place while it is off."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        problem = ProblemError(404, "Agents over HTTP are off: write mcp = true below [server] in lake.toml, and start again.")
        await response(problem, scope["path"])(scope, receive, send)

    return answer
