from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class RevenueWaterfall(Gold):
    """One row per month and step: from gross sales to realized sales, from GMV to payments, and from net sales to net sales after
    the refunds that were given back in the month."""

    month = vocabulary.month.replace(key=True)
    step_order = Integer("Position of the step in the waterfall.", key=True, at_least=1)
    step = Text(
        "A total (gross_sales, net_sales, gmv, payments, net_sales_after_refunds) or a step between two totals: discounts; the"
        " outcomes of the net sales, of which `realized` was delivered and `unknown` has no known status; freight; the causes of"
        " what was paid above or below GMV (no_lines, no_payment, rounding, `tax` charged on top of the prices,"
        " instalment_interest, overpaid, underpaid); refunds. What the shop does not know has no step."
    )
    amount = vocabulary.amount
    closes = Flag("Whether the steps up to the next total sum to it, to the cent.")

    rules = (Rule("it_closes", "closes", "Every section of the waterfall closes to the cent."),)
    identities = (
        Identity(
            "waterfall_is_the_months",
            "select m.month from kpi_monthly as m"
            " left join revenue_waterfall as n on n.month = m.month and n.step = 'net_sales'"
            " left join revenue_waterfall as d on d.month = m.month and d.step = 'discounts'"
            " left join revenue_waterfall as g on g.month = m.month and g.step = 'gmv'"
            " left join revenue_waterfall as p on p.month = m.month and p.step = 'payments'"
            " left join revenue_waterfall as r on r.month = m.month and r.step = 'returned'"
            " left join revenue_waterfall as b on b.month = m.month and b.step = 'refunds'"
            " left join revenue_waterfall as a on a.month = m.month and a.step = 'net_sales_after_refunds'"
            " where n.amount is distinct from m.net_sales or d.amount is distinct from -m.discounts"
            " or g.amount is distinct from m.gmv"
            " or p.amount is distinct from m.payments or r.amount is distinct from m.returned_sales"
            " or b.amount is distinct from -m.refunds or a.amount is distinct from m.net_sales_after_refunds",
            "Its totals are the month's net sales, GMV, payments and net sales after refunds, and its discounts, returned sales"
            " and refunds the month's.",
        ),
        Identity(
            "steps_sum_to_the_sums",
            "select month from revenue_waterfall group by month having"
            " sum(amount) filter (where step_order between 1 and 2) <> sum(amount) filter (where step = 'net_sales')"
            " or sum(amount) filter (where step_order between 4 and 12) <> sum(amount) filter (where step = 'net_sales')"
            " or sum(amount) filter (where step in ('net_sales', 'freight')) <> sum(amount) filter (where step = 'gmv')"
            " or sum(amount) filter (where step_order between 14 and 21) <> sum(amount) filter (where step = 'payments')"
            " or sum(amount) filter (where step in ('net_sales', 'refunds'))"
            " <> sum(amount) filter (where step = 'net_sales_after_refunds')",
            "The steps between two totals sum to their difference, to the cent.",
        ),
    )
