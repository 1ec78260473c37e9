"""A shop with keys that Power BI takes for one gets no project, and a sentence that names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from ecom_lake.engine.serve.query import Session
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UserError
from ecom_lake.publish.powerbi import keys as keys_module
from ecom_lake.publish.powerbi.project import Options, project
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.hand_shop import HandShop, customer, item, order, product, seller


def written(lake: BuiltLake, shop: Session) -> Mapping[str, str]:
    """The project of the built lake, with the keys of another shop."""

    @contextmanager
    def of_the_shop(*_: object) -> Iterator[Session]:
        yield shop

    site = lake.site()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys_module, "session_over", of_the_shop)
        return project(site, released(site), Options("local"))


def opened(orders: tuple[str, ...] = ("1",), products: tuple[str, ...] = ("p",), customers: tuple[str, ...] = ("c",)) -> Session:
    """A shop with these keys."""
    shop = HandShop(
        customers=[customer(one) for one in customers],
        products=[product(one) for one in products],
        sellers=[seller("s")],
        orders=[order(one, customer_id="c") for one in orders],
        order_items=[item(one) for one in orders],
    )
    for table in ("dim_customer", "dim_product", "dim_seller", "dim_date", "fct_orders"):
        shop.table(table)
    return Session(shop.con, {})


@pytest.mark.parametrize(
    ("keys", "column", "table"),
    [
        ({"products": ("A1", "a1")}, "dim_product.product_id", "Product"),
        ({"products": ("A1", "A1  ")}, "dim_product.product_id", "Product"),
        ({"orders": ("É-7", "é-7 ")}, "fct_orders.order_id", "Orders"),
        ({"customers": ("bob", "BOB", "Ann")}, "dim_customer.customer_id", "Customer"),
    ],
)
def test_keys_that_are_equal_in_power_bi_are_refused(
    built_lake: BuiltLake, keys: dict[str, tuple[str, ...]], column: str, table: str
) -> None:
    with pytest.raises(UserError) as refused:
        written(built_lake, opened(**keys))
    equal = sorted(one for one in next(iter(keys.values())) if one != "Ann")
    assert str(refused.value).startswith(f"{column} has '{equal[0]}' and '{equal[1]}', which are one key in Power BI")
    assert f"the table {table} would fail. Give them ids that differ" in str(refused.value)


def test_keys_that_differ_in_more_are_accepted(built_lake: BuiltLake) -> None:
    assert written(built_lake, opened(orders=("1", " 1", "01"), products=("A1", "a 1", "á1", "a1-")))
