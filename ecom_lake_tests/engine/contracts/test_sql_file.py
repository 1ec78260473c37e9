from __future__ import annotations

from pathlib import Path

from ecom_lake.engine.contracts.sql_file import sql_file


def test_a_sql_file_is_read_from_the_folder_of_its_module(tmp_path: Path) -> None:
    (tmp_path / "features.sql").write_text("-- Who is São Paulo's best customer?\nselect 1\n", encoding="utf-8")
    text = sql_file(str(tmp_path / "features.py"), "features.sql")
    assert text == "-- Who is São Paulo's best customer?\nselect 1\n"
