from __future__ import annotations

from ecom_lake.engine.contracts.columns import Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


def _sums(*amounts: str) -> str:
    return ", ".join(f"coalesce(sum({amount}) filter (where is_valid), 0)" for amount in amounts)


class KpiMonthly(Gold):
    """One row per month, from the first order's to the last one's, with none missing."""

    month = vocabulary.month.replace(key=True)
    is_complete = vocabulary.is_complete
    orders = vocabulary.orders
    customers = vocabulary.customers.replace(nullable=True)
    new_customers = vocabulary.new_customers
    returning_customers = vocabulary.returning_customers
    anonymous_orders = vocabulary.anonymous_orders
    anonymous_net_sales = vocabulary.anonymous_net_sales
    items = vocabulary.items
    units = vocabulary.units
    gross_sales = vocabulary.gross_sales
    discounts = vocabulary.discounts.replace(nullable=True)
    net_sales = vocabulary.net_sales
    freight = vocabulary.freight
    gmv = vocabulary.gmv
    payments = vocabulary.payments.replace(nullable=True)
    pending_payments = vocabulary.pending_payments
    failed_payments = vocabulary.failed_payments
    refunds = vocabulary.refunds
    net_sales_after_refunds = vocabulary.net_sales_after_refunds
    tax = vocabulary.tax
    cogs = vocabulary.cogs
    cogs_coverage = vocabulary.cogs_coverage
    gross_profit = vocabulary.gross_profit
    margin = vocabulary.margin
    aov = vocabulary.aov.replace(nullable=True)
    items_per_order = vocabulary.items_per_order
    placed_orders = vocabulary.placed_orders
    canceled_orders = vocabulary.canceled_orders.replace(nullable=True)
    cancel_rate = vocabulary.cancel_rate
    discounted_orders = vocabulary.discounted_orders.replace(nullable=True)
    discounted_share = vocabulary.discounted_share
    returned_orders = vocabulary.returned_orders.replace(nullable=True)
    returned_sales = vocabulary.returned_sales.replace(nullable=True)
    return_rate = vocabulary.return_rate
    return_rate_units = vocabulary.return_rate_units
    return_share = vocabulary.return_share
    unknown_status_orders = vocabulary.unknown_status_orders
    late_rate = vocabulary.late_rate
    avg_lead_days = vocabulary.avg_lead_days
    avg_review = vocabulary.avg_review
    nps_proxy = vocabulary.nps_proxy
    net_sales_mom = Number(
        "Month-over-month growth of net sales; NULL unless both months are complete.", nullable=True, unit="growth"
    )
    net_sales_yoy = vocabulary.net_sales_yoy

    additive = (
        "orders",
        "new_customers",
        "items",
        "units",
        "gross_sales",
        "discounts",
        "net_sales",
        "freight",
        "gmv",
        "payments",
        "cogs",
        "placed_orders",
        "canceled_orders",
        "returned_orders",
        "returned_sales",
        "unknown_status_orders",
    )
    rules = (
        Rule(
            "customers_are_new_or_returning",
            "customers = new_customers + returning_customers",
            "Every customer is new or returning.",
        ),
        Rule(
            "customers_are_known_where_an_order_states_one",
            "(customers IS NULL) = (orders > 0 AND orders = anonymous_orders) AND (new_customers IS NULL) = (customers IS NULL)"
            " AND (returning_customers IS NULL) = (customers IS NULL)",
            "The number of customers is NULL where there are orders and all of them are anonymous, and only there.",
        ),
        Rule(
            "net_is_gross_less_discounts",
            "net_sales = gross_sales - coalesce(discounts, 0)",
            "Net sales are gross sales less discounts.",
        ),
        Rule("gmv_is_net_and_freight", "gmv = net_sales + freight", "GMV is net sales plus freight."),
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        ratio("items_per_order", "items_per_order", "items", "orders"),
        ratio("cancel_rate_of_the_placed", "cancel_rate", "canceled_orders", "placed_orders"),
        ratio("discounted_share_of_the_valid", "discounted_share", "discounted_orders", "orders"),
        ratio("return_share_of_the_valid", "return_share", "returned_orders", "orders"),
        ratio("margin_is_profit_per_sales", "margin", "gross_profit", "net_sales"),
        Rule(
            "profit_is_net_less_cost",
            "gross_profit = net_sales - cogs AND (gross_profit IS NULL OR cogs_coverage IS NOT NULL)",
            "Gross profit is net sales less cost.",
        ),
        Rule(
            "parts_within_orders",
            "orders + coalesce(canceled_orders, 0) <= placed_orders AND coalesce(customers <= orders - anonymous_orders, true)"
            " AND items <= units"
            " AND unknown_status_orders <= orders AND coalesce(returned_orders <= orders, true)"
            " AND coalesce(discounted_orders <= orders, true)",
            "Valid and canceled orders are among those placed, discounted and returned ones among the valid; customers ordered.",
        ),
        Rule(
            "refunds_are_taken_from_net_sales",
            "net_sales_after_refunds IS NOT DISTINCT FROM net_sales - refunds AND coalesce(refunds >= 0, true)",
            "Net sales after refunds are net sales less the refunds of the month, and NULL where these are unknown.",
        ),
        Rule(
            "payment_statuses_are_known_together",
            "(pending_payments IS NULL) = (failed_payments IS NULL) AND (pending_payments IS NULL OR payments IS NOT NULL)",
            "Pending and failed payments are known together, and only where payments are.",
        ),
        Rule(
            "anonymous_sales_within_net",
            "anonymous_net_sales BETWEEN 0 AND net_sales AND (anonymous_orders > 0 OR anonymous_net_sales = 0)",
            "Anonymous net sales are part of net sales, and 0 without an anonymous order.",
        ),
        Rule(
            "returned_sales_within_net",
            "(returned_orders IS NULL) = (returned_sales IS NULL) AND coalesce(returned_sales BETWEEN 0 AND net_sales, true)",
            "Returned sales are at most net sales.",
        ),
    )
    needs = ("orders.ordered_at",)

    identities = (
        Identity(
            "no_month_is_missing",
            "select months, first, last from (select count(*) as months, min(month) as first, max(month) as last"
            " from kpi_monthly) as m where months > 0"
            " and months <> 12 * (year(last) - year(first)) + month(last) - month(first) + 1",
            "No month is missing from the first to the last.",
        ),
        agree(
            "months_sum_to_orders",
            "Each month has the orders, distinct customers and amounts of fct_orders, to the cent.",
            "select month, placed_orders, orders, coalesce(customers, 0), anonymous_orders, anonymous_net_sales, units,"
            " gross_sales, coalesce(discounts, 0), net_sales, freight, gmv,"
            " coalesce(payments, 0), coalesce(cogs, 0), coalesce(returned_sales, 0), items,"
            " coalesce(canceled_orders, 0), unknown_status_orders, coalesce(returned_orders, 0), coalesce(tax, 0),"
            " coalesce(pending_payments, 0), coalesce(failed_payments, 0), coalesce(discounted_orders, 0)"
            " from kpi_monthly where placed_orders > 0",
            "select month, count(*), count(*) filter (where is_valid), count(distinct customer_id) filter (where is_valid),"
            " count(*) filter (where is_valid and customer_id is null),"
            " coalesce(sum(net_sales) filter (where is_valid and customer_id is null), 0),"
            f" {_sums('units', 'gross_sales', 'discounts', 'net_sales', 'freight', 'gmv', 'payments', 'cogs', 'returned_sales')},"
            f" {_sums('items')}, count(*) filter (where status in ('canceled', 'unavailable')),"
            " count(*) filter (where is_valid and status = 'unknown'), count(*) filter (where is_valid and is_returned),"
            f" {_sums('tax', 'pending_payments', 'failed_payments')}, count(*) filter (where is_valid and is_discounted)"
            " from fct_orders where month is not null group by month",
        ),
        agree(
            "refunds_are_those_of_the_month",
            "Each month has the refunds of valid orders that were given back in it, to the cent.",
            "select month, refunds from kpi_monthly where refunds <> 0",
            "select month, sum(amount) from fct_refunds where is_valid and month in (select month from kpi_monthly)"
            " group by month having sum(amount) <> 0",
        ),
        agree(
            "people_are_new_once",
            "Every customer with a valid order is new in exactly one month.",
            "select coalesce(sum(new_customers), 0) from kpi_monthly",
            "select count(distinct customer_id) from fct_orders where is_valid and month is not null",
        ),
        Identity(
            "growth_is_on_complete_months",
            "select a.month, a.net_sales_mom, a.net_sales_yoy from kpi_monthly as a"
            " left join kpi_monthly as b on b.month = a.month - interval 1 month and a.is_complete and b.is_complete"
            " left join kpi_monthly as y on y.month = a.month - interval 12 month and a.is_complete and y.is_complete"
            " where (a.net_sales_mom is null) <> (coalesce(b.net_sales, 0) = 0)"
            " or (a.net_sales_yoy is null) <> (coalesce(y.net_sales, 0) = 0)"
            f" or not ({same('(1 + a.net_sales_mom) * b.net_sales', 'a.net_sales')})"
            f" or not ({same('(1 + a.net_sales_yoy) * y.net_sales', 'a.net_sales')})",
            "Growth is against the previous month and the same month a year earlier, and NULL unless both months are complete.",
        ),
        Identity(
            "rates_are_those_of_the_orders",
            "select m.month from kpi_monthly as m join (select month, sum(costed_sales) as costed,"
            " count(is_returned) filter (where is_returned or status = 'delivered') as returnable,"
            " sum(units) filter (where is_returned or status = 'delivered') as returnable_units,"
            " sum(returned_units) as returned_units, count(is_late) as promised, count(*) filter (where is_late) as late,"
            " count(lead_days) as timed, sum(lead_days) as lead_days, count(review_score) as reviewed,"
            " sum(review_score::decimal(9, 4)) as scores, count(*) filter (where review_score >= 5) as promoters,"
            " count(*) filter (where review_score <= 3) as detractors"
            " from fct_orders where is_valid group by month) as o on o.month = m.month cross join settings"
            " where (m.gross_profit is not null) <> coalesce(o.costed >= cost_coverage * nullif(m.net_sales, 0), false)"
            f" or not ({same('m.cogs_coverage * m.net_sales', 'o.costed')})"
            f" or not ({same('m.return_rate * o.returnable', 'm.returned_orders')})"
            f" or not ({same('m.return_rate_units * o.returnable_units', 'o.returned_units')})"
            f" or not ({same('m.late_rate * o.promised', 'o.late')})"
            f" or not ({same('m.avg_lead_days * o.timed', 'o.lead_days')})"
            f" or not ({same('m.avg_review * o.reviewed', 'o.scores')})"
            f" or not ({same('m.nps_proxy * o.reviewed', '100 * (o.promoters - o.detractors)')})"
            " or (m.late_rate is null) <> (o.promised = 0) or (m.avg_lead_days is null) <> (o.timed = 0)"
            " or (m.avg_review is null) <> (o.reviewed = 0) or (m.nps_proxy is null) <> (o.reviewed = 0)",
            "Cost coverage, return rates, late rate, lead days and review scores are those of the month's valid orders.",
        ),
    )
