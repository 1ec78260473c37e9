"""Connectors are found by their packages' names."""

from __future__ import annotations

from pathlib import Path

import pytest

import ecom_lake.shop.connectors
from ecom_lake.errors import UserError
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests.catalog import registry

ANOTHER = """
from dataclasses import replace
from ecom_lake.shop.connectors.olist import OLIST
ANOTHER = replace(OLIST, name="another_kind")
"""


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for more connectors."""
    monkeypatch.setattr(ecom_lake.shop.connectors, "__path__", [*ecom_lake.shop.connectors.__path__, str(tmp_path)])
    return tmp_path


def add(folder: Path, name: str, code: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(code, encoding="utf-8")


def test_the_built_in_connectors_are_found() -> None:
    assert registry().connector("olist", "here") is OLIST
    assert registry().connector("canonical", "here") is CANONICAL
    with pytest.raises(
        UserError, match=r"here names the connector .merging., which does not exist; known are: canonical, olist\."
    ):
        registry().connector("merging", "here")


def test_the_files_of_a_connector_are_known_without_it() -> None:
    assert registry().delivered("olist", "here") == registry().delivered("olist", "here", is_undated=True) == OLIST.delivered
    assert registry().delivered("canonical", "here") == CANONICAL.delivered
    assert CANONICAL.undated and registry().delivered("canonical", "here", is_undated=True) == CANONICAL.undated.delivered
    with pytest.raises(UserError, match=r"here names the connector .merging., which does not exist"):
        registry().delivered("merging", "here")


def test_a_new_connector_needs_only_a_package(another: Path) -> None:
    add(another, "another_kind", ANOTHER)
    assert registry().connector("another_kind", "here").name == "another_kind"
    assert registry().delivered("another_kind", "here") == OLIST.delivered


def test_a_package_must_define_the_connector_of_its_name(another: Path) -> None:
    add(another, "misnamed_kind", ANOTHER)
    with pytest.raises(TypeError, match="must define one Connector called 'misnamed_kind', and defines 0"):
        registry().connector("misnamed_kind", "here")
