"""The wheel in a separate environment: what a user gets who installs the package without extras."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ecom_lake.extras import MODULES

ROOT = Path(__file__).parents[1]
UV = str(Path(sys.executable).with_name("uv"))


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel and its dependencies, and an empty working folder."""

    python: Path
    wheel: Path
    folder: Path

    def run(self, *arguments: str, code: int = 0) -> str:
        """The output of a command of the environment; asserts its exit code."""
        kept = ("HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
        env = {"PATH": f"{self.python.parent}:/usr/bin:/bin", **{name: os.environ[name] for name in kept if name in os.environ}}
        program = str(self.python.with_name(arguments[0]))
        ran = subprocess.run([program, *arguments[1:]], cwd=self.folder, env=env, capture_output=True, text=True)
        assert ran.returncode == code, f"{arguments}: {ran.stdout}\n{ran.stderr}"
        return ran.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Built and installed without a network: from uv's cache, which `make setup` fills."""
    folder = tmp_path_factory.mktemp("wheel")
    _do(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    [wheel] = folder.glob("*.whl")
    (folder / "base.lock").write_text(_locked(_needed_by(wheel)))
    python = folder / "venv" / "bin" / "python"
    _do(UV, "venv", "--quiet", "--python", sys.executable, str(python.parents[1]))
    install = ("--quiet", "--offline", "--python", str(python))
    _do(UV, "pip", "sync", *install, "--require-hashes", str(folder / "base.lock"))
    _do(UV, "pip", "install", *install, "--no-deps", str(wheel))
    (folder / "work").mkdir()
    return Installed(python, wheel, folder / "work")


def _do(*command: str) -> None:
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, f"{command}: {ran.stderr}"


def _needed_by(wheel: Path) -> set[str]:
    """The names of the wheel's direct and transitive dependencies, without its extras, as installed in this environment."""
    metadata = zipfile.ZipFile(wheel).read(f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/METADATA")
    waiting = list(_followed(message_from_bytes(metadata).get_all("Requires-Dist", []), frozenset()))
    found = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        further = set(_followed(requires(name) or [], extras)) - found
        found |= further
        waiting += further
    return {name for name, _ in found}


def _followed(requirements: list[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """The requirements that apply to this environment, each with its requested extras."""
    for needed in map(Requirement, requirements):
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield _normal(needed.name), frozenset(needed.extras)


def _locked(names: set[str]) -> str:
    """The entries of these distributions in the lock file, with their hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text())
    return "\n".join(entry for entry in entries if _normal(entry.split("==")[0]) in names) + "\n"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_wheel_has_every_file_of_the_package(installed: Installed) -> None:
    listed = subprocess.run(["git", "ls-files", "ecom_lake"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    packed = {name for name in zipfile.ZipFile(installed.wheel).namelist() if name.startswith("ecom_lake/")}
    assert {name for name in listed if (ROOT / name).exists()} <= packed
    assert not {name for name in packed if name.startswith("ecom_lake_tests/")}


def test_the_base_environment_has_no_module_of_an_extra(installed: Installed) -> None:
    modules = sorted(module for names in MODULES.values() for module in names)
    program = "import importlib.util, sys; print([m for m in sys.argv[1:] if importlib.util.find_spec(m)])"
    assert installed.run("python", "-c", program, *modules) == "[]\n"


def test_the_definitions_load_without_extras(installed: Installed) -> None:
    installed.run("python", "-c", "import ecom_lake.definitions")


def test_a_user_can_go_from_an_empty_folder_to_a_report(installed: Installed) -> None:
    """About 20 s: seven processes build a shop of 300 orders and write its report."""
    installed.run("ecom-lake", "init", ".")
    installed.run("ecom-lake", "synth", "export", "--full", "--orders", "300")
    installed.run("ecom-lake", "land", "export")
    installed.run("ecom-lake", "build")
    answer = json.loads(installed.run("ecom-lake", "ask", "sales-by-month", "--json"))
    assert "net_sales" in json.dumps(answer)
    tables = " ".join(installed.run("ecom-lake", "tables").split())
    assert "pip install 'ecom-lake[models]'" in tables
    assert (installed.folder / "data/demo/gold/rfm.parquet").exists()
    assert not (installed.folder / "data/demo/gold/churn_scores.parquet").exists()
    installed.run("ecom-lake", "report")


def test_a_lake_on_azure_without_the_extra_is_a_usage_error(installed: Installed) -> None:
    installed.run("ecom-lake", "status", "--root", "az://lake/shops", code=2)
