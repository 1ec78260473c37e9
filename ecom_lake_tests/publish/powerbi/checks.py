"""All checks of a project that need no Power BI."""

from __future__ import annotations

from collections.abc import Mapping

from ecom_lake.engine.contracts.table import Table
from ecom_lake_tests.publish.powerbi import model_checks, report_checks
from ecom_lake_tests.publish.powerbi.checked_project import Project


def problems(files: Mapping[str, str], contracts: Mapping[str, Table]) -> list[str]:
    """A sentence for each problem; none for a good project."""
    project = Project(files, contracts)
    found = [*model_checks.problems(project), *report_checks.problems(project)]
    return [*project.problems, *found]
