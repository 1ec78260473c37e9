"""Places from points: the robust centre, the majority's name, and the fate of every delivered row."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.engine.contracts.connector import Merged
from ecom_lake.shop.connectors.olist.places import merge_places
from ecom_lake_tests.shop.connectors.frames import accounted, delivered, fates_of


def point(
    zip_code: str | None, lat: str | None, lng: str | None, city: str = "santos", state: str = "SP", sequence: int = 1
) -> dict[str, object]:
    return {
        "geolocation_zip_code_prefix": zip_code,
        "geolocation_lat": lat,
        "geolocation_lng": lng,
        "geolocation_city": city,
        "geolocation_state": state,
        "source_sequence": sequence,
    }


def merge(*points: dict[str, object]) -> Merged:
    merged = merge_places(delivered("geolocation", *points).lazy(), pl.LazyFrame())
    assert accounted(merged) == len(points)
    return merged


def test_the_centre_is_the_median_of_the_points_in_brazil() -> None:
    merged = merge(
        point("01037", "-23.5", "-46.6"),
        point("1037", "-23.7", "-46.8"),
        point(" 01037 ", "-23.6", "-46.1"),
        point("01037", "41.1", "-8.6"),
        point("53990", "-3.85", "-32.42"),
        point("83252", "42.18", "-8.72", city="ilha dos valadares", state="PR"),
    )
    assert merged.rows.select("zip", "lat", "lng", "points", "source_record").rows() == [
        ("01037", -23.6, -46.6, 4, 1),
        ("53990", -3.85, -32.42, 1, 5),
        ("83252", None, None, 1, 6),
    ]
    assert merged.rows["city"].to_list() == ["santos", "santos", "ilha dos valadares"]
    assert fates_of(merged) == {(1, "collapsed", 3)}


def test_a_point_delivered_twice_counts_twice() -> None:
    merged = merge(point("01037", "-20", "-40"), point("01037", "-20", "-40"), point("01037", "-23", "-46"))
    assert merged.rows.select("lat", "lng").row(0) == (-20.0, -40.0)


def test_the_name_is_the_most_frequent_clean_spelling_and_ties_are_alphabetical() -> None:
    merged = merge(
        point("01037", "-23", "-46", city="cubatao"),
        point("01037", "-23", "-46", city="cubatao"),
        point("01037", "-23", "-46", city="são vicente", state="RJ"),
        point("01037", "-23", "-46", city="sao  vicente", state="RJ"),
        point("01037", "-23", "-46", city="sao vicente", state="sp"),
        point("01037", "-23", "-46", city="12345", state=" "),
        point("02000", "-23", "-46", city="osasco", state="SP"),
        point("02000", "-23", "-46", city="barueri", state="RJ"),
        point("03000", "-23", "-46", city="sp", state=""),
        point("03000", "-23", "-46", city="sp", state=""),
        point("03000", "-23", "-46", city="itu", state="SP"),
    )
    assert merged.rows.select("zip", "city", "state").rows() == [
        ("01037", "sao vicente", "SP"),
        ("02000", "barueri", "RJ"),
        ("03000", "itu", "SP"),
    ]


def test_only_the_latest_delivery_of_a_zip_counts() -> None:
    merged = merge(
        point("01037", "-20", "-40", city="old", sequence=1),
        point("01037", "-21", "-41", city="old", sequence=1),
        point("01037", "-23", "-46", city="new", sequence=2),
        point("02000", "-10", "-50", city="other", sequence=1),
        point("02000", "far", "-50", city="other", sequence=2),
    )
    assert merged.rows.select("zip", "lat", "city", "points", "source_sequence", "source_record").rows() == [
        ("01037", -23.0, "new", 1, 2, 3),
        ("02000", -10.0, "other", 1, 1, 4),
    ]
    assert fates_of(merged) == {(1, "superseded", 2)}


@pytest.mark.parametrize(
    ("broken", "rule", "column", "value"),
    [
        (point(" ", "-23", "-46"), "zip_missing", "geolocation_zip_code_prefix", " "),
        (point("01037", "south", "-46"), "lat_unreadable", "geolocation_lat", "south"),
        (point("01037", None, "-46"), "lat_unreadable", "geolocation_lat", None),
        (point("01037", "-23", "NaN"), "lng_unreadable", "geolocation_lng", "NaN"),
        (point(None, "x", "y"), "zip_missing", "geolocation_zip_code_prefix", None),
    ],
)
def test_a_point_without_valid_coordinates_is_refused_and_not_counted(
    broken: dict[str, object], rule: str, column: str, value: str | None
) -> None:
    good = point("01037", "-23", "-46")
    merged = merge({**broken, "geolocation_city": "aaa"}, good)
    assert merged.refused.rows() == [("geolocation", 1, 1, rule, column, value)]
    assert merged.rows.select("city", "points").row(0) == ("santos", 1)


POINT = st.builds(
    point,
    st.sampled_from(["1", "00001", "00002", "", None]),
    st.sampled_from(["-10", "-20.5", "40", "x", None]),
    st.sampled_from(["-40", "-50.25", "0", ""]),
    st.sampled_from(["itu", "itú", "sp", "jau"]),
    st.sampled_from(["SP", "rj", ""]),
    st.integers(1, 3),
)


@settings(deadline=None)
@given(points=st.lists(POINT, max_size=30), seed=st.integers(0, 3))
def test_every_point_is_accounted_for_in_any_order(points: list[dict[str, object]], seed: int) -> None:
    merged = merge(*points)
    assert int(merged.rows["points"].sum()) == merged.rows.height + sum(
        n for _, fate, n in fates_of(merged) if fate == "collapsed"
    )
    rows = delivered("geolocation", *points)
    again = merge_places(rows.sample(fraction=1, shuffle=True, seed=seed).lazy(), pl.LazyFrame())
    assert again.rows.equals(merged.rows)
    assert again.fates.equals(merged.fates)
    assert again.refused.equals(merged.refused)
