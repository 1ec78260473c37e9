"""A folder into which others write files: the checked file is the file that is read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ecom_lake.engine.store import inbox
from ecom_lake.engine.store.inbox import LINK_OUT, LINK_TO_FOLDER, LINK_TO_NOTHING, Inbox

SECRET = "root:$6$secret"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside" / "2018").mkdir(parents=True)
    for name in ("shadow", "2018/orders.csv"):
        (tmp_path / "outside" / name).write_text(SECRET, encoding="utf-8")
    return tmp_path / "outside"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "landing" / "2018").mkdir(parents=True)
    (tmp_path / "landing" / "2018" / "orders.csv").write_text("fine", encoding="utf-8")
    return tmp_path / "landing"


def reasons(folder: Path) -> dict[str, str]:
    return {info.path: info.refused for info in Inbox(folder).list("")}


def test_entries_that_are_not_files_of_the_folder_are_listed_with_the_reason(folder: Path, outside: Path) -> None:
    (folder / "out.csv").symlink_to(outside / "shadow")
    (folder / "up.csv").symlink_to("../outside/shadow")
    (folder / "2017").symlink_to(outside / "2018")
    (folder / "again").symlink_to("2018")
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "gone.csv").symlink_to("2018/gone.csv")
    (folder / "in.csv").symlink_to("2018/orders.csv")
    os.mkfifo(folder / "pipe.csv")
    (folder / "late.csv").symlink_to("pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)  # the names of sockets are short
        try:
            server.bind("socket.csv")
        finally:
            os.chdir(here)
    assert reasons(folder) == {
        "2017": LINK_OUT,
        "2018/orders.csv": "",
        "again": LINK_TO_FOLDER,
        "gone.csv": LINK_TO_NOTHING,
        "in.csv": "",
        "late.csv": LINK_TO_NOTHING,
        "loop.csv": LINK_TO_NOTHING,
        "out.csv": LINK_OUT,
        "pipe.csv": "is a pipe, not a file: remove it from there.",
        "socket.csv": "is a socket, not a file: remove it from there.",
        "up.csv": LINK_OUT,
    }


@pytest.mark.parametrize("name", ["out.csv", "2018/up.csv", "2017/orders.csv", "pipe.csv", "2018", "gone.csv"])
def test_only_files_of_the_folder_are_opened(folder: Path, outside: Path, name: str) -> None:
    (folder / "out.csv").symlink_to(outside / "shadow")
    (folder / "2018" / "up.csv").symlink_to("../../outside/shadow")
    (folder / "2017").symlink_to(outside / "2018")
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(FileNotFoundError), Inbox(folder).opened(name):
        pass


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert reasons(tmp_path / "link") == {"2018/orders.csv": ""}
    with Inbox(tmp_path / "link").opened("2018/orders.csv") as local:
        assert local.read_text(encoding="utf-8") == "fine"


@pytest.mark.parametrize("swapped", ["2018/orders.csv", "2018"])
def test_a_link_that_replaces_the_file_between_check_and_opening_is_not_followed(
    folder: Path, outside: Path, swapped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is replaced directly after the path was resolved, which is the last possible moment."""
    resolved = Inbox._inside

    def then_swap(self: Inbox, path: str) -> object:
        steps = resolved(self, path)
        (folder / swapped).rename(folder / "moved")
        (folder / swapped).symlink_to(outside / swapped)
        return steps

    monkeypatch.setattr(Inbox, "_inside", then_swap)
    with pytest.raises(FileNotFoundError), Inbox(folder).opened("2018/orders.csv"):
        pass


@pytest.mark.parametrize("by_number", [True, False])
def test_a_file_that_replaces_the_opened_one_is_not_read(
    folder: Path, outside: Path, by_number: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not by_number:  # a system without /proc
        monkeypatch.setattr(inbox, "_OPEN_FILES", tmp_path / "proc")
    with Inbox(folder).opened("2018/orders.csv") as local:
        (folder / "2018" / "orders.csv").unlink()
        (folder / "2018" / "orders.csv").symlink_to(outside / "shadow")
        assert [local.read_text(encoding="utf-8") for _ in range(2)] == ["fine", "fine"]


def test_nothing_is_written_through_a_link_out_of_the_folder(folder: Path, outside: Path) -> None:
    (folder / "2017").symlink_to(outside)
    with pytest.raises(OSError, match="link that leads out"):
        Inbox(folder).add(folder / "2018" / "orders.csv", "2017/orders.csv")
    assert not (outside / "orders.csv").exists()
