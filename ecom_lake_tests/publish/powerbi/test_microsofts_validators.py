"""Microsoft's own parsers accept the project: the parser of Power Query, and the validator of reports where its schemas are."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from ecom_lake.publish.powerbi.folder import write_project
from ecom_lake.publish.powerbi.project import MODEL
from ecom_lake.publish.powerbi.sources import Kind
from ecom_lake_tests.needs import is_missing
from ecom_lake_tests.publish.powerbi.conftest import KINDS

TOOLS = Path(__file__).parents[3] / "tools" / "powerbi"
Projects = Mapping[Kind, Mapping[str, str]]


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (TOOLS / "node_modules").is_dir():
        is_missing("the validators of Power BI: install Node.js 20 or newer and run tools/powerbi.sh")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_query_is_m(projects: Projects, tmp_path: Path, node: str, kind: Kind) -> None:
    write_project(tmp_path / "project", projects[kind])
    said = _syntax(node, tmp_path / "project")
    assert said.returncode == 0 and ", 0 failed" in said.stdout


def test_a_query_that_is_not_m_is_found(projects: Projects, tmp_path: Path, node: str) -> None:
    table = f"{MODEL}/definition/tables/Product.tmdl"
    wrong = {**projects["local"], table: projects["local"][table].replace("\t\t\t\tin\n", "\t\t\t\tinn\n")}
    write_project(tmp_path / "project", wrong)
    assert _syntax(node, tmp_path / "project").returncode == 1


def test_the_validator_of_reports_has_no_error_and_no_warning(projects: Projects, tmp_path: Path, node: str) -> None:
    default = Path(__file__).parents[4] / "shared" / "powerbi" / "schemas"
    schemas = Path(os.environ.get("ECOM_LAKE_POWERBI_SCHEMAS") or default)
    if not schemas.is_dir():
        pytest.skip("the schemas of Power BI are not on this machine: set ECOM_LAKE_POWERBI_SCHEMAS to their folder")
    write_project(tmp_path / "project", projects["local"])
    environment = {**os.environ, "ECOM_LAKE_POWERBI_SCHEMAS": str(schemas)}
    command = ["bash", str(TOOLS / "validate.sh"), str(tmp_path / "project")]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def _syntax(node: str, project: Path) -> subprocess.CompletedProcess[str]:
    definition = project / MODEL / "definition"
    command = [node, "m_syntax.mjs", str(definition)]
    return subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, check=False)
