"""Filters: a URL's query and back, and the sentence for each value that cannot be one."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.errors import UsageError
from ecom_lake.publish.dashboard.filters import DIMENSIONS, Filters, read_filters

MONTHS = st.none() | st.dates(date(1970, 1, 1), date(2199, 12, 31)).map(lambda day: day.replace(day=1))
FILTERS = st.builds(
    Filters,
    first=MONTHS,
    last=MONTHS,
    members=st.dictionaries(st.sampled_from(DIMENSIONS), st.text(min_size=1, max_size=20)),
    compare=st.sampled_from(["previous", "year"]),
    release=st.none() | st.integers(0, 999_999_999),
)


def read(query: str) -> Filters:
    return read_filters(dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True)))


@given(FILTERS)
def test_every_state_is_a_url(filters: Filters) -> None:
    assert read(filters.query()) == filters


def test_a_page_without_filters_has_no_query_and_empty_fields_are_no_filters() -> None:
    assert Filters().query() == ""
    assert read("?from=&segment=&state=&compare=previous") == Filters()


def test_a_member_is_chosen_by_its_first_click_and_left_out_by_its_second() -> None:
    chosen = Filters(members={"state": "SP"}).toggled("category", "toys")
    assert chosen.query() == "?category=toys&state=SP"
    assert chosen.toggled("category", "books").query() == "?category=books&state=SP"
    assert chosen.toggled("category", "toys").query() == "?state=SP"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?from=2018-13", "from must be a month such as 2018-03, not '2018-13'."),
        ("?to=0000-01", "to must be a month such as 2018-03, not '0000-01'."),
        ("?to=٢٠١٨-01", "to must be a month such as 2018-03, not '٢٠١٨-01'."),
        ("?compare=never", "compare must be previous or year, not 'never'."),
        ("?release=-1", "release must be the number of a release, not '-1'."),
    ],
)
def test_a_value_that_cannot_be_one_is_a_sentence(query: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        read(query)
    assert str(error.value) == sentence
