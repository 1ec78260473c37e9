"""Whether a build is due is found without reading what the tables were built from, as long as nothing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.outdated import definitions
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake_tests.builders.built_lake import BuiltLake


def manifests_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the manifests that are read from now on."""
    paths: list[str] = []
    read = site.lake.store.read_immutable

    def recorded(path: str) -> bytes:
        paths.extend([path] if "/manifests/" in path else [])
        return read(path)

    monkeypatch.setattr(site.lake.store, "read_immutable", recorded)
    return paths


def test_nothing_is_due_without_a_manifest_being_read(built_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    site = built_lake.site()
    paths = manifests_read(site, monkeypatch)
    assert due(site) == []
    assert paths == []


def test_other_settings_make_tables_due(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    longer = replace(site, shop=replace(site.shop, last_month=date(2017, 6, 1)))
    assert definitions(longer) != definitions(site)
    assert "silver/orders" in due(longer)
    other = replace(site, shop=replace(site.shop, numbers=site.shop.numbers.model_copy(update={"rfm_f2": 3})))
    assert "gold/rfm" in due(other)


def test_a_state_with_other_tables_is_not_the_release(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    after = site.lake.log.commit(lambda head: head.with_parts(TableId("gold", "rfm"), {WHOLE: None}), "run", "rfm is gone")
    assert after.definitions == ""
    assert "gold/rfm" in due(site)
