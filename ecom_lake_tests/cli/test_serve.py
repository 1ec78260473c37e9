"""`ecom-lake serve` as a process: it answers on the loopback address, ends with Ctrl-C, and refuses other addresses."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def test_it_serves_until_it_is_interrupted(built_lake: BuiltLake) -> None:
    program = str(Path(sys.executable).with_name("ecom-lake"))
    command = [program, "serve", "--port", "0", "--project", str(built_lake.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        with urlopen(f"{address}olist/overview") as answer:
            assert b"Net sales by month" in answer.read()
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate()
    assert (server.returncode, errors) == (130, "Interrupted.\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "shop.example"])
def test_an_address_that_others_reach_is_refused(run: Run, host: str) -> None:
    said = run("serve", "--host", host)
    assert said.code == 2
    assert said.err.startswith(f"{host} is not a loopback address")


def test_an_address_of_all_interfaces_needs_a_host_name(run: Run) -> None:
    said = run("serve", "--host", "0.0.0.0", "--behind-proxy", "10.0.0.0/8")
    assert (said.code, said.err) == (
        2,
        "0.0.0.0 stands for every address: write the host name that people use with --allow-host.\n",
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--behind-proxy", "10.0.0.1/8"), "--behind-proxy must be a network such as 10.0.0.0/8"),
        (("--proxy-scope", "pii"), "--proxy-scope is about the users of a proxy"),
        (("--behind-proxy", "10.0.0.0/8", "--proxy-scope", "sql"), "--proxy-scope is read or pii, not 'sql'."),
        (("--rate", "0"), "--rate must be more than 0, not 0."),
    ],
)
def test_a_wrong_option_is_a_sentence(run: Run, options: tuple[str, ...], sentence: str) -> None:
    said = run("serve", *options)
    assert said.code == 2
    assert said.err.startswith(sentence), said.err


def test_a_port_that_is_taken_is_a_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = run("serve", "--port", str(port))
    assert (said.code, said.err) == (
        2,
        f"The server cannot listen on port {port} of 127.0.0.1: Address already in use. Choose another --port.\n",
    )
    assert run("serve", "--port", "99999").err == "--port must be from 0 to 65535, not 99999.\n"
