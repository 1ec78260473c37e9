"""What is kept beyond the lake's own files: on Azure, where the emulator has snapshots and soft delete, but no versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.forget.proof import prove
from ecom_lake.engine.store.made import Made, made_files
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.engine.store.remote import RemoteStore
from ecom_lake_tests.azurite import Azurite
from ecom_lake_tests.builders.built_lake import Place


def test_what_was_made_is_recorded_once(place: Place) -> None:
    lake = place.lake()
    for _ in range(2):
        lake.record_made("Excel workbook", Path("/somewhere/shop.xlsx"))
    lake.record_made("database", "warehouse")
    assert [(one.kind, one.target) for one in made_files(lake.store, "shop")] == [
        ("Excel workbook", "/somewhere/shop.xlsx"),
        ("database", "warehouse"),
    ]


def test_a_lake_that_may_not_be_written_records_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Place(str(tmp_path / "store")).lake()

    def refused(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lake.store, "create", refused)
    lake.record_made("Excel workbook", tmp_path / "shop.xlsx")
    assert made_files(lake.store, "shop") == list[Made]()


def test_snapshots_of_azure_are_named(emulator: Azurite, tmp_path: Path) -> None:
    from azure.storage.blob import BlobServiceClient

    url = emulator.container()
    store = open_store(f"{url}/lakes/ours", emulator.access(tmp_path / "cache"))
    assert isinstance(store, RemoteStore)
    store.write("olist/a.csv", b"canary-4f1a9c")
    store.write("olist/b.csv", b"nothing")
    assert not [what for what, _ in store.kept_versions() if "snapshot" in what]
    with BlobServiceClient.from_connection_string(emulator.connection_string) as service:
        service.get_blob_client(url.removeprefix("az://"), "lakes/ours/olist/a.csv").create_snapshot()
        service.get_blob_client(url.removeprefix("az://"), "lakes/ours/olist/a.csv").create_snapshot()
    [(what, remedy)] = [found for found in store.kept_versions() if "snapshot" in found[0]]
    assert what.startswith("2 snapshots below test-") and "delete them" in remedy


def test_a_remote_store_is_proved_by_its_list_and_its_cache_is_cleared(emulator: Azurite, tmp_path: Path) -> None:
    store = open_store(emulator.container(), emulator.access(tmp_path / "cache"))
    assert isinstance(store, RemoteStore)
    (local := tmp_path / "a.parquet").write_bytes(b"canary-4f1a9c")
    store.put_immutable(local, "olist/_store/a.parquet", "")
    assert [hit.place for hit in prove([store], ["canary-4f1a9c"]).hits] == [store.where("olist/_store/a.parquet")]
    shared = tmp_path / "cache" / "files"
    assert prove([shared], ["canary-4f1a9c"]).hits
    assert store.cache.clear() == 0
    assert not prove([tmp_path / "cache" / "files"], ["canary-4f1a9c"]).hits
    other = open_store("az://other", emulator.access(tmp_path / "cache"))
    assert isinstance(other, RemoteStore) and other.cache
    assert store.cache.clear() == 1  # another one that may hold copies
