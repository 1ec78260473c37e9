"""The command `serve`: the dashboard in a browser."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import Options
from ecom_lake.errors import UsageError
from ecom_lake.extras import require

PORT, LAST_PORT = 8321, 65_535


def serve(*, host: str = "127.0.0.1", port: Annotated[int, Parameter(help="TCP port.")] = PORT, options: Options) -> int:
    """Show the dashboard of all shops in a browser, until Ctrl-C. It only reads.

    Parameters
    ----------
    host
        A loopback address. For other machines, put a reverse proxy that authenticates people in front of it.
    """
    require("web", "`ecom-lake serve`")
    _refuse_other_than_loopback(host)
    settings = options.settings()
    listener = _listener(host, port)
    import uvicorn

    from ecom_lake.publish.server import server as application

    address = f"[{host}]" if ":" in host else host
    screen.show(f"Dashboard: http://{address}:{listener.getsockname()[1]}/", "Stop with Ctrl-C.")
    server = uvicorn.Server(uvicorn.Config(application(settings), log_level="warning", server_header=False))
    server.run([listener])
    return 0


def _listener(host: str, port: int) -> socket.socket:
    """A socket that listens on the address; port 0 is a free one."""
    if not 0 <= port <= LAST_PORT:
        raise UsageError(f"--port must be from 0 to {LAST_PORT}, not {port}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"The dashboard cannot listen on port {port} of {host}: {why}. Choose another --port.") from None


def _refuse_other_than_loopback(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise UsageError(
            f"{host} is not a loopback address, and the dashboard does not authenticate people: serve it on 127.0.0.1, and put a "
            "reverse proxy that does in front of it."
        )
