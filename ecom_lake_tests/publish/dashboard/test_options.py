"""A page's own parameters: their defaults stay out of the address, and a value they do not take is one sentence."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.errors import UsageError
from ecom_lake.publish.dashboard.filters import read_filters
from ecom_lake.publish.dashboard.options import NumberBetween, read_options
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View

ALLOWED = {"by": ("category", "state"), "measure": ("net_sales", "orders", "units")}


def test_the_first_value_is_the_default_and_stays_out_of_the_address() -> None:
    options = read_options(ALLOWED, {"by": "", "measure": "units", "other": "1"})
    assert (options["by"], options["measure"]) == ("category", "units")
    assert options.query() == "measure=units"
    assert options.having({"measure": "net_sales"}).query() == ""


def test_an_unknown_value_is_one_sentence() -> None:
    with pytest.raises(UsageError, match=r"^measure must be net_sales, orders or units, not 'profit'\.$"):
        read_options(ALLOWED, {"measure": "profit"})


def test_a_parameter_without_listed_values_takes_any_text_and_is_empty_by_default() -> None:
    allowed = {"by": ("category", "state"), "member": ()}
    options = read_options(allowed, {"member": "a & b"})
    assert (options["member"], options.query()) == ("a & b", "member=a+%26+b")
    assert options.having({"by": "state", "member": ""}).changed == {"by": "state"}
    assert read_options(allowed, {})["member"] == ""


def test_links_keep_filters_and_parameters(release: ServedRelease) -> None:
    query = {"category": "toys", "measure": "orders"}
    view = View("olist", "sales", release, read_filters(query), read_options(ALLOWED, query))
    assert view.with_option("by", "state") == "/olist/sales?category=toys&by=state&measure=orders"
    assert view.toggled("category", "toys") == "/olist/sales?measure=orders"
    assert view.url("trust") == "/olist/trust?category=toys"


NUMBERS = {"uplift": NumberBetween(0, 1000), "power": NumberBetween(50, 100)}


def test_a_number_is_empty_by_default() -> None:
    options = read_options(NUMBERS, {"power": "90", "uplift": ""})
    assert (options.number("uplift"), options.number("power")) == (None, 90.0)
    assert (options.query(), options.changed) == ("power=90", {"power": "90"})


@pytest.mark.parametrize("text", ["0", "1000", "-5", "nan", "inf", "ten", "1,5", "<b>"])
def test_a_number_outside_its_bounds_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError) as error:
        read_options(NUMBERS, {"uplift": text})
    assert str(error.value) == f"uplift must be a number above 0 and below 1000, not '{text}'."


def test_a_cell_is_one_month_and_one_member(release: ServedRelease) -> None:
    view = View("olist", "delivery", release, read_filters({"state": "RJ", "category": "toys", "from": "2017-01"}))
    assert view.cell_url(date(2017, 2, 1), "state", "SP") == "/olist/delivery?from=2017-02&to=2017-02&category=toys&state=SP"
