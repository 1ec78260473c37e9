"""A real HTTP server on a free port of the loopback address, in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from ecom_lake.engine.config import Settings
from ecom_lake.publish.api.keys import Keys
from ecom_lake.publish.server import server


@contextmanager
def serving(settings: Settings, keys: Keys | None = None) -> Iterator[str]:
    """The address of the server; it has ended when the context ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        runs = uvicorn.Server(uvicorn.Config(server(settings, keys=keys), log_level="warning"))
        thread = threading.Thread(target=runs.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            runs.should_exit = True
            thread.join()
