"""A shop with keys that Power BI takes for one gets no project, and a sentence that names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ecom_lake.engine.serve.query import Session
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UserError
from ecom_lake.publish.powerbi import project as project_module
from ecom_lake.publish.powerbi.keys import refuse_equal_keys
from ecom_lake.publish.powerbi.model import Model
from ecom_lake.publish.powerbi.project import Options, project, released_model
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.hand_shop import HandShop, customer, item, order, product, seller


@pytest.fixture(scope="module")
def model(built_lake: BuiltLake) -> Model:
    site = built_lake.site()
    return released_model(site, released(site), Options("local"))


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
    model: Model, keys: dict[str, tuple[str, ...]], column: str, table: str
) -> None:
    with pytest.raises(UserError) as refused:
        refuse_equal_keys(opened(**keys), model)
    equal = sorted(one for one in next(iter(keys.values())) if one != "Ann")
    assert str(refused.value).startswith(f"{column} has '{equal[0]}' and '{equal[1]}', which are one key in Power BI")
    assert f"the table {table} would fail. Give them ids that differ" in str(refused.value)


def test_keys_that_differ_in_more_are_accepted(model: Model) -> None:
    refuse_equal_keys(opened(orders=("1", " 1", "01"), products=("A1", "a 1", "á1", "a1-")), model)


def test_no_project_is_made_of_such_a_shop(built_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def of_the_shop(*_: object, **__: object) -> Iterator[Session]:
        yield opened(products=("A1", "a1"))

    monkeypatch.setattr(project_module, "session", of_the_shop)
    site = built_lake.site()
    with pytest.raises(UserError, match="one key in Power BI"):
        project(site, released(site), Options("local"))
