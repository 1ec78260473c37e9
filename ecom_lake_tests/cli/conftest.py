"""Running the real command in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ecom_lake.cli import main
from ecom_lake_tests.builders.built_lake import BuiltLake


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `ecom-lake` with arguments; `at` names the lake."""
    monkeypatch.chdir(tmp_path)  # away from the project's own dagster.yaml and lake.toml

    def run(*arguments: str, at: BuiltLake | None = None) -> Ran:
        if at is not None:
            monkeypatch.setenv("ECOM_LAKE_CONFIG", str(at.config))
            monkeypatch.setenv("ECOM_LAKE_ROOT", str(at.root))
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run
