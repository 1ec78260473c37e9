"""Which texts each type accepts: hand-written examples, and properties over generated texts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP, Type
from ecom_lake.engine.contracts.reading import read, reading

KINDS = (TEXT, INTEGER, MONEY, PRICE, NUMBER, FLAG, DATE, TIMESTAMP)

READ: list[tuple[Type, str, Any]] = [
    (MONEY, "29.90", Decimal("29.90")),
    (MONEY, " 29.9\t", Decimal("29.90")),
    (MONEY, "29,90", Decimal("29.90")),
    (MONEY, "-29,9", Decimal("-29.90")),
    (MONEY, ".5", Decimal("0.50")),
    (MONEY, "5.", Decimal("5.00")),
    (MONEY, "+5", Decimal("5.00")),
    (MONEY, "0.005", Decimal("0.01")),
    (MONEY, "1.345", Decimal("1.35")),
    (MONEY, "-2.675", Decimal("-2.68")),
    (MONEY, "0.0049999999999999999999999999999999999999999", Decimal("0.00")),
    (MONEY, "29.989999999999998", Decimal("29.99")),
    (MONEY, "9007199254740993.01", Decimal("9007199254740993.01")),
    (MONEY, "9999999999999999.99", Decimal("9999999999999999.99")),
    (PRICE, "1.00005", Decimal("1.0001")),
    (PRICE, "1.0000499", Decimal("1.0000")),
    (PRICE, "29,90", Decimal("29.9000")),
    (INTEGER, "3", 3),
    (INTEGER, "3.0", 3),
    (INTEGER, "3,0", 3),
    (INTEGER, "007", 7),
    (INTEGER, "+3", 3),
    (INTEGER, " -3 ", -3),
    (INTEGER, "9223372036854775807", 9223372036854775807),
    (NUMBER, "-23.5450", -23.545),
    (NUMBER, "-23,54", -23.54),
    (NUMBER, "1.5e-3", 0.0015),
    (NUMBER, " 7 ", 7.0),
    (FLAG, "true", True),
    (FLAG, " No ", False),
    (FLAG, "1", True),
    (FLAG, "YES", True),
    (FLAG, "0", False),
    (FLAG, "t", True),
    (FLAG, "F", False),
    (FLAG, "Y", True),
    (FLAG, " n ", False),
    (DATE, "2017-10-02", date(2017, 10, 2)),
    (DATE, "2017-10-02 00:00:00", date(2017, 10, 2)),
    (TIMESTAMP, "2017-10-02 10:56:33", datetime(2017, 10, 2, 10, 56, 33)),
    (TIMESTAMP, "2017-10-02T10:56:33", datetime(2017, 10, 2, 10, 56, 33)),
    (TIMESTAMP, "2017-10-02 10:56:33.5", datetime(2017, 10, 2, 10, 56, 33, 500_000)),
    (TIMESTAMP, "2017-10-02T10:56:33.123456789", datetime(2017, 10, 2, 10, 56, 33, 123_456)),
    (TIMESTAMP, "2017-10-02 10:56", datetime(2017, 10, 2, 10, 56)),
    (TIMESTAMP, " 2017-10-02 ", datetime(2017, 10, 2)),
    (TIMESTAMP, "1970-01-01 00:00:00", datetime(1970, 1, 1)),
    (TIMESTAMP, "2100-12-31 23:59:59", datetime(2100, 12, 31, 23, 59, 59)),
    (TEXT, "  são paulo ", "são paulo"),
    (TEXT, "a  b", "a  b"),
]

UNREADABLE: list[tuple[Type, str]] = [
    *(
        (kind, text)
        for kind in (MONEY, PRICE, INTEGER, NUMBER)
        for text in ("1,234", "1,234.5", "1.234,5", "1.2.3", "1 234", "--1")
    ),
    *(
        (kind, text)
        for kind in (MONEY, PRICE, INTEGER, NUMBER)
        for text in ("NaN", "inf", "-Infinity", "R$ 5", "1_000", "٣", ".", "-")
    ),
    (MONEY, "1e3"),
    (MONEY, "29,900"),
    (MONEY, "10000000000000000"),
    (MONEY, "9999999999999999.995"),
    (PRICE, "100000000000000"),
    (INTEGER, "3.5"),
    (INTEGER, "3,5"),
    (INTEGER, "9223372036854775808"),
    (NUMBER, "1e999"),
    (FLAG, "2"),
    (FLAG, "oui"),
    (DATE, "2017-02-29"),
    (DATE, "2017-10-02 10:56:33"),
    (DATE, "2017-10-02 12:00:00"),
    (TIMESTAMP, "2017-02-29 00:00:00"),
    (TIMESTAMP, "2017-13-01"),
    (TIMESTAMP, "2017-10-02 24:00:00"),
    (TIMESTAMP, "2017-10-02 10:56:60"),
    (TIMESTAMP, "2017-10-02 10:56:33Z"),
    (TIMESTAMP, "2017-10-02 10:56:33+00:00"),
    (TIMESTAMP, "2017-10-02 10:56:33 BRT"),
    (TIMESTAMP, "1969-12-31 23:59:59"),
    (TIMESTAMP, "2101-01-01"),
    (TIMESTAMP, "0017-10-02 10:56:33"),
    (TIMESTAMP, "2017-1-5 3:4:5"),
    (TIMESTAMP, "02/10/2017"),
    (TIMESTAMP, "2017-10-02  10:56:33"),
]


@pytest.mark.parametrize(("kind", "text", "value"), READ, ids=lambda part: getattr(part, "name", str(part)))
def test_a_valid_text_is_read(kind: Type, text: str, value: Any) -> None:
    assert read(pl.Series([text]), kind).to_list() == [value]


@pytest.mark.parametrize(("kind", "text"), UNREADABLE, ids=lambda part: getattr(part, "name", part))
def test_an_invalid_text_is_null(kind: Type, text: str) -> None:
    assert read(pl.Series([text]), kind).to_list() == [None]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_empty_text_is_null(kind: Type) -> None:
    assert read(pl.Series(["", "  \n", None]), kind).to_list() == [None, None, None]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_value_is_read_the_same_alone_and_among_others(kind: Type) -> None:
    """The slow parser reads only the values that the fast one could not read, and must return them in the right rows."""
    texts = [text for of, text, _ in READ if of == kind] + [text for of, text in UNREADABLE if of == kind] + [None, ""]
    values = read(pl.Series(texts, dtype=pl.String), kind)
    alone = pl.concat([read(pl.Series([text], dtype=pl.String), kind) for text in texts])
    assert values.dtype == kind.polars
    assert values.to_list() == alone.to_list()
    lazily = pl.LazyFrame({"x": texts}, schema={"x": pl.String}).select(reading("x", kind)).collect()["x"]
    assert lazily.to_list() == values.to_list()


AMOUNTS = st.decimals(min_value="-99999999", max_value="99999999", allow_nan=False, places=7)


@settings(deadline=None)
@given(st.lists(AMOUNTS, min_size=1))
def test_decimals_round_half_away_from_zero(amounts: list[Decimal]) -> None:
    texts = pl.Series([f"{amount:f}" for amount in amounts])
    for kind, step in ((MONEY, "0.01"), (PRICE, "0.0001")):
        expected = [amount.quantize(Decimal(step), ROUND_HALF_UP) for amount in amounts]
        assert read(texts, kind).to_list() == expected


@settings(deadline=None)
@given(st.lists(st.decimals(min_value="-9999999999999999.99", max_value="9999999999999999.99", places=2), min_size=1))
def test_every_amount_is_read_back_from_its_text(amounts: list[Decimal]) -> None:
    money = pl.Series(amounts, dtype=MONEY.polars)
    assert read(money.cast(pl.String), MONEY).to_list() == money.to_list()


@settings(deadline=None)
@given(st.lists(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 12, 31)), min_size=1))
def test_every_time_is_read_back_from_its_text(times: list[datetime]) -> None:
    for separator in " T":
        assert read(pl.Series([time.isoformat(separator) for time in times]), TIMESTAMP).to_list() == times


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(), st.text(alphabet="0123456789.,-+eE: T/"))))
def test_reading_any_text_returns_a_column_of_the_right_type(texts: list[str | None]) -> None:
    given_texts = pl.Series(texts, dtype=pl.String)
    for kind in KINDS:
        values = read(given_texts, kind)
        assert (len(values), values.dtype) == (len(texts), kind.polars)
