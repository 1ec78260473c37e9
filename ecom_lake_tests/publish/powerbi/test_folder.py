"""Writing a project into a folder: all at once, again and again, after an interruption, and over what a user changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ecom_lake.errors import UsageError
from ecom_lake.publish.powerbi import folder as folder_module
from ecom_lake.publish.powerbi.folder import RECORD, write_project
from ecom_lake.publish.powerbi.project import MODEL, REPORT

PAGE, TABLE = f"{REPORT}/definition/pages/a/page.json", f"{MODEL}/definition/tables/Date.tmdl"
FIRST = {"EcomLake.pbip": "{}\n", TABLE: "table Date\n", PAGE: "{}\n", f"{REPORT}/definition/pages/b/page.json": "{}\n"}
SECOND = {"EcomLake.pbip": "{}\n", TABLE: "table Date\n\tlineageTag: x\n", PAGE: '{"name": "a"}\n'}


def contents(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != RECORD)
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "some" / "project"
    write_project(target, FIRST)
    return target


def test_a_new_folder_has_exactly_the_files(folder: Path) -> None:
    assert contents(folder) == FIRST
    assert [one.name for one in folder.parent.iterdir()] == ["project"]


def test_an_empty_folder_is_filled_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the current folder, a volume or what a link points to: none of them can be replaced by another folder."""
    here, linked, link = tmp_path / "here", tmp_path / "linked", tmp_path / "link"
    here.mkdir()
    linked.mkdir()
    link.symlink_to(linked)
    monkeypatch.chdir(here)
    before = here.stat().st_ino
    for given, folder in ((Path(), here), (link, linked)):
        write_project(given, FIRST)
        assert contents(folder) == FIRST
        write_project(given, SECOND)
        assert contents(folder) == SECOND
    assert (here.stat().st_ino, link.is_symlink()) == (before, True)


def test_a_second_project_replaces_the_first(folder: Path) -> None:
    assert write_project(folder, SECOND).kept == ()
    assert contents(folder) == SECOND
    assert not (folder / REPORT / "definition" / "pages" / "b").exists()


@pytest.mark.parametrize("content", [{"notes.txt": "mine"}, {RECORD: "{}"}, {RECORD: "not JSON"}])
def test_a_folder_of_someone_else_is_refused_and_unchanged(tmp_path: Path, content: Mapping[str, str]) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="did not write it"):
        write_project(tmp_path, FIRST)
    assert {one.name: one.read_text(encoding="utf-8") for one in tmp_path.iterdir()} == content


# -------------------------------------------------------------------------------------------------- what a user changed


def test_a_changed_report_is_kept_and_the_model_is_updated(folder: Path) -> None:
    (folder / PAGE).write_text('{"mine": true}', encoding="utf-8")
    for _ in range(2):  # the change is still known after an update
        assert write_project(folder, SECOND).kept == (PAGE,)
        assert contents(folder) == {**FIRST, TABLE: SECOND[TABLE], PAGE: '{"mine": true}'}


def test_a_page_that_was_added_is_a_change(folder: Path) -> None:
    added = f"{REPORT}/definition/pages/mine/page.json"
    (folder / added).parent.mkdir()
    (folder / added).write_text("{}", encoding="utf-8")
    assert write_project(folder, SECOND).kept == (added,)
    assert added in contents(folder)
    assert write_project(folder, SECOND, overwrite=["report"]).kept == ()
    assert contents(folder) == SECOND


def test_a_page_that_was_deleted_is_a_change(folder: Path) -> None:
    (folder / PAGE).unlink()
    assert write_project(folder, SECOND).kept == (PAGE,)
    assert PAGE not in contents(folder)


def test_a_changed_model_is_an_error_unless_it_may_be_replaced(folder: Path) -> None:
    (folder / TABLE).write_text("table Mine\n", encoding="utf-8")
    before = contents(folder)
    with pytest.raises(UsageError, match=r"1 file \(.*Date.tmdl\) of the model changed .* --overwrite model"):
        write_project(folder, SECOND)
    assert contents(folder) == before
    write_project(folder, SECOND, overwrite=["model"])
    assert contents(folder) == SECOND


def test_line_ends_of_windows_are_no_change(folder: Path) -> None:
    (folder / TABLE).write_bytes(FIRST[TABLE].replace("\n", "\r\n").encode())
    assert write_project(folder, SECOND).kept == ()


def test_files_that_power_bi_keeps_for_itself_stay(folder: Path) -> None:
    cache = folder / MODEL / ".pbi" / "cache.abf"
    cache.parent.mkdir()
    cache.write_bytes(b"data")
    write_project(folder, SECOND)
    assert cache.read_bytes() == b"data"


# ---------------------------------------------------------------------------------------------------------- interruptions


class Interrupted(BaseException):
    """Like kill -9: no code catches it."""


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Ends the process, as it were, instead of the next change of the disk after so many."""
    real_replace, real_remove = Path.replace, folder_module._remove
    left = [after]

    def counted() -> None:
        if left[0] == 0:
            raise Interrupted
        left[0] -= 1

    def replace(self: Path, target: Path) -> Path:
        counted()
        return real_replace(self, target)

    def remove(target: Path, path: str) -> None:
        counted()
        real_remove(target, path)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(folder_module, "_remove", remove)


@pytest.mark.parametrize("after", range(6))
def test_filling_an_empty_folder_is_completed_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with monkeypatch.context() as patched:
        interrupt(patched, after)
        with pytest.raises(Interrupted):
            write_project(tmp_path, FIRST)
    assert write_project(tmp_path, FIRST).kept == ()
    assert contents(tmp_path) == FIRST


@pytest.mark.parametrize("after", range(6))
def test_an_interrupted_update_is_completed_by_the_next_run(folder: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    with monkeypatch.context() as patched:
        interrupt(patched, after)
        with pytest.raises(Interrupted):
            write_project(folder, SECOND)
    assert write_project(folder, SECOND).kept == ()
    assert contents(folder) == SECOND


def test_an_interrupted_first_run_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "project"
    for after in range(len(FIRST) + 2):
        with monkeypatch.context() as patched:
            interrupt(patched, after)
            with pytest.raises(Interrupted):
                write_project(target, FIRST)
        assert not target.exists()
    write_project(target, FIRST)
    assert contents(target) == FIRST


def test_an_update_after_an_interruption_still_sees_what_the_user_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        interrupt(patched, 2)
        with pytest.raises(Interrupted):
            write_project(folder, SECOND)
    (folder / PAGE).write_text("mine", encoding="utf-8")
    assert write_project(folder, SECOND).kept == (PAGE,)


def test_a_half_written_file_is_no_change_of_the_user(folder: Path) -> None:
    scratch = folder / MODEL / "definition" / "tables" / ".Date.tmdl.new"
    scratch.write_text("tab", encoding="utf-8")
    assert write_project(folder, SECOND).kept == ()
    assert not scratch.exists()
    assert [one.name for one in scratch.parent.iterdir()] == ["Date.tmdl"]
