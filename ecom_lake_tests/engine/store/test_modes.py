"""Which users of this machine can read a lake: the file modes are compared, because root can read every file."""

from __future__ import annotations

import grp
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.cache import Cache
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.modes import Modes, group_of
from ecom_lake.errors import UserError

GROUP = grp.getgrgid(os.getgid()).gr_name
"""A group of the user that runs the tests."""


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def modes(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): mode(path) for path in sorted(root.rglob("*"))}


def filled(root: Path, readers: str = "") -> Lake:
    """A lake with a file in each folder, written by each of the store's write functions."""
    root.mkdir()
    root.chmod(0o755)
    lake = Lake(str(root), "shop", Access(readers=readers))
    lake.store.create("shop/_store/log/00000001.json", b"{}")
    (root / "local").write_bytes(b"x")
    lake.store.put(root / "local", "shop/_store/gold/rfm/1.parquet")
    lake.store.copy("shop/_store/gold/rfm/1.parquet", "shop/gold/rfm.parquet")
    lake.store.copy("shop/_store/gold/rfm/1.parquet", "shop/gold/fct_sales/month=2018-01.parquet")
    lake.store.copy("shop/_store/gold/rfm/1.parquet", "shop/silver/orders/month=2018-01.parquet")
    lake.store.write("shop/release.json", b"{}")
    lake.store.write("shop/catalog.duckdb", b"x")
    (root / "export.csv").write_bytes(b"x")
    lake.landing.add(root / "export.csv", "2018/export.csv")
    (root / "export.csv").unlink()
    with lake.scratch(), lake.turn():
        pass
    return lake


CLOSED = {
    "shop": "700",
    "shop/_store": "700",
    "shop/_store/gold": "700",
    "shop/_store/gold/rfm": "700",
    "shop/_store/gold/rfm/1.parquet": "600",
    "shop/_store/log": "700",
    "shop/_store/log/00000001.json": "600",
    "shop/_store/scratch": "700",
    "shop/catalog.duckdb": "600",
    "shop/gold": "700",
    "shop/gold/fct_sales": "700",
    "shop/gold/fct_sales/month=2018-01.parquet": "600",
    "shop/gold/rfm.parquet": "600",
    "shop/landing": "700",
    "shop/landing/2018": "700",
    "shop/landing/2018/export.csv": "600",
    "shop/release.json": "600",
    "shop/silver": "700",
    "shop/silver/orders": "700",
    "shop/silver/orders/month=2018-01.parquet": "600",
}
TO_READERS = {
    "shop": "710",
    "shop/gold": "750",
    "shop/gold/fct_sales": "750",
    "shop/gold/fct_sales/month=2018-01.parquet": "640",
    "shop/gold/rfm.parquet": "640",
    "shop/release.json": "640",
}


def test_only_the_owner_can_read_written_files(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    assert modes(tmp_path / "data") == CLOSED
    assert mode(tmp_path / "data") == "755", "folders above the shops must not change"


def test_readers_can_read_only_the_plain_gold_files(tmp_path: Path) -> None:
    filled(tmp_path / "data", GROUP)
    assert modes(tmp_path / "data") == CLOSED | TO_READERS


@pytest.mark.parametrize("readers", ["", GROUP])
def test_the_folders_of_an_older_lake_are_restricted_and_opened_to_its_readers(tmp_path: Path, readers: str) -> None:
    root = tmp_path / "data"
    filled(root)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    lake = Lake(str(root), "shop", Access(readers=readers))
    lake.restrict()
    now, wanted = modes(root), CLOSED | (TO_READERS if readers else {})
    near = {path for path in wanted if path.count("/") < 2} | (TO_READERS.keys() if readers else set())
    assert {path: now[path] for path in near} == {path: wanted[path] for path in near}
    changed = {path: path.stat().st_ctime_ns for path in root.rglob("*")}
    lake.restrict()
    assert {path: path.stat().st_ctime_ns for path in root.rglob("*")} == changed, "a second call changes nothing"


def test_readers_that_are_removed_from_the_settings_lose_access(tmp_path: Path) -> None:
    filled(tmp_path / "data", GROUP)
    Lake(str(tmp_path / "data"), "shop").restrict()
    assert (mode(tmp_path / "data/shop"), mode(tmp_path / "data/shop/gold")) == ("700", "700")


def test_a_group_with_write_access_to_landing_keeps_it(tmp_path: Path) -> None:
    lake, landing = filled(tmp_path / "data"), tmp_path / "data/shop/landing"
    landing.chmod(0o2777)
    lake.restrict()
    assert (mode(landing), mode(tmp_path / "data/shop")) == ("2770", "711")


def test_the_modes_of_a_landing_outside_the_lake_are_not_changed(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir(mode=0o755)
    (tmp_path / "orders.csv").write_bytes(b"x")
    (tmp_path / "orders.csv").chmod(0o644)
    lake = Lake(str(tmp_path / "data"), "shop", landing=str(tmp_path / "inbox"))
    lake.landing.add(tmp_path / "orders.csv", "orders.csv")
    lake.restrict()
    assert (mode(tmp_path / "inbox"), mode(tmp_path / "inbox/orders.csv")) == ("755", "644")


def test_the_error_for_an_unknown_group_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lake\.toml names 'no-such-group' as readers, and this machine has no such group"):
        Modes(tmp_path, "no-such-group").restrict("shop")


def test_only_the_owner_can_read_cached_copies_of_a_remote_store(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir(mode=0o755)
    Cache(tmp_path, "store", 1_000_000)
    assert {mode(tmp_path / part) for part in ("files", "held", "locks")} == {"700"}


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="only root can become somebody else")
def test_another_user_can_read_nothing_and_a_reader_the_plain_gold_files(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)  # pytest's folders are private too
    filled(tmp_path / "data", "daemon")

    def reads(path: str, group: int) -> bool:
        command = ["setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups", "cat", str(tmp_path / "data/shop" / path)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    gold, store, landing = "gold/rfm.parquet", "_store/gold/rfm/1.parquet", "landing/2018/export.csv"
    reader, stranger = group_of("daemon"), 65534
    assert [reads(path, reader) for path in (gold, "release.json", store, landing, "catalog.duckdb")] == [True] * 2 + [False] * 3
    assert not any(reads(path, stranger) for path in (gold, "release.json", store, landing, "catalog.duckdb"))
