"""The image: built from the Dockerfile, and run with the restrictions of compose.yaml, from an empty project to the dashboard.

Not here: what the files around it say (test_files.py).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecom_lake_tests.needs import image_tools_installed
from ecom_lake_tests.project import PROJECT

USER = 10001
RIGHTS = """
import os, pathlib, importlib.metadata as m
status = dict(line.split(":\\t") for line in pathlib.Path("/proc/self/status").read_text().splitlines())
def writes(folder):
    try:
        pathlib.Path(folder, "x").touch()
        return True
    except OSError:
        return False
print(__import__("json").dumps({
    "user": [os.getuid(), os.getgid()],
    "first process": pathlib.Path("/proc/1/comm").read_text().strip(),
    "capabilities": int(status["CapBnd"], 16) | int(status["CapEff"], 16),
    "no new privileges": status["NoNewPrivs"],
    "written": [one for one in ("/", "/etc", "/opt/ecom-lake", "/tmp", "/lake", "/keys", "/dagster_home") if writes(one)],
    "root is read-only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
    "packages": sorted(one.name for one in m.distributions()),
    "programs": [one for one in ("cc", "gcc", "uv") if __import__("shutil").which(one)],
}))
"""
ASK = """
import json, re, subprocess, sys, urllib.error, urllib.request
def status(path, key=None):
    request = urllib.request.Request(f"http://127.0.0.1:8321{path}", headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        return urllib.request.urlopen(request, timeout=60).status
    except urllib.error.HTTPError as error:
        return error.code
*command, key, healthy = sys.argv[1:]
server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
server.stdout.readline()
pages = "/v1/shops", "/demo/overview"
print(json.dumps({
    "probes": [status("/health"), status("/ready")],
    "without a key": [status(page) for page in pages],
    "with the key": [status(page, key) for page in pages],
    "health check": subprocess.run(json.loads(healthy)).returncode,
}))
server.terminate()
server.communicate()
"""


@dataclass(frozen=True)
class Image:
    """The image, with the volumes of one project."""

    tool: Path
    volumes: Path

    def options(self, *, may_write: bool = True) -> list[str]:
        mode = "rw" if may_write else "ro"
        folders = {"lake": mode, "project": mode, "keys": "rw"}
        return [f"--volume={self.volumes / name}:/{name}:{mode}" for name, mode in folders.items()]

    def command(self, *words: str, options: Sequence[str]) -> list[str]:
        return [str(self.tool), "run", *options, "ecom-lake", *words]

    def run(self, *words: str, may_write: bool = True) -> subprocess.CompletedProcess[str]:
        command = self.command(*words, options=self.options(may_write=may_write))
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def output(self, *words: str, may_write: bool = True) -> str:
        run = self.run(*words, may_write=may_write)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    tool = image_tools_installed()
    built = subprocess.run([tool, "build"], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
    volumes = tmp_path_factory.mktemp("volumes")
    for name in ("lake", "project", "keys"):
        (volumes / name).mkdir()
        os.chown(volumes / name, USER, USER)
    return Image(tool, volumes)


def test_the_demo_from_an_empty_project_to_the_dashboard(image: Image) -> None:
    image.output("ecom-lake", "init", "/project")
    image.output("ecom-lake", "synth", "/project/export", "--full", "--orders", "300")
    image.output("ecom-lake", "land", "/project/export")
    assert "tables written, release" in image.output("ecom-lake", "build")
    assert {path.stat().st_uid for path in (image.volumes / "lake").rglob("*")} == {USER}
    assert "weekday" in image.output("ecom-lake", "ask", "busiest-weekday", may_write=False)

    serve = ["ecom-lake", "serve", "--host", "0.0.0.0", "--allow-host", "localhost"]
    refused = image.run(*serve, may_write=False)
    assert (refused.returncode, "make a key" in refused.stderr) == (2, True), "nobody is served without a key"
    key = image.output("ecom-lake", "key", "new", "analyst").splitlines()[0]
    answers = json.loads(image.output("python", "-c", ASK, *serve, key, health_check(), may_write=False))
    assert answers == {"probes": [200, 200], "without a key": [401, 401], "with the key": [200, 200], "health check": 0}


def test_it_runs_with_few_rights_and_without_what_only_developers_need(image: Image) -> None:
    rights = json.loads(image.output("python", "-c", RIGHTS))
    packages = set(rights.pop("packages"))
    assert {
        "apprise",
        "dagster-postgres",
        "deltalake",
        "ecom-lake",
        "mcp",
        "psycopg",
        "scikit-learn",
        "xlsxwriter",
        "adlfs",
    } <= packages
    assert not packages & {"hatchling", "hypothesis", "mypy", "pip", "pytest", "ruff"}
    assert rights == {
        "user": [USER, USER],
        "first process": "tini",
        "capabilities": 0,
        "no new privileges": "1",
        "written": ["/tmp", "/lake", "/keys", "/dagster_home"],
        "root is read-only": True,
        "programs": [],
    }


def test_a_signal_ends_it(image: Image) -> None:
    command = image.command("python", "-c", "print(1, flush=True); input()", options=["--interactive"])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 143


def health_check() -> str:
    """The command of HEALTHCHECK, as JSON."""
    found = re.search(r"HEALTHCHECK .*?CMD (\[.*?\])\n", (PROJECT / "Dockerfile").read_text("utf-8"), re.S)
    assert found
    return found[1]
