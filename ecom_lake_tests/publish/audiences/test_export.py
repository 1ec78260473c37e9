"""Exporting an audience: nobody whom an erasure removes meanwhile returns to a campaign."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.file_lock import try_lock
from ecom_lake.publish.audiences import export
from ecom_lake.publish.audiences.campaign import read_campaign
from ecom_lake.publish.audiences.export import export_audience
from ecom_lake.publish.audiences.forgotten import forget_customers
from ecom_lake.publish.audiences.groups import Audiences, audiences
from ecom_lake_tests.builders.built_lake import BuiltLake


def is_in_turn(site: Site) -> bool:
    """Whether another writer has to wait."""
    release = try_lock(site.lake.store.lock_folder("olist/_store"))
    if release:
        release()
    return release is None


def test_an_export_and_an_erasure_wait_for_each_other(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    site, seen = fresh_lake.site(), list[tuple[str, bool]]()

    def read(site: Site, entry: Entry) -> Audiences:
        seen.append(("read", is_in_turn(site)))
        return audiences(site, entry)

    def write(customers: Sequence[str]) -> None:
        seen.append(("write", is_in_turn(site)))

    monkeypatch.setattr(export, "audiences", read)
    audience = next(iter(audiences(site, released(site))))
    assert not is_in_turn(site)
    done = export_audience(site, audience, "spring", 0.5, write)
    person = min(done.campaign.members)

    def erased_among(customers: Collection[str]) -> set[str]:
        seen.append(("erase", is_in_turn(site)))
        assert set(customers) == done.campaign.members
        return {person}

    assert forget_customers(site, erased_among) == 1
    assert seen == [("read", True), ("write", True), ("erase", True)]
    left = read_campaign(site, "spring")
    assert left is not None and left.members == done.campaign.members - {person}
