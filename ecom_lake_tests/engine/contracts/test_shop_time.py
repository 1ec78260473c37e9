"""Conversion of times with an offset to the shop's time zone: hand-written cases, and clock changes compared with zoneinfo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ecom_lake.engine.contracts.columns import TIMESTAMP
from ecom_lake.engine.contracts.reading import read
from ecom_lake.engine.contracts.shop_time import in_shop_time


def converted(texts: list[str | None], zone: str) -> list[str | None]:
    rows = pl.DataFrame({"at": texts, "note": texts}, schema={"at": pl.String, "note": pl.String})
    found = in_shop_time(rows, ("at",), zone)
    assert found["note"].equals(rows["note"]), "a column without times must not change"
    return found["at"].to_list()


@pytest.mark.parametrize(
    ("text", "zone", "local"),
    [
        ("2024-03-01T10:00:00Z", "Europe/Istanbul", "2024-03-01 13:00:00"),
        ("2024-03-01T10:00:00+03:00", "Europe/Istanbul", "2024-03-01 10:00:00"),
        ("2024-03-01 10:00:00+0300", "UTC", "2024-03-01 07:00:00"),
        ("2024-03-01 10:00:00 +03", "UTC", "2024-03-01 07:00:00"),
        ("2024-03-01 10:00:00+00", "UTC", "2024-03-01 10:00:00"),
        ("2024-03-01 10:00:00 UTC", "America/Sao_Paulo", "2024-03-01 07:00:00"),
        ("2024-03-01T10:00:00-05:30", "UTC", "2024-03-01 15:30:00"),
        ("2024-03-01T10:00-0300", "UTC", "2024-03-01 13:00:00"),
        (" 2024-03-01T10:00:00.5Z\t", "UTC", "2024-03-01 10:00:00.500"),
        ("2024-03-01T10:00:00.123456789+03:00", "UTC", "2024-03-01 07:00:00.123456"),
        ("2024-03-01T00:30Z", "America/Sao_Paulo", "2024-02-29 21:30:00"),
        ("2023-12-31T23:30:00-03:00", "Europe/Istanbul", "2024-01-01 05:30:00"),
    ],
)
def test_a_time_with_an_offset_is_converted_to_the_shops_time_zone(text: str, zone: str, local: str) -> None:
    assert converted(["2024-01-01 00:00:00", None, text], zone) == ["2024-01-01 00:00:00", None, local]


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 10:00:00",
        "2024-03-01",
        "2024-03-01-03",
        "2024-03-01Z",
        "2024-02-30T10:00:00Z",
        "2024-03-01T10:00:60Z",
        "2024-03-01T10:00:00+15:00",
        "2024-03-01T10:00:00+03:60",
        "2024-03-01T10:00:00+3",
        "2024-03-01T10:00:00+03:",
        "2024-03-01 10:00:00 BRT",
        "01/03/2024 10:00Z",
        "Z",
        "",
    ],
)
def test_any_other_text_is_not_changed(text: str) -> None:
    assert converted([text, "2024-03-01T10:00:00Z"], "Europe/Istanbul") == [text, "2024-03-01 13:00:00"]


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/Sao_Paulo", datetime(2017, 10, 15, 3)),  # clocks skip the hour after midnight
        ("America/Sao_Paulo", datetime(2018, 2, 18, 2)),  # the hour before midnight occurs twice
        ("America/Sao_Paulo", datetime(2019, 2, 17, 2)),  # for the last time
        ("Europe/Istanbul", datetime(2015, 11, 8, 1)),  # two weeks after the rest of Europe
        ("Europe/Istanbul", datetime(2016, 3, 27, 1)),  # and never back
        ("Europe/Istanbul", datetime(2016, 10, 30, 1)),
    ],
)
def test_instants_around_a_clock_change_equal_those_of_zoneinfo(zone: str, change: datetime) -> None:
    instants = [(change + timedelta(minutes=20 * step)).replace(tzinfo=UTC) for step in range(-12, 13)]
    expected = [instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for instant in instants]
    for offset in ("UTC", "Etc/GMT+3", "Asia/Kathmandu"):
        texts = [instant.astimezone(ZoneInfo(offset)).isoformat() for instant in instants]
        assert read(pl.Series(converted(list(texts), zone)), TIMESTAMP).to_list() == expected
