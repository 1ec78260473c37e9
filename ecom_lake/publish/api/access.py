"""Who a request comes from, and what they may read: scopes and shops.

Not here: finding out who it is (gate.py), the keys (keys.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from starlette.requests import HTTPConnection
from starlette.types import Scope as ASGIScope

from ecom_lake.publish.api.problem import ProblemError

Scope = Literal["read", "pii", "sql"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""read: everything that is not personal. pii: also what is about one person or order. sql: queries of its own."""
_CLIENT = "ecom_lake.client"


@dataclass(frozen=True)
class Client:
    name: str
    """The id of its key, or the user whom a proxy names; empty for the owner of this machine."""
    scopes: frozenset[str]
    shops: frozenset[str] | None = None
    """None for all shops."""

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def may_read(self, shop: str) -> bool:
        return self.shops is None or shop in self.shops


OWNER = Client("", frozenset({"read", "pii"}))
"""Who asks on a loopback address while no keys were made: somebody at the machine, who could read the lake's files as well. SQL
needs a key, because any page that a browser shows can send a request to a loopback address."""
PASSED_ON = Client("", frozenset({"read"}))
"""Somebody whose request a proxy passed on, while nothing states who may see people."""
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-user", "x-forwarded-host", "via")
"""Headers that a proxy adds."""


def client_of(request: HTTPConnection) -> Client:
    found: Client | None = request.scope.get(_CLIENT)
    return found or unknown_client(request)


def unknown_client(request: HTTPConnection) -> Client:
    """The client of a request where neither keys nor a proxy say who it is."""
    return PASSED_ON if any(name in request.headers for name in _PROXIED) else OWNER


def remember(scope: ASGIScope, client: Client) -> None:
    """Note the client of a request in its ASGI scope."""
    scope[_CLIENT] = client


def may_see_people(request: HTTPConnection) -> bool:
    """Whether pages and answers about single customers and orders may be shown."""
    return client_of(request).may("pii")


def need(request: HTTPConnection, scope: Scope, what: str) -> None:
    if not client_of(request).may(scope):
        raise ProblemError(403, f"{what} needs a key with the scope {scope}.")
