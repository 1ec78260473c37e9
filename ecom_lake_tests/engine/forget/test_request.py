"""An order that was delivered later as that of somebody else is not erased silently with its former owner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.forget.request import Request, named_ids, resolve
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.olist_files import a_site, customer, land, order


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The order o1 is first one of the guest u1, then corrected to u2; o3 is always of u1."""
    site = a_site(tmp_path / "lake")
    land(site, "customers.csv", "customers", [customer(1, "u1"), customer(2, "u2"), customer(3, "u1")])
    land(site, "orders.csv", "orders", [order(1), order(3)])
    ingest(site)
    land(site, "orders_2.csv", "orders", [order(1, customer_id="c2")])
    ingest(site)
    return site


def resolved(site: Site, asked: Sequence[str]) -> Request:
    return resolve(site, site.lake.log.head(), asked)


def test_an_order_that_somebody_else_has_now_is_counted_and_stops_the_request(site: Site) -> None:
    with pytest.raises(UserError, match=r"delivered later as those of somebody else \(order ids: 1\)"):
        resolved(site, ["u1"])


def test_it_is_erased_where_it_or_the_other_person_is_asked_for_too(site: Site) -> None:
    assert resolved(site, ["u1", "order:o1"]).ids["order"] == {"o1", "o3"}
    assert resolved(site, ["u1", "u2"]).ids["order"] == {"o1", "o3"}


def test_an_order_that_came_back_to_its_owner_is_the_owner_s(site: Site) -> None:
    land(site, "orders_3.csv", "orders", [order(1, order_status="canceled")])
    ingest(site)
    assert resolved(site, ["u1"]).ids["order"] == {"o1", "o3"}


def test_ids_that_are_in_no_row_can_be_listed(site: Site) -> None:
    assert named_ids(site, ["gone"], persons=["gone"])["alias"] == set()
    assert named_ids(site, ["gone", "order:7"], persons=()) == {"person": {"gone"}, "alias": {"gone"}, "order": {"7"}}
