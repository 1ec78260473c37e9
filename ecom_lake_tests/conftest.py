"""A small made-up shop, built once: the lake that tests read, and copies of it for tests that write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from ecom_lake.pipeline.build import build
from ecom_lake.pipeline.ingest import ingest
from ecom_lake.synth.shop import generate
from ecom_lake.synth.truths import Truths
from ecom_lake_tests.built import CONFIG, OPTIONS, BuiltLake

settings.register_profile("lake", deadline=None)  # a busy machine is no defect
settings.load_profile("lake")


@pytest.fixture(scope="session")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truths]:
    """The files of a made-up shop of 300 orders, with broken rows of every kind, and what is true of them."""
    folder = tmp_path_factory.mktemp("delivery") / "export"
    return folder, generate(folder, OPTIONS)


@pytest.fixture(scope="session")
def built_lake(delivery: tuple[Path, Truths], tmp_path_factory: pytest.TempPathFactory) -> BuiltLake:
    """For reading only: every test of the session has the same one."""
    files, truths = delivery
    lake = BuiltLake(tmp_path_factory.mktemp("lake"), truths)
    lake.config.write_text(CONFIG, encoding="utf-8")
    shutil.copytree(files, lake.landing)
    refused = [check.says for outcome in build(lake.site()) for check in outcome.checks if check.blocks]
    assert not refused
    return lake


@pytest.fixture
def fresh_lake(built_lake: BuiltLake, tmp_path: Path) -> BuiltLake:
    """A copy of it, to be written to."""
    shutil.copytree(built_lake.folder, tmp_path / "lake")
    lake = BuiltLake(tmp_path / "lake", built_lake.truths)
    ingest(lake.site())  # copies are other files, which the log has not seen
    return lake
