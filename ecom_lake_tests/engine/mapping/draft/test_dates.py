"""Formats of dates: the data decide between day-month and month-day, or nobody does."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from ecom_lake.engine.mapping.draft.dates import ISO, date_forms, read_dates, read_dates_by_file


def test_one_value_decides_for_the_whole_column() -> None:
    found = read_dates(pl.Series(["01/02/2017", "13/02/2017", None]))
    assert found is not None and found.formats == ("%d/%m/%Y",) and not found.is_ambiguous
    assert found.values.to_list() == [datetime(2017, 2, 1), datetime(2017, 2, 13), None]


def test_without_such_a_value_the_column_is_ambiguous() -> None:
    found = read_dates(pl.Series(["01/02/2017", "03/04/2017"]))
    assert found is not None and found.formats == ("%d/%m/%Y", "%m/%d/%Y") and found.is_ambiguous


def test_the_same_number_for_day_and_month_is_not_ambiguous() -> None:
    found = read_dates(pl.Series(["01/01/2017", "02/02/2017"]))
    assert found is not None and not found.is_ambiguous


@pytest.mark.parametrize(
    ("text", "form", "is_native", "is_zoned"),
    [
        ("2017-10-02", "%Y-%m-%d", True, False),
        ("2017-10-02 10:56:33", "%Y-%m-%d %H:%M:%S", True, False),
        ("2017-10-02T10:56:33.250", "%Y-%m-%dT%H:%M:%S%.f", True, False),
        ("2017-10-02 10:56:33 -0300", "%Y-%m-%d %H:%M:%S%z", False, True),
        ("2017-10-22T10:56:33Z", "%Y-%m-%dT%H:%M:%S%z", False, True),
        ("22.10.2017 10:56", "%d.%m.%Y %H:%M", False, False),
        ("Oct 22, 2017", "%b %d, %Y", False, False),
        ("20171022", "%Y%m%d", False, False),
        ("10/22/2017 1:05 PM", "%m/%d/%Y %I:%M %p", False, False),
    ],
)
def test_formats(text: str, form: str, is_native: bool, is_zoned: bool) -> None:
    found = read_dates(pl.Series([text]))
    assert found is not None
    assert (found.formats[0], found.is_native, found.is_zoned) == (form, is_native, is_zoned)


@pytest.mark.parametrize("texts", [["abc"], ["123-456-789"], ["4711"], [None], ["12.50", "13.40"], ["01/02/0017"]])
def test_other_texts_are_no_dates(texts: list[str | None]) -> None:
    assert read_dates(pl.Series(texts, dtype=pl.String)) is None


def test_a_few_unreadable_values_are_counted() -> None:
    found = read_dates(pl.Series([*(f"{day:02d}/12/2017" for day in range(1, 31)), "soon"]))
    assert found is not None and found.unread == 1


def test_iso_dates_with_and_without_a_time_are_one_format() -> None:
    """As a canonical file may have them in one column."""
    texts = ["2017-10-02", "2017-10-02 10:56", "2017-10-03T10:56:33", "2017-10-04 10:56:33.250", "1900-01-01", None]
    found = read_dates(pl.Series("day", texts))
    assert found is not None and (found.formats, found.unread, found.is_native, found.is_ambiguous) == ((ISO,), 0, True, False)
    assert found.values.to_list() == [
        datetime(2017, 10, 2),
        datetime(2017, 10, 2, 10, 56),
        datetime(2017, 10, 3, 10, 56, 33),
        datetime(2017, 10, 4, 10, 56, 33, 250_000),
        None,
        None,
    ]


def test_a_few_iso_dates_without_a_time_can_be_read() -> None:
    found = read_dates(pl.Series([*(f"2017-12-{day:02d} 10:00:00" for day in range(1, 31)), "2017-12-31"]))
    assert found is not None and (found.formats, found.unread) == ((ISO,), 0)


def test_a_column_with_several_other_formats_has_forms_and_is_not_read() -> None:
    texts = pl.Series("day", ["13.12.2017 10:00"] * 3 + ["14.12.2017"] * 2 + ["soon", None])
    assert read_dates(texts) is None
    assert date_forms(texts) == {"%d.%m.%Y %H:%M": 3, "%d.%m.%Y": 2}


@pytest.mark.parametrize("texts", [["abc"], [None], ["2017-10-02", "soon", "later"]])
def test_a_column_with_mostly_other_texts_has_no_forms(texts: list[str | None]) -> None:
    assert date_forms(pl.Series("day", texts, dtype=pl.String)) == {}


def test_each_file_may_have_its_own_format() -> None:
    found = read_dates_by_file(pl.Series(["13/02/2017", "01/02/2017", "02-14-2017"]), (2, 1))
    assert found is not None and found.by_file == ("%d/%m/%Y", "%m-%d-%Y")
    assert found.values.to_list() == [datetime(2017, 2, 13), datetime(2017, 2, 1), datetime(2017, 2, 14)]


@pytest.mark.parametrize("text", ["01.01.1900", "01.01.1970", "31.12.9999", "30.12.1899"])
def test_a_day_that_stands_for_no_day_is_read_and_is_no_value(text: str) -> None:
    found = read_dates(pl.Series([text, *(f"{day}.10.2017" for day in range(10, 30)), text]))
    assert found is not None and found.unread == 0 and found.formats == ("%d.%m.%Y",)
    assert found.values.null_count() == 2 and found.values.min() == datetime(2017, 10, 10)
    assert {f"{day:%d.%m}.{day.year}": rows for day, rows in found.placeholders.items()} == {text: 2}


def test_a_column_of_placeholders_only_has_no_dates() -> None:
    assert read_dates(pl.Series(["1900-01-01"] * 9)) is None
