from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.maintenance import expiry
from ecom_lake.engine.build.maintenance.expiry import delete_overdue, is_overdue, overdue_landing
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.release.release import make_release, roll_back, unpin
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.forget.proof import prove
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.settings import load
from ecom_lake_tests.builders.built_lake import BuiltLake


def _keep(lake: BuiltLake, settings: str) -> Site:
    """The shop with this section."""
    config = lake.config.read_text(encoding="utf-8")
    lake.config.write_text(
        config.replace("[shops.empty]", f"[shops.olist.retention]\n{settings}\n[shops.empty]", 1), encoding="utf-8"
    )
    return lake.site()


def _make_old(lake: BuiltLake, name: str, days: int) -> Path:
    path = lake.landing / name
    when = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (when, when))
    return path


def _make_store_old(lake: BuiltLake, days: int) -> None:
    """As if bronze and rejects had been written so many days ago."""
    when = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    for layer in ("bronze", "rejects"):
        for path in (lake.root / "olist" / "_store" / layer).rglob("*.parquet"):
            os.utime(path, (when, when))


def _rejected(entry: Entry) -> int:
    return sum(file.rows for table, parts in entry.tables.items() if table.layer == "rejects" for file in parts.values())


def _raw(site: Site) -> list[str]:
    head = site.lake.log.head()
    tables = [table for table in head.tables if table.layer == "rejects"]
    return [raw for table in tables for path in site.lake.paths(head, table) for raw in pl.read_parquet(path)["raw"] if raw]


def test_old_landed_files_go_and_all_tables_stay(fresh_lake: BuiltLake) -> None:
    old = [_make_old(fresh_lake, path.name, 31) for path in sorted(fresh_lake.landing.iterdir())[:2]]
    young = sorted(fresh_lake.landing.iterdir())[2:]
    site = _keep(fresh_lake, "landing_days = 30")
    ingest(site)  # the times have changed
    before = site.lake.log.head().tables
    assert not is_overdue(site)  # old files that came today
    _make_store_old(fresh_lake, 31)
    assert is_overdue(site)
    [note] = delete_overdue(site)
    assert note.startswith("Deleted 2 landed files")
    assert not any(path.exists() for path in old) and all(path.exists() for path in young)
    ingest(fresh_lake.site())
    head = site.lake.log.head()
    assert head.tables == before and {path.name for path in young} == set(head.landing)
    assert not is_overdue(site) and delete_overdue(site) == []


def test_a_release_deletes_what_is_overdue_also_if_nothing_is_new(fresh_lake: BuiltLake) -> None:
    for path in fresh_lake.landing.iterdir():
        _make_old(fresh_lake, path.name, 2)
    site = _keep(fresh_lake, "landing_days = 1")
    ingest(site)
    _make_store_old(fresh_lake, 2)
    roll_back(site, site.lake.log.head().release or 0)
    assert not is_overdue(site)  # a pinned lake deletes nothing
    unpin(site)
    outcome = make_release(site)
    assert any("landed files" in note for note in outcome.notes)
    assert not list(fresh_lake.landing.iterdir())


def test_a_file_that_is_refused_new_or_changed_stays(fresh_lake: BuiltLake) -> None:
    site = _keep(fresh_lake, "landing_days = 0")
    known = {info.path for info in overdue_landing(site, site.lake.log.head())}
    (fresh_lake.landing / "unknown.csv").write_text("nothing,known\n1,2\n", encoding="utf-8")
    ingest(site)
    (fresh_lake.landing / "new_orders.csv").write_text("order_id\nx\n", encoding="utf-8")
    changed = fresh_lake.landing / min(known)
    changed.write_bytes(changed.read_bytes() + b"\n")
    assert {info.path for info in overdue_landing(site, site.lake.log.head())} == known - {changed.name}


def test_the_text_of_old_rejects_is_gone_from_every_byte(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    (fresh_lake.landing / "olist_orders_dataset_2.csv").write_text(
        "order_id,customer_id,order_status,order_purchase_timestamp\nbroken canary-4f1a9c,too,many,fields,here\n",
        encoding="utf-8",
    )
    _make_old(fresh_lake, "olist_orders_dataset_2.csv", 100)
    ingest(site)
    assert any("canary-4f1a9c" in raw for raw in _raw(site))
    rejected, version = _rejected(site.lake.log.head()), {t: site.lake.log.head().version(t) for t in site.lake.log.head().tables}
    site = _keep(fresh_lake, "rejects_days = 90")
    assert not is_overdue(site)  # an old file that came today
    _make_store_old(fresh_lake, 91)
    [note] = delete_overdue(site)
    assert "rejected record" in note
    head = site.lake.log.head()
    assert not any("canary-4f1a9c" in raw for raw in _raw(site))
    assert _rejected(head) == rejected and {table: head.version(table) for table in head.tables} == version
    with session(site, head) as opened:
        rows = list(opened.ask("select raw is null, source_sequence is null from rejects.orders order by 1").rows())
    assert rows == [(False, False)] * 3 + [(True, False)]  # the records of the younger delivery keep their text
    (fresh_lake.landing / "olist_orders_dataset_2.csv").unlink()
    collect_garbage(site, find_garbage(site, timedelta(0)))
    assert not [hit.place for hit in prove([fresh_lake.root], ["canary-4f1a9c"]).hits]
    assert not is_overdue(site)


def test_what_could_not_be_deleted_is_reported(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    site = _keep(fresh_lake, "landing_days = 0")
    with monkeypatch.context() as patched:
        patched.setattr(type(site.lake.landing), "delete", lambda *_: None)
        assert [note.endswith("are still there.") for note in delete_overdue(site)] == [True]

    def refused(*_: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(expiry, "_delete_landing", refused)
    monkeypatch.setattr(expiry, "is_overdue", lambda _: True)
    assert delete_overdue(site) == ["What is older than [retention] allows was not deleted: PermissionError"]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("landing_days = -1", "landing_days must be at least 0, not -1"),
        ('rejects_days = "1"', "rejects_days must be a whole number"),
        ("texts_days = 61", "texts_days must be at least 62, not 61"),
        ("bronze_days = 3", "there is no setting 'bronze_days'"),
    ],
)
def test_wrong_settings_are_refused_with_a_sentence(written: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text(f"[shops.olist.retention]\n{written}\n", encoding="utf-8")
    settings = load(environment={"ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml")})
    with pytest.raises(UserError, match=why):
        settings.shop("olist")
