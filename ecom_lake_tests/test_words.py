from __future__ import annotations

from ecom_lake.words import counted


def test_only_a_count_of_one_is_singular() -> None:
    assert [counted(count, "row") for count in (0, 1, 2, 1_000)] == ["0 rows", "1 row", "2 rows", "1,000 rows"]
    assert [counted(count, "row", "breaks/break") for count in (1, 2)] == ["1 row breaks", "2 rows break"]
