from __future__ import annotations

from ecom_lake.words import counted, three_digits


def test_only_a_count_of_one_is_singular() -> None:
    assert [counted(count, "row") for count in (0, 1, 2, 1_000)] == ["0 rows", "1 row", "2 rows", "1,000 rows"]
    assert [counted(count, "row", "breaks/break") for count in (1, 2)] == ["1 row breaks", "2 rows break"]


def test_a_shortened_number_looks_exact_only_where_it_is() -> None:
    exact = {1.0: "1", -2.0: "-2", 12.0: "12", 0.5: "0.5", 1234.0: "1,234"}
    rounded = {1.003: "1.00", 99.96: "100", 0.9996: "1.00", -12.04: "-12.0", 0.0004567: "0.000457", 1234.4: "1,234"}
    for value, text in (exact | rounded).items():
        assert three_digits(value) == text
