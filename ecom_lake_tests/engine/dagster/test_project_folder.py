"""`dagster dev` and `dg dev` store their history in the project folder if they are started there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from dagster._cli.utils import get_possibly_temporary_instance_for_cli

PROJECT = Path(__file__).parents[3]


def test_the_project_folder_is_dagsters_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".env", "dagster.yaml"):
        shutil.copy(PROJECT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))  # as a shell does
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with get_possibly_temporary_instance_for_cli("dagster dev") as instance:
        assert not list(tmp_path.glob(".tmp_dagster_home_*")), "the history would be deleted when the command ends"
        assert not instance.telemetry_enabled  # so dagster.yaml was read
