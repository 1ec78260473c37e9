from __future__ import annotations

from pathlib import Path
from threading import Thread

import duckdb
import pytest

from ecom_lake.engine.store.read_only_files import OpenFile, read_only_files


def test_threads_that_share_an_open_file_do_not_move_each_others_position(tmp_path: Path) -> None:
    """DuckDB seeks and reads in two calls, and other threads call in between; a shared position caused "Out of buffer"."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    file = OpenFile(path)
    file.seek(5)
    elsewhere = Thread(target=lambda: file.seek(0))
    elsewhere.start()
    elsewhere.join()
    assert (file.read(2), file.tell(), file.read(9)) == (b"56", 7, b"789")
    file.close()
    file.close()


def test_a_file_can_be_read_at_its_url_and_not_written(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a\n1\n", encoding="utf-8")
    with duckdb.connect() as con:
        con.register_filesystem(read_only_files("test", {"test://known.csv": lambda: path}))
        assert con.execute("from 'test://known.csv'").fetchall() == [(1,)]
        for url in ("test://known.csv", "test://new.csv"):
            with pytest.raises(duckdb.Error, match="is read-only"):
                con.execute(f"copy (select 2) to '{url}' (use_tmp_file false)")
        with pytest.raises(duckdb.Error, match=r"FileNotFoundError: test://other\.csv"):
            con.execute("from 'test://other.csv'")
    assert path.read_text(encoding="utf-8") == "a\n1\n"
    assert list(tmp_path.iterdir()) == [path]
