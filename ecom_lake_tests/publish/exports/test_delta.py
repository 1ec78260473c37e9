"""Delta tables of a release, read back by the library and by DuckDB's Parquet reader: the same rows, one version per change."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, write_deltalake

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UsageError, UserError
from ecom_lake.publish.exports import delta
from ecom_lake.publish.exports.delta import RELEASE, SHOP, export_delta
from ecom_lake.publish.exports.delta_target import delta_target
from ecom_lake.publish.exports.released_tables import released_tables
from ecom_lake_tests.azurite import Azurite
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake


def rows_of(table: DeltaTable) -> pl.DataFrame:
    frame = pl.from_arrow(table.to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(times).dt.replace_time_zone(None))


def test_every_gold_table_is_read_back_with_the_same_rows(built_lake: BuiltLake, tmp_path: Path) -> None:
    site = built_lake.site()
    done = export_delta(site, released(site), str(tmp_path))
    assert {one.table for one in done if one.is_new and one.version == 0} == set(gold_tables(site))
    for table in gold_tables(site):
        ours = gold_rows(site, released(site), table)
        theirs = rows_of(DeltaTable(tmp_path / table))
        key = list(site.registry.table(table).key)
        assert theirs.select(ours.columns).sort(key).equals(ours.sort(key)), table


def test_any_reader_can_open_them(built_lake: BuiltLake, tmp_path: Path) -> None:
    """Fabric and older Spark read no table that asks for a feature beyond reader version 1."""
    site = built_lake.site()
    export_delta(site, released(site), str(tmp_path))
    orders = DeltaTable(tmp_path / "fct_orders")
    assert (orders.protocol().min_reader_version, orders.protocol().min_writer_version) == (1, 2)
    assert orders.metadata().description == site.registry.table("fct_orders").grain


def test_only_changed_content_adds_a_version(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    first = released(fresh_lake.site())
    export_delta(fresh_lake.site(), first, str(tmp_path))
    assert not any(one.is_new for one in export_delta(fresh_lake.site(), first, str(tmp_path)))
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    build(fresh_lake.site())
    second = released(fresh_lake.site())
    changed = {one.table for one in export_delta(fresh_lake.site(), second, str(tmp_path)) if one.is_new}
    assert "fct_orders" in changed
    tables = fresh_lake.site().registry.gold
    assert changed == {name for name in tables if first.version(tables[name].id) != second.version(tables[name].id)}
    orders = DeltaTable(tmp_path / "fct_orders")
    assert [commit[RELEASE] for commit in orders.history() if commit["operation"] == "WRITE"] == [
        str(second.number),
        str(first.number),
    ]
    orders.load_as_version(0)
    assert orders.to_pyarrow_table().num_rows == fresh_lake.truths.totals.orders


def test_an_interrupted_export_is_continued(built_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = built_lake.site()

    def stop(table: str) -> None:
        if table == "fct_sales":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_delta(site, released(site), str(tmp_path), on_table=stop)
    done = export_delta(site, released(site), str(tmp_path))
    assert {one.version for one in done} == {0}
    assert {one.table for one in done if not one.is_new} == {name for name in gold_tables(site) if name < "fct_sales"}


def test_a_table_that_somebody_else_wrote_is_written_again(built_lake: BuiltLake, tmp_path: Path) -> None:
    site = built_lake.site()
    export_delta(site, released(site), str(tmp_path))
    ours = DeltaTable(tmp_path / "dim_date").to_pyarrow_table()
    write_deltalake(tmp_path / "dim_date", ours.slice(0, 1), mode="overwrite")
    assert [one.table for one in export_delta(site, released(site), str(tmp_path)) if one.is_new] == ["dim_date"]
    assert DeltaTable(tmp_path / "dim_date").to_pyarrow_table().num_rows == ours.num_rows


def test_a_table_that_the_release_no_longer_has_is_emptied(
    built_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = built_lake.site()
    few = [one for one in released_tables(site, released(site), ("gold",)) if one.contract.name in ("rfm_segments", "dim_date")]
    monkeypatch.setattr(delta, "released_tables", lambda *_: few)
    export_delta(site, released(site), str(tmp_path))
    for theirs in ("churn_scores", "their_own"):
        write_deltalake(tmp_path / theirs, pa.table({"a": [1]}))
    (tmp_path / "rfm_segments").rename(tmp_path / "no_longer_known")
    shutil.copytree(tmp_path / "no_longer_known", tmp_path / "rfm_segments")
    monkeypatch.setattr(delta, "released_tables", lambda *_: few[:1])
    kept, *gone = export_delta(site, released(site), str(tmp_path))
    assert (kept.table, kept.is_new) == ("dim_date", False)
    assert [(one.table, one.rows, one.is_new) for one in gone] == [("no_longer_known", 0, True), ("rfm_segments", 0, True)]
    emptied = DeltaTable(tmp_path / "rfm_segments")
    assert (emptied.version(), emptied.to_pyarrow_table().num_rows) == (gone[1].version, 0)
    assert [DeltaTable(tmp_path / one).to_pyarrow_table().num_rows for one in ("churn_scores", "their_own")] == [1, 1]
    assert not any(one.is_new for one in export_delta(site, released(site), str(tmp_path)))
    monkeypatch.setattr(delta, "released_tables", lambda *_: few)
    back = export_delta(site, released(site), str(tmp_path))
    assert [(one.table, one.is_gone) for one in back if one.is_new] == [("rfm_segments", False)]


def test_a_table_that_cannot_be_opened_is_passed_over_unless_it_is_ours(
    built_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The table after it in the alphabet is emptied."""
    site = built_lake.site()
    ours, former = tmp_path / "dim_date", tmp_path / "no_longer_known"
    write_deltalake(former, pa.table({"a": [1]}), commit_properties=CommitProperties({SHOP: site.shop.name}))
    _of_a_future_reader(tmp_path / "a_table_of_others")
    monkeypatch.setattr(delta, "released_tables", lambda *_: [])
    done = export_delta(site, released(site), str(tmp_path))
    assert [(one.table, one.is_gone, one.is_new) for one in done] == [("no_longer_known", True, True)]
    [event] = [one for one in caplog.messages if "passed over" in one]
    assert f"place={tmp_path}/a_table_of_others" in event
    _of_a_future_reader(ours)
    with pytest.raises(UserError, match=f"The Delta table {ours} could not be written: .*futureFeature"):
        export_delta(site, released(site), str(tmp_path))


def _of_a_future_reader(table: Path) -> None:
    """A Delta table with a feature that no reader knows."""
    write_deltalake(table, pa.table({"a": [1]}))
    log = table / "_delta_log" / "00000000000000000000.json"
    actions = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    features = {"readerFeatures": ["futureFeature"], "writerFeatures": ["futureFeature"]}
    [protocol] = [action for action in actions if "protocol" in action]
    protocol["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7, **features}
    log.write_text("\n".join(map(json.dumps, actions)), "utf-8")


def test_the_tables_of_another_shop_are_not_touched(built_lake: BuiltLake, tmp_path: Path) -> None:
    """Also those that come after tables which the folder lacks, and those that somebody compacted since."""
    site = built_lake.site()
    last = max(gold_tables(site))
    write_deltalake(tmp_path / last, pa.table({"a": [1]}), commit_properties=CommitProperties({SHOP: "theirs"}))
    write_deltalake(tmp_path / last, pa.table({"a": [2]}), mode="overwrite")
    with pytest.raises(UserError, match=f"{last} has the table of shop 'theirs': name another folder for 'olist'"):
        export_delta(site, released(site), str(tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == [last]


def test_old_files_go_though_nothing_changed(built_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right after a table was overwritten its files are too new to be deleted."""
    site = built_lake.site()
    [one] = [one for one in released_tables(site, released(site), ("gold",)) if one.contract.name == "rfm_segments"]
    table = tmp_path / "rfm_segments"
    write_deltalake(table, pa.table({"customer": ["erased"]}))
    [old] = table.glob("*.parquet")
    for tables in ([one], []):
        monkeypatch.setattr(delta, "released_tables", lambda *_, kept=tables: kept)
        export_delta(site, released(site), str(tmp_path))
        assert old.exists()
        _age_removals(table, days=8)
        logs = {int(one.stem): one.read_text("utf-8") for one in (table / "_delta_log").glob("*.json")}
        written = max(version for version, log in logs.items() if '"operation":"WRITE"' in log)
        for _ in range(2):  # the first one deletes, which makes later versions
            done = export_delta(site, released(site), str(tmp_path))
            assert [(one.is_new, one.version) for one in done] == [(False, written)]
        assert not old.exists()
        assert DeltaTable(table).version() > written
        [old] = table.glob("*.parquet") if tables else [old]


def _age_removals(table: Path, days: int) -> None:
    """The log as it is some days after the last removal of a file."""
    log = max(one for one in (table / "_delta_log").glob("*.json") if "deletionTimestamp" in one.read_text("utf-8"))
    older = re.sub(
        r'"deletionTimestamp":(\d+)',
        lambda found: f'"deletionTimestamp":{int(found[1]) - days * 86_400_000}',
        log.read_text("utf-8"),
    )
    log.write_text(older, "utf-8")


def test_a_folder_that_cannot_be_written_is_one_sentence(built_lake: BuiltLake, tmp_path: Path) -> None:
    site = built_lake.site()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / sorted(gold_tables(site))[0]).write_text("a file", encoding="utf-8")
    with pytest.raises(UserError, match="could not be written: "):
        export_delta(site, released(site), str(tmp_path / "target"))
    with pytest.raises(UsageError, match="is a file: name a folder"):
        delta_target(str(tmp_path / "target" / sorted(gold_tables(site))[0]), built_lake.settings.access)


@pytest.mark.azure
def test_they_are_written_to_azure_with_the_credentials_of_the_lake(
    built_lake: BuiltLake, emulator: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, access = built_lake.site(), emulator.access(tmp_path)
    place = delta_target(f"{emulator.container()}/delta", access)
    assert "AccountKey" not in repr(place) and access.connection_string.reveal() not in repr(place)
    kept = [one for one in released_tables(site, released(site), ("gold",)) if one.contract.name == "rfm_segments"]
    monkeypatch.setattr(delta, "released_tables", lambda *_: kept)
    assert [one.is_new for one in export_delta(site, released(site), place.url, place.options)] == [True]
    assert [one.is_new for one in export_delta(site, released(site), place.url, place.options)] == [False]
    written = DeltaTable(f"{place.url}/rfm_segments", storage_options=dict(place.options))
    assert rows_of(written).height == gold_rows(site, released(site), "rfm_segments").height
    options = dict(place.options)
    for name, shop in (("no_longer_known", site.shop.name), ("their_own", "theirs")):
        properties = CommitProperties({SHOP: shop})
        write_deltalake(f"{place.url}/{name}", pa.table({"a": [1]}), storage_options=options, commit_properties=properties)
    _, gone = export_delta(site, released(site), place.url, place.options)
    assert (gone.table, gone.rows, gone.is_new) == ("no_longer_known", 0, True)
    there = {
        one: DeltaTable(f"{place.url}/{one}", storage_options=options).to_pyarrow_table() for one in (gone.table, "their_own")
    }
    assert [table.num_rows for table in there.values()] == [0, 1]
