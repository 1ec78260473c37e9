"""A page's own parameters: their defaults stay out of the address, and a value they do not take is one sentence."""

from __future__ import annotations

import pytest

from ecom_lake.errors import UsageError
from ecom_lake.publish.dashboard.filters import read_filters
from ecom_lake.publish.dashboard.options import read_options
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
