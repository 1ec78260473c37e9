"""The checks of a map: how many records do not meet a condition."""

from __future__ import annotations

from ecom_lake.engine.mapping.checks import run_checks
from ecom_lake_tests.builders.small_map import delivery, small_map

MAP = small_map("""
    [files.sales]
    decimal = ","
    [files.people]
    [orders]
    from = "sales"
    order_id = "a"
    [[checks]]
    file = "sales"
    holds = "num(total) = num(price) * num(quantity)"
    says = "A total is the price times the quantity."
    [[checks]]
    file = "people"
    holds = "name is not null"
    says = "A person has a name."
""")


def test_the_records_that_do_not_meet_a_condition_are_counted() -> None:
    """A condition without a value is met; a value that cannot be read is not."""
    rows = [("2,5", "2", "5"), ("2,5", "2", "6"), ("2,5", None, "6"), ("two", "1", "2")]
    sales = delivery([{"price": price, "quantity": quantity, "total": total} for price, quantity, total in rows])
    (total,) = run_checks(MAP, {"sales": sales}, "UTC")
    assert (total.check.says, total.records, total.failed) == ("A total is the price times the quantity.", 4, 2)


def test_a_check_of_every_kind_that_is_given() -> None:
    kinds = {
        "sales": delivery([{"price": "1", "quantity": "1", "total": "1"}]),
        "people": delivery([{"name": " "}, {"name": "Ada"}]),
    }
    assert [(one.check.kind, one.failed) for one in run_checks(MAP, kinds, "UTC")] == [("sales", 0), ("people", 1)]
