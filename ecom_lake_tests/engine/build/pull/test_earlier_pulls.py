"""The names of pulled files: what they state, and how a build recognises them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ecom_lake.engine.build.pull.earlier_pulls import PulledFile
from ecom_lake.engine.build.pull.source import Moment, start_after
from ecom_lake.engine.landing.table_recognition import named_after
from ecom_lake.shop.exports.canonical import FILES

AT = datetime(2026, 11, 28, 22, 15, 3, 123456)


@pytest.mark.parametrize(
    ("watermark", "since", "name"),
    [
        (
            AT.replace(tzinfo=UTC),
            datetime(2026, 11, 28, 21, tzinfo=UTC),
            "database/000017/order_items-20261128T210000.000000Z-20261128T221503.123456Z.csv.gz",
        ),
        (AT, None, "database/000017/order_items-20261128T221503.123456.csv.gz"),
        (date(2026, 11, 28), date(2026, 11, 27), "database/000017/order_items-20261127-20261128.csv.gz"),
        (date(987, 6, 5), date(1, 1, 1), "database/000017/order_items-00010101-09870605.csv.gz"),
        (datetime(987, 6, 5), None, "database/000017/order_items-09870605T000000.000000.csv.gz"),
        (None, None, "database/000017/order_items.csv.gz"),
    ],
)
def test_a_name_states_pull_table_and_watermarks(watermark: Moment | None, since: Moment | None, name: str) -> None:
    file = PulledFile(17, "order_items", watermark, since)
    assert file.path == name
    assert PulledFile.parse(name) == file
    assert named_after(name, [one.delivered for one in FILES]) == "order_items"


@pytest.mark.parametrize(
    "name",
    ["orders.csv.gz", "database/17/orders.csv.gz", "database/000017/orders-20261340.csv.gz", "x/database/000017/orders.csv.gz"],
)
def test_other_names_are_of_no_pull(name: str) -> None:
    assert PulledFile.parse(name) is None


def test_a_pull_starts_the_overlap_before_the_watermark_and_never_within_a_day() -> None:
    assert start_after(AT, timedelta(hours=1)) == datetime(2026, 11, 28, 21, 15, 3, 123456)
    assert start_after(date(2026, 11, 28), timedelta(days=2)) == date(2026, 11, 26)
    assert start_after(date(2026, 11, 28), timedelta(hours=1)) == date(2026, 11, 27)
    assert start_after(date(2026, 11, 28), timedelta()) == date(2026, 11, 28)
