"""The gate of the server: it finds out who asks, and lets through what the client may ask.

A client has a key, as a bearer token or as the password of HTTP Basic, which browsers ask for; or a proxy at a known address
names its user. Where no keys were ever made and no such proxy is named, the server listens on loopback addresses only, and
everyone on the machine may read. Not here: keys (keys.py), scopes (access.py), which columns are personal (catalogue.py).
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ecom_lake.publish.api.access import Client, remember, unknown_client
from ecom_lake.publish.api.keys import Keys
from ecom_lake.publish.api.problem import ProblemError, problem_of, response
from ecom_lake.publish.api.rate import Buckets
from ecom_lake.publish.query_slots import asking

RATE = 20.0
"""The default number of requests per second of one client."""
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="ecom_lake", charset="UTF-8"'}
_OF_ALL_SHOPS = ("v1", "mcp", "static", "dashboard.css", "openapi.json", "docs", "shops")
"""First steps of paths that a client of some shops may ask too: what they show of shops is chosen there."""


@dataclass(frozen=True)
class Proxy:
    """A reverse proxy that authenticates people and names them in X-Forwarded-User."""

    networks: Sequence[IPv4Network | IPv6Network]
    """Where it connects from. The header counts from nowhere else."""
    scopes: frozenset[str] = frozenset({"read"})
    """What its users may read."""

    def user(self, request: HTTPConnection) -> str | None:
        name = request.headers.get("x-forwarded-user")
        try:
            peer = ip_address(request.client.host if request.client else "")
        except ValueError:
            return None
        return name if name and any(peer in network for network in self.networks) else None


class Gate:
    def __init__(
        self, app: ASGIApp, keys: Keys, proxy: Proxy | None = None, per_second: float = RATE, is_local: bool = True
    ) -> None:
        """`is_local`: whether this machine alone reaches the server, so that everyone may ask while no keys were made."""
        self._app, self._keys, self._proxy, self._is_local = app, keys, proxy, is_local
        self._buckets = Buckets(per_second)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = HTTPConnection(scope)
        try:
            client = self._client(request)
            self._limit(client)
            _refuse_other_shops(client, scope["path"])
        except Exception as error:
            return await response(problem_of(error), scope["path"])(scope, receive, send)
        remember(scope, client)
        if scope["path"] == "/" and client.shops:
            return await RedirectResponse(f"/{min(client.shops)}/overview")(scope, receive, send)
        token = asking.set(client.name)
        try:
            return await self._app(scope, receive, send)
        finally:
            asking.reset(token)

    def _client(self, request: HTTPConnection) -> Client:
        if self._proxy and (user := self._proxy.user(request)):
            return Client(f"user {user}", self._proxy.scopes)
        if self._is_local and not self._proxy and not self._keys.were_made():
            return unknown_client(request)
        given = _given_key(request.headers.get("authorization", ""))
        if given is None:
            raise ProblemError(401, "This server needs a key: send it as a bearer token, or as a password.", _CHALLENGE)
        client = self._keys.client(given)
        if client is None:
            raise ProblemError(401, "The key is unknown or was revoked.", _CHALLENGE)
        return client

    def _limit(self, client: Client) -> None:
        if client.name and (wait := self._buckets.wait(client.name)):
            seconds = math.ceil(wait)
            raise ProblemError(429, f"Too many requests: wait {seconds} s and try again.", {"Retry-After": str(seconds)})


def _given_key(authorization: str) -> str | None:
    """The key of a header Authorization; None where there is none."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refuse_other_shops(client: Client, path: str) -> None:
    first = path.split("/")[1] if path.startswith("/") else path
    if client.shops is not None and first and first not in {*client.shops, *_OF_ALL_SHOPS}:
        raise ProblemError(403, f"The key reads the shops {', '.join(sorted(client.shops))} only.")
