from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Money, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop.rfm.rfm_codes import SEGMENTS


class RfmMigration(Gold, group="customers"):
    """One row per end of a complete month, up to the as-of date, segment a month before, and segment then."""

    as_of = Date("The month's last day; orders after it are not looked at.", key=True)
    from_segment = Text(
        "Their segment at the month's beginning; `none` for people who are in their first picture.",
        key=True,
        one_of=("none", *SEGMENTS),
    )
    to_segment = Text("Their segment at its end.", key=True, one_of=SEGMENTS)
    customers = Count("People who went that way, or stayed.", at_least=1)
    net_sales = Money("All their net sales by the month's end.")

    needs = ("orders.ordered_at",)
    identities = (
        Identity(
            "nobody_gets_lost_between_months",
            "select coalesce(went.as_of, came.as_of) as as_of, coalesce(went.segment, came.segment) as segment,"
            " came.customers as came, went.customers as went"
            " from (select ends_in_turn.next as as_of, m.to_segment as segment, sum(m.customers) as customers"
            " from rfm_migration as m join (select as_of, lead(as_of) over (order by as_of) as next from"
            " (select distinct as_of from rfm_migration) as ends) as ends_in_turn on ends_in_turn.as_of = m.as_of"
            " where ends_in_turn.next is not null group by ends_in_turn.next, m.to_segment) as came"
            " full join (select as_of, from_segment as segment, sum(customers) as customers from rfm_migration"
            " where from_segment <> 'none' group by as_of, from_segment) as went"
            " on went.as_of = came.as_of and went.segment = came.segment"
            " where came.customers is distinct from went.customers",
            "Whoever was in a segment at a month's end starts the next month from it, and nobody else does.",
        ),
        agree(
            "who_comes_from_nowhere_is_new",
            "After the first picture, people who come from `none` are those whose first order lies in the month.",
            "select as_of, sum(customers) from rfm_migration where from_segment = 'none'"
            " and as_of > (select min(as_of) from rfm_migration) group by as_of",
            "select last_day(month), new_customers from kpi_monthly where new_customers > 0"
            " and last_day(month) > (select min(as_of) from rfm_migration)"
            " and last_day(month) <= (select max(as_of) from rfm_migration)",
        ),
    )
