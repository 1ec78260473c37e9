"""The linters of Dockerfiles, compose.yaml and the manifests of Kubernetes. None of them needs the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ecom_lake_tests.needs import dclint_installed
from ecom_lake_tests.project import PROJECT


def hadolint(file: Path) -> str:
    return _found(_program("hadolint"), "--no-color", file)


def compose_schema(file: Path) -> str:
    return _found(_program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", file)


def dclint(file: Path) -> str:
    """Its errors; the warnings are about the order of keys."""
    return _found("node", dclint_installed(), "--quiet", file)


def kubernetes(file: Path) -> str:
    return _found(_program("kubernetes-validate"), "--strict", "--quiet", file)


def _program(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def _found(*command: str | Path) -> str:
    """What a linter has found; empty if nothing."""
    run = subprocess.run([str(one) for one in command], cwd=PROJECT, capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else run.stdout + run.stderr or f"exit code {run.returncode}"
