from __future__ import annotations

from ecom_lake.engine.contracts.columns import Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary
from ecom_lake.shop.rfm.rfm_codes import SEGMENTS


class RfmMigration(Gold):
    """One row per end of a complete month, up to the as-of date, segment a month earlier, and segment then."""

    as_of = vocabulary.as_of.replace(key=True)
    from_segment = Text(
        "Segment at the end of the previous month; `none` for customers who appear for the first time.",
        key=True,
        one_of=("none", *SEGMENTS),
    )
    to_segment = Text("Segment at the end of the month.", key=True, one_of=SEGMENTS)
    customers = vocabulary.customers.replace(at_least=1)
    net_sales = vocabulary.net_sales

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
            "The customers in a segment at a month's end are those who start the next month from it.",
        ),
        agree(
            "who_comes_from_nowhere_is_new",
            "After the first month, customers from `none` are those whose first order lies in the month.",
            "select as_of, sum(customers) from rfm_migration where from_segment = 'none'"
            " and as_of > (select min(as_of) from rfm_migration) group by as_of",
            "select last_day(month), new_customers from kpi_monthly where new_customers > 0"
            " and last_day(month) > (select min(as_of) from rfm_migration)"
            " and last_day(month) <= (select max(as_of) from rfm_migration)",
        ),
    )
