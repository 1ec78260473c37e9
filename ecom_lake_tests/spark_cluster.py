"""Servers of Spark on 127.0.0.1 for the tests: a standalone cluster and Spark Connect, each server a process of its own.

Here: servers that tools/spark.sh starts, on free ports. Not here: what the tests do with them.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from ecom_lake_tests.project import PROJECT

TOOL = PROJECT / "tools" / "spark.sh"
_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"


@dataclass(frozen=True)
class Worker:
    process: subprocess.Popen[str]
    folder: Path

    def kill(self) -> None:
        """Kill the worker and its executors, as a machine that loses its power."""
        os.killpg(self.process.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Cluster:
    master: str
    workers: Sequence[Worker]


@contextmanager
def cluster(folder: Path, workers: int = 2, memory: str = "1g", in_own_mounts: str = "") -> Iterator[Cluster]:
    """A master and workers with one core each. `in_own_mounts`: a command that each worker runs first, in mounts of its own."""
    with ExitStack() as servers:
        master = servers.enter_context(_server([_MASTER, "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]))
        url = _first(r"Starting Spark master at (spark://\S+)", master)
        started = []
        for number in range(workers):
            work = folder / f"worker-{number}"
            options = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0", "--cores", "1", "--memory", memory]
            server = servers.enter_context(_server([_WORKER, *options, "--work-dir", str(work), url], in_own_mounts))
            _first(r"(Successfully registered) with master", server)
            started.append(Worker(server, work))
        yield Cluster(url, started)


@contextmanager
def connect_server() -> Iterator[str]:
    """The address of a server of Spark Connect, which runs queries itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.ui.enabled": "false",
    }
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    submit = ["org.apache.spark.deploy.SparkSubmit", "--master", "local[2]", *options, "--class", _CONNECT, "spark-internal"]
    with _server(submit, memory="1g") as server:
        _first(r"(Spark Connect server started)", server)
        yield f"sc://127.0.0.1:{port}"


@contextmanager
def _server(arguments: Sequence[str], in_own_mounts: str = "", memory: str = "256m") -> Iterator[subprocess.Popen[str]]:
    command = [str(TOOL), "run", *arguments]
    if in_own_mounts:
        command = ["unshare", "--mount", "sh", "-c", f'{in_own_mounts} && exec "$@"', "-", *command]
    server = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"SPARK_DAEMON_MEMORY": memory},
    )
    try:
        yield server
    finally:
        assert server.stdin is not None and server.stdout is not None
        server.stdin.close()  # it ends with its standard input
        server.wait()
        server.stdout.close()


def _first(pattern: str, server: subprocess.Popen[str]) -> str:
    """The first match in what a server prints. Its later lines are read too: a server whose pipe is full waits for ever."""
    assert server.stdout is not None
    printed = []
    for line in server.stdout:
        printed.append(line)
        if found := re.search(pattern, line):
            Thread(target=deque, args=(server.stdout, 0), daemon=True).start()
            return found[1]
    raise RuntimeError(f"A server of Spark ended before it answered: {''.join(printed[-20:])}")
