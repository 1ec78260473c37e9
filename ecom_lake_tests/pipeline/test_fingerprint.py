"""What a table's fingerprint holds of the code: all that makes it, and nothing of what does not."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import ecom_lake
import ecom_lake.connectors
from ecom_lake.pipeline import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of two connectors and what they share."""
    folder = tmp_path / "package"
    for name in ("connector.py", "merging.py", "shaping.py", "olist/orders.py", "canonical/rows.py"):
        file = folder / "connectors" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("before", encoding="utf-8")
    monkeypatch.setattr(ecom_lake, "__file__", str(folder / "__init__.py"))
    fingerprint.code_of.cache_clear()
    yield folder
    fingerprint.code_of.cache_clear()


@pytest.mark.parametrize(
    ("changed", "touches"),
    [("olist/orders.py", True), ("shaping.py", True), ("canonical/rows.py", False), ("olist/new.py", True)],
)
def test_a_connectors_code_is_its_own_and_the_shared_one(package: Path, changed: str, touches: bool) -> None:
    before = fingerprint.connector_code("olist")
    (package / "connectors" / changed).write_text("after", encoding="utf-8")
    fingerprint.code_of.cache_clear()
    assert (fingerprint.connector_code("olist") != before) is touches


def test_nothing_that_connectors_share_is_forgotten() -> None:
    shared = {module.name for module in pkgutil.iter_modules(ecom_lake.connectors.__path__) if not module.ispkg}
    assert shared == set(fingerprint.SHARED_BY_CONNECTORS)
