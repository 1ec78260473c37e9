from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary
from ecom_lake.shop.rfm.rfm_codes import SEGMENTS


class RfmHistory(Gold):
    """One row per end of a complete month, up to the as-of date, and RFM segment with customers."""

    as_of = vocabulary.as_of.replace(key=True)
    segment = vocabulary.segment.replace(key=True, one_of=SEGMENTS)
    customers = vocabulary.customers.replace(at_least=1)
    share = vocabulary.share_of_customers
    net_sales = vocabulary.net_sales

    needs = ("orders.ordered_at",)
    identities = (
        agree(
            "history_ends_in_the_present",
            "Where the as-of date is a month's end, its segments are those of rfm_segments, to the cent.",
            "select segment, customers, net_sales from rfm_history where as_of = (select as_of from reporting_period)",
            "select segment, customers, net_sales from rfm_segments"
            " where (select as_of from reporting_period) in"
            " (select last_day(month_start) from dim_date where is_complete_month)",
        ),
        agree(
            "history_adds_up_the_months",
            "At each month's end, the segments contain all customers and all but the anonymous net sales, to the cent.",
            "select h.as_of, h.customers, h.net_sales + sum(m.anonymous_net_sales) from (select as_of,"
            " sum(customers) as customers, sum(net_sales) as net_sales from rfm_history group by as_of) as h"
            " join kpi_monthly as m on m.month <= h.as_of group by h.as_of, h.customers, h.net_sales",
            "select h.as_of, sum(m.new_customers), sum(m.net_sales) from (select distinct as_of from rfm_history) as h"
            " join kpi_monthly as m on m.month <= h.as_of group by h.as_of",
        ),
        agree(
            "migration_sums_to_history",
            "Each segment has the customers who moved into it and those who stayed.",
            "select as_of, segment, customers, net_sales from rfm_history",
            "select as_of, to_segment, sum(customers), sum(net_sales) from rfm_migration group by as_of, to_segment",
        ),
        Identity(
            "shares_are_of_the_month",
            "select as_of, segment from (select *, sum(customers) over (partition by as_of) as people from rfm_history) as whole"
            f" where not ({same('share * people', 'customers')})",
            "Shares are of all customers at the month's end.",
        ),
    )
