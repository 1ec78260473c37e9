"""The command `serve`: the dashboard and the API."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import Options
from ecom_lake.errors import UsageError
from ecom_lake.extras import require

if TYPE_CHECKING:
    from ecom_lake.publish.api.gate import Proxy

PORT, LAST_PORT = 8321, 65_535
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


def serve(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(help="TCP port.")] = PORT,
    allow_host: Annotated[list[str] | None, Parameter(negative="")] = None,
    behind_proxy: Annotated[list[str] | None, Parameter(negative="")] = None,
    proxy_scope: Annotated[list[str] | None, Parameter(negative="")] = None,
    rate: float = 20,
    options: Options,
) -> int:
    """Serve the dashboard and the API of all shops, until Ctrl-C. It only reads.

    Parameters
    ----------
    host
        The address to listen on. Another than a loopback address needs keys (`ecom-lake key new`) or --behind-proxy.
    allow_host
        A host name that people use for this server, in addition to those of the loopback address. May be repeated.
    behind_proxy
        The network of a reverse proxy that authenticates people, such as 10.0.0.0/8: its header X-Forwarded-User is trusted.
        May be repeated.
    proxy_scope
        What the proxy's users read in addition: pii for what is about single customers and orders. May be repeated.
    rate
        Requests per second of each key and user; five times as many may come at once.
    """
    require("web", "`ecom-lake serve`")
    settings = options.settings()
    if settings.server.mcp:
        require("mcp", "mcp = true below [server] in lake.toml")
    from ecom_lake.publish.api.keys import Keys

    keys, proxy = Keys(settings.keys_file), _proxy(behind_proxy or (), proxy_scope or ())
    is_local = _is_loopback(host)
    if not is_local and not keys.all() and proxy is None:
        raise UsageError(
            f"{host} is not a loopback address, so others could read the shop: make a key with "
            f"`{options.command('key new NAME')}`, or name the network of a reverse proxy that authenticates people with "
            "--behind-proxy."
        )
    if proxy is None and keys.were_made() and not keys.all():
        screen.show(f"All keys are revoked, so nobody is answered: make one with `{options.command('key new NAME')}`.")
    if not 0 < rate < float("inf"):
        raise UsageError(f"--rate must be more than 0, not {rate:g}.")
    hosts = _hosts(host, allow_host or ())
    listener = _listener(host, port)
    address = f"[{host}]" if ":" in host else host
    screen.show(f"Dashboard: http://{address}:{listener.getsockname()[1]}/", "Stop with Ctrl-C.")
    with _without_collection():
        import uvicorn

        from ecom_lake.publish.server import server

        app = server(settings, hosts, keys, proxy, rate, is_local)
    # The proxy's address must stay that of the connection: the header X-Forwarded-User is trusted by it.
    config = uvicorn.Config(app, log_level="warning", server_header=False, proxy_headers=False, ws="none")
    uvicorn.Server(config).run([listener])
    return 0


@contextmanager
def _without_collection() -> Iterator[None]:
    """What a start allocates stays: looking for garbage in it would take a tenth of the start, and each later search longer."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def _proxy(networks: list[str] | tuple[()], scopes: list[str] | tuple[()]) -> Proxy | None:
    from ecom_lake.publish.api.gate import Proxy

    if unknown := next((one for one in scopes if one not in ("read", "pii")), None):
        raise UsageError(f"--proxy-scope is read or pii, not '{unknown}'.")
    if not networks:
        if scopes:
            raise UsageError("--proxy-scope is about the users of a proxy: name its network with --behind-proxy.")
        return None
    try:
        return Proxy([ipaddress.ip_network(one) for one in networks], frozenset({"read", *scopes}))
    except ValueError as error:
        raise UsageError(f"--behind-proxy must be a network such as 10.0.0.0/8 or 127.0.0.1/32: {error}.") from None


def _hosts(host: str, allowed: list[str] | tuple[()]) -> tuple[str, ...]:
    """The host names that are answered. An address of all interfaces has none of its own."""
    try:
        is_every = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        is_every = False
    if is_every and not allowed:
        raise UsageError(f"{host} stands for every address: write the host name that people use with --allow-host.")
    own = () if is_every else (f"[{host}]" if ":" in host else host,)
    return tuple(dict.fromkeys((*LOCAL_NAMES, *own, *allowed)))


def _listener(host: str, port: int) -> socket.socket:
    """A socket that listens on the address; port 0 is a free one."""
    if not 0 <= port <= LAST_PORT:
        raise UsageError(f"--port must be from 0 to {LAST_PORT}, not {port}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise UsageError(f"The server cannot listen on port {port} of {host}: {why}. Choose another --port.") from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
