from __future__ import annotations

from ecom_lake.engine.contracts.columns import Integer, Money, Month, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule

_PAIRS = (
    " from kpi_monthly as a join kpi_monthly as b on a.is_complete and b.is_complete and b.units > 0"
    " and date_diff('month', b.month, a.month) in (1, 12)"
)

_DRIVERS = (
    "case when (select sum(anonymous_orders) from kpi_monthly) > 0 then 7 else 6 end"
    " + case when (select count(discounts) from kpi_monthly) > 0 then 1 else 0 end"
)


class KpiBridge(Gold):
    """One row per pair of complete months (with the previous month, and with the same month a year earlier) and driver."""

    from_month = Month("The earlier month; it has net sales.", key=True)
    to_month = Month("The later month.", key=True)
    driver = Text(
        "Driver of the change in net sales. `mix` is the remainder that the other drivers do not explain; `anonymous` is the"
        " number of anonymous orders, in a shop that has any. A shop that does not know the amounts of its discounts has no"
        " `discount`.",
        key=True,
        one_of=("new", "returning", "orders_per_customer", "units_per_order", "price", "mix", "discount", "anonymous"),
    )
    driver_order = Integer("Position of the driver in the bridge.", at_least=1, at_most=8)
    effect = Money("Change in net sales because of the driver: the effects of a pair of months sum to its change, to the cent.")

    rules = (
        Rule(
            "drivers_have_their_places",
            "driver = list_extract(['new', 'returning', 'orders_per_customer', 'units_per_order', 'price', 'mix', 'discount',"
            " 'anonymous'], driver_order)",
            "Each driver has its fixed position in the bridge.",
        ),
        Rule(
            "months_are_one_or_twelve_apart",
            "date_diff('month', from_month, to_month) IN (1, 12)",
            "A pair is a month with the previous month or with the same month a year earlier.",
        ),
    )
    needs = ("orders.ordered_at",)
    identities = (
        agree(
            "effects_sum_to_the_change",
            "Each pair's effects sum to the change in net sales, to the cent, and no pair is missing.",
            "select from_month, to_month, count(*), sum(effect) from kpi_bridge group by from_month, to_month",
            f"select b.month, a.month, {_DRIVERS}, a.net_sales - b.net_sales{_PAIRS}",
        ),
        agree(
            "discounts_are_the_months",
            "The effect of discounts is the decrease in discounts.",
            "select from_month, to_month, effect from kpi_bridge where driver = 'discount'",
            f"select b.month, a.month, b.discounts - a.discounts{_PAIRS} where a.discounts is not null",
        ),
    )
