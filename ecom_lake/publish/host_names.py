"""The names under which the server may be asked: another site could point a name of its own at a loopback address.

Here: the check of the header Host, and of Origin, which browsers send with requests of pages. Not here: keys (api/gate.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ecom_lake.publish.api.problem import ProblemError, response


def with_known_host(app: ASGIApp, hosts: Sequence[str]) -> ASGIApp:
    """The application, for requests that name one of these hosts; a name may be a pattern such as *.shop.example."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_known(_host_name(f"//{Headers(scope=scope).get('host', '')}"), hosts):
            problem = ProblemError(400, "This server has another name: start it with --allow-host for the name that you use.")
            await response(problem, scope["path"])(scope, receive, send)
        else:
            await app(scope, receive, send)

    return answer


def is_of_known_site(origin: str, hosts: Sequence[str]) -> bool:
    """Whether a page with this header Origin is one of the server's own."""
    return is_known(_host_name(origin), hosts)


def is_known(host: str, hosts: Sequence[str]) -> bool:
    return any(host == one.strip("[]").lower() or (one.startswith("*") and host.endswith(one[1:].lower())) for one in hosts)


def _host_name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
