"""The dashboard, the API and the tools of agents in one ASGI application, over the same open releases.

Here: which of them answers an address, HEAD, and the headers of whatever is no page. The API is loaded when it is first asked,
so that the first page need not wait for it. Not here: who may ask (api/gate.py), the answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from threading import Lock

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecom_lake.engine.config import Settings
from ecom_lake.errors import UserError
from ecom_lake.publish.api.gate import RATE, Gate, Proxy
from ecom_lake.publish.api.keys import Keys
from ecom_lake.publish.api.replies import IS_HEAD
from ecom_lake.publish.dashboard.app import LOOPBACK, application
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.host_names import with_known_host
from ecom_lake.publish.mcp_over_http import PATH, McpOverHttp, without_mcp

PROBES = ("/health", "/ready")
"""The addresses that a supervisor asks; they say nothing else, so that they need no key and any host name will do."""
_NO_SHOPS = {"v1", "mcp", "static", "docs", "shops", "health", "ready"}
_OF_THE_API = ("/openapi.json", "/docs", *PROBES)
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def server(
    settings: Settings,
    hosts: Sequence[str] = LOOPBACK,
    keys: Keys | None = None,
    proxy: Proxy | None = None,
    per_second: float = RATE,
    is_local: bool = True,
) -> ASGIApp:
    """The whole application.

    `hosts`: the host names that are answered. `keys`: default the ones of the settings. `is_local`: whether this machine alone
    reaches the server, so that everyone may ask while no keys were made."""
    if taken := sorted(set(settings.shops) & _NO_SHOPS):
        raise UserError(f"The shop {taken[0]} cannot be served: /{taken[0]} is an address of this server. Rename it.")
    releases = Releases(settings)
    agents = McpOverHttp(settings, releases, hosts) if settings.server.mcp else None
    running = Starlette(lifespan=agents.running if agents else None)
    answers = _WhenAsked(lambda: _api(releases))
    pages = application(settings, tuple(hosts), releases)
    chosen = _by_path(answers, agents or without_mcp(), pages)
    gate = Gate(chosen, keys or Keys(settings.keys_file), proxy, per_second, is_local)
    known = with_known_host(gate, hosts)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_probe = scope["type"] == "http" and scope["path"] in PROBES
        await (running if scope["type"] == "lifespan" else answers if is_probe else known)(scope, receive, send)

    return _with_head(_with_security(serve))


def _api(releases: Releases) -> ASGIApp:
    from ecom_lake.publish.api.app import api

    app = api(releases)
    app.openapi()  # each request looks at the document; it is made here, where nobody waits for it in the event loop
    return app


class _WhenAsked:
    """An application that is made by its first request, in a thread of its own: others are answered meanwhile."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make, self._lock = make, Lock()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await asyncio.to_thread(self._loaded) if self._app is None else self._app
        await app(scope, receive, send)

    def _loaded(self) -> ASGIApp:
        with self._lock:
            if self._app is None:
                self._app = self._make()
            return self._app


def _by_path(answers: ASGIApp, agents: ASGIApp, pages: ASGIApp) -> ASGIApp:
    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_api = path == "/v1" or path.startswith("/v1/") or path in _OF_THE_API
        chosen = answers if is_api else agents if path == PATH else pages
        await chosen(scope, receive, send)

    return choose


def _with_head(app: ASGIApp) -> ASGIApp:
    """HEAD is GET without the body; the scope states it, so that a large body need not be read."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await app(scope, receive, send)

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        return await app({**scope, "method": "GET", IS_HEAD: True}, receive, send_head)

    return answer


def _with_security(app: ASGIApp) -> ASGIApp:
    """Pages have their own headers; all else, refusals included, gets these."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, send_secured)

    return answer
