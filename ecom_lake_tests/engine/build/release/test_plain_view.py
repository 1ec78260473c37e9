"""The plain view: the next build completes an interrupted one, and only one process publishes it at a time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.release import plain_view, release
from ecom_lake.engine.build.release.duckdb_catalog import write_catalog
from ecom_lake.engine.build.release.plain_view import damaged_files, is_up_to_date, update_plain_view
from ecom_lake.engine.build.release.release import roll_back
from ecom_lake.engine.serve.difference import last_two_releases
from ecom_lake_tests.builders.built_lake import BuiltLake


def test_an_interrupted_rollback_is_completed_by_the_next_build(
    fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)

    def die(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(release, "update_plain_view", die)
        with pytest.raises(KeyboardInterrupt):
            roll_back(site, old)
    assert due(site) == ["gold/release"]
    build(site)
    assert is_up_to_date(site, site.lake.log.entry(old))
    assert damaged_files(site, site.lake.log.entry(old)) == []


def test_concurrent_rollbacks_end_with_the_plain_view_of_the_current_release(
    fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process publishes a release while another rolls back: the second one waits for the first."""
    site = fresh_grown_lake.site()
    old, new = last_two_releases(site)
    roll_back(site, old)
    release.unpin(site)
    build(site)
    real, other = write_catalog, threading.Thread(target=roll_back, args=(fresh_grown_lake.site(), old))

    def slow(*given: Any) -> None:
        if not other.ident:
            other.start()
        real(*given)

    with monkeypatch.context() as during:
        during.setattr(plain_view, "write_catalog", slow)
        plain_view.invalidate(site)
        update_plain_view(site)
        other.join()
    shown = site.lake.log.released()
    assert shown is not None and shown.number == old != new
    assert is_up_to_date(site, shown)
    assert damaged_files(site, shown) == []
