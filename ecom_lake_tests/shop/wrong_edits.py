"""Typical wrong edits of the gold SQL: a missing filter, a wrong key, date or sign, an off-by-one error.

Each replaces a text that occurs once in a table's query. Not here: what stops the edits (mutations.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake_tests.catalog import recipe


@dataclass(frozen=True)
class Mutation:
    table: str
    what: str
    old: str
    new: str

    def sql(self) -> str:
        """The table's query with the edit, whose text must occur in it exactly once."""
        sql = recipe(self.table).sql or ""
        if sql.count(self.old) != 1:
            raise LookupError(
                f"{self.table}: '{self.old}' occurs {sql.count(self.old)} times in its SQL, and not once: '{self.what}'."
            )
        return sql.replace(self.old, self.new)


def _of(table: str, *edits: tuple[str, str, str]) -> tuple[Mutation, ...]:
    return tuple(Mutation(table, what, old, new) for what, old, new in edits)


MUTATIONS: tuple[Mutation, ...] = (
    *_of(
        "dim_date",
        ("a year too few", "make_date(last_year, 12, 31)", "make_date(last_year, 12, 30)"),
        ("weekdays from Sunday", "% 7 + 1 as weekday", "% 7 as weekday"),
        (
            "the first complete month for the last",
            "(select last_day(max(month)) from complete_months)",
            "(select last_day(min(month)) from complete_months)",
        ),
        ("all days from the as-of date on", "date = (select as_of from today) as", "date >= (select as_of from today) as"),
    ),
    *_of(
        "reporting_period",
        ("the first complete month for the last", "max(month_start)", "min(month_start)"),
        ("days for months", "count(distinct month_start)", "count(*)"),
        ("the last day for the as-of date", "max(date) filter (where is_as_of)", "max(date)"),
    ),
    *_of(
        "dim_customer",
        (
            "the earliest address for the latest",
            "ordered_at desc nulls last,\n                order_id desc",
            "ordered_at,\n                order_id",
        ),
        ("the record before the latest order", "order_id is null,", "order_id is not null,"),
        ("the latest order although it has no address", "coalesce(city, state, region, country, zip) is null,", ""),
        ("people without a record are lost", "left join customers", "join customers"),
    ),
    *_of(
        "fct_sales",
        (
            "products only of the list",
            "join dim_product as p on p.product_id = i.product_id",
            "join products as p on p.product_id = i.product_id",
        ),
        ("lines of invalid orders count", "o.is_valid and i.is_valid as is_valid", "i.is_valid as is_valid"),
        (
            "discount added, not taken off",
            "(i.gross_sales - i.discount)::decimal(18, 2)",
            "(i.gross_sales + i.discount)::decimal(18, 2)",
        ),
        (
            "cost of one unit, whatever the quantity",
            "    (unit_cost * quantity)::decimal(18, 2) as cogs",
            "    unit_cost::decimal(18, 2) as cogs",
        ),
    ),
    *_of(
        "fct_orders",
        (
            "refused lines counted",
            "where is_valid or order_id not in (select order_id from refused where is_partly)\n    group by order_id\n),\n"
            "\ncosted",
            "group by order_id\n),\n\ncosted",
        ),
        (
            "reviews: the first for the latest",
            "order by answered_at desc nulls last, created_at desc nulls last, review_id desc",
            "order by answered_at, created_at, review_id",
        ),
        (
            "a date of delivery believed of any order",
            "case when status = 'delivered' then delivered_at::date end",
            "delivered_at::date",
        ),
        ("late on the promised day", "o.delivered_date > o.promised_date", "o.delivered_date >= o.promised_date"),
        ("orders without lines are lost", "left join children as c", "join children as c"),
        (
            "payments once for each line",
            "from payments\n    group by order_id",
            "from payments join order_items using (order_id)\n    group by order_id",
        ),
        (
            "freight left out of gmv",
            "coalesce(c.gross_sales - c.discounts + c.freight, 0) as gmv",
            "coalesce(c.gross_sales - c.discounts, 0) as gmv",
        ),
        (
            "payments of 0 where none are known",
            "case when availability.has_payments then coalesce(c.payments, 0) end",
            "coalesce(c.payments, 0)",
        ),
    ),
    *_of(
        "repeat_orders",
        (
            "orders numbered by id",
            "(partition by customer_id order by ordered_at, order_id)",
            "(partition by customer_id order by order_id)",
        ),
        ("only people of three orders are numbered", "having count(*) > 1)\n    window", "having count(*) > 2)\n    window"),
        ("first orders too", "from numbered\nwhere order_number > 1", "from numbered"),
        ("refused orders are numbered", " and order_id not in (select order_id from refused)", ""),
        ("orders of one day are several purchases", "dense_rank() over (", "row_number() over ("),
    ),
    *_of(
        "data_availability",
        ("returned lines overlooked", "\n    or (select count(is_returned) from order_items) > 0 as", " as"),
        ("a line not returned overlooked", "count(is_returned)", "count(*) filter (where is_returned)"),
        ("a discount without an amount is none", "where is_discounted) = 0", "where is_discounted) >= 0"),
        ("one amount is not enough", "where discount > 0) > 0", "where discount > 0) > 1"),
    ),
    *_of(
        "kpi_daily",
        ("canceled orders counted", "count(*) filter (where is_valid) as orders", "count(*) as orders"),
        ("the day of delivery for that of the order", "on s.order_date = d.date", "on s.order_date = d.date - 1"),
        ("days without orders are lost", "left join sums", "join sums"),
        ("discounts of 0 where no amount is known", "when availability.has_discount_amounts then", "when true then"),
    ),
    *_of(
        "kpi_monthly",
        (
            "orders of any status",
            "    from fct_orders\n    where is_valid\n    group by month",
            "    from fct_orders\n    group by month",
        ),
        (
            "people counted once for each order",
            "count(*) filter (where not is_anonymous and coalesce(previous_order_date < month, true)) as customers",
            "count(*) as customers",
        ),
        ("anonymous orders are customers", "(where not is_anonymous and coalesce", "(where coalesce"),
        ("no cost is known, and none is covered", "case when knows_costs then", "case when true then"),
        ("months without sales are lost", "left join sold as s on s.month = m.month", "join sold as s on s.month = m.month"),
        (
            "late among all delivered",
            "late_orders::double / nullif(promised_orders, 0)",
            "late_orders::double / nullif(timed_orders, 0)",
        ),
        ("a year is eleven months", "lag(net_sales, 12) over by_month)::double", "lag(net_sales, 11) over by_month)::double"),
        ("gross sales for net", "sum(net_sales)::decimal(18, 2) as net_sales", "sum(gross_sales)::decimal(18, 2) as net_sales"),
        ("a 4 promotes", "review_score >= 5) as promoters", "review_score >= 4) as promoters"),
        (
            "payments of 0 where none are known",
            "case when knows_payments then coalesce(payments, 0) end as",
            "coalesce(payments, 0) as",
        ),
        ("refunds of 0 where none are known", "case when knows_refunds then coalesce(refunds, 0) end", "coalesce(refunds, 0)"),
        ("tax of 0 where none is known", "case when knows_tax then coalesce(tax, 0) end", "coalesce(tax, 0)"),
        (
            "discounts of 0 where no amount is known",
            "case when knows_discount_amounts then coalesce(discounts, 0) end",
            "coalesce(discounts, 0)",
        ),
        ("no order was discounted", "case when knows_discounts then coalesce", "case when true then coalesce"),
        (
            "nothing was returned",
            "case when knows_returns then coalesce(returned_orders",
            "case when true then coalesce(returned_orders",
        ),
        ("returns without deliveries", "case when knows_deliveries then returned_orders", "case when true then returned_orders"),
        ("refunds of canceled orders", "    from fct_refunds\n    where is_valid\n", "    from fct_refunds\n"),
    ),
    *_of(
        "customer_metrics",
        ("anonymous orders are a customer", "where is_valid and customer_id is not null and", "where is_valid and"),
        (
            "orders after the as-of date",
            "where is_valid and customer_id is not null and coalesce(order_date <= as_of, true)\n    group by customer_id\n),"
            "\n\n-- An unknown",
            "where is_valid\n    group by customer_id\n),\n\n-- An unknown",
        ),
        ("unknown is a category", "count(distinct nullif(category, 'unknown'))", "count(distinct category)"),
        ("orders for purchases", "count(*) filter (where opens_purchase) as purchases", "count(*) as purchases"),
        (
            "recency from the first order",
            "date_diff('day', last_order_date, as_of) as recency_days",
            "date_diff('day', first_order_date, as_of) as recency_days",
        ),
        ("at risk is active", "s.recency_days <= gaps.p50", "s.recency_days <= gaps.p80"),
        ("gaps between all purchases", "nullif(purchases - 1, 0)", "nullif(purchases, 0)"),
    ),
    *_of(
        "rfm",
        (
            "the most recent last",
            "rank() over (order by last_order_date nulls first)",
            "rank() over (order by last_order_date desc)",
        ),
        ("frequency above, not from", "frequency >= rfm_f3", "frequency > rfm_f3"),
        ("fifths begin one late", "1 + 5 * (recency_rank - 1) // everybody", "1 + 5 * recency_rank // everybody"),
    ),
    *_of(
        "rfm_segments",
        ("mean of orders for customers", "s.net_sales::double / s.customers", "s.net_sales::double / s.purchases"),
        ("share of a segment, not of all", "s.customers::double / t.customers", "s.customers::double / s.purchases"),
    ),
    *_of(
        "revenue_waterfall",
        ("discounts with a plus", "'discounts', -discounts", "'discounts', discounts"),
        ("returned is not realized", "status in ('delivered', 'returned')", "status = 'delivered'"),
        ("recent is under the limit", "<= at_risk_recent_days", "< at_risk_recent_days"),
        ("invalid orders too", "    cross join tax_on_top\n    where is_valid\n", "    cross join tax_on_top\n"),
        ("two for one instalment", "instalments > 1", "instalments >= 1"),
        ("tax is always on top", "case when is_on_top and items > 0", "case when items > 0"),
        (
            "as many orders without tax on top as with it",
            "abs(payments - gmv - tax) <= payment_rounding)\n        > count",
            "abs(payments - gmv - tax) <= payment_rounding)\n        >= count",
        ),
        ("tax is due without a payment", "is_on_top and items > 0 and payment_count > 0 then", "is_on_top and items > 0 then"),
        (
            "refunds of canceled orders",
            "'refunds', -amount from fct_refunds where is_valid",
            "'refunds', -amount from fct_refunds",
        ),
        ("discounts of 0 where no amount is known", " and (steps.step <> 'discounts' or m.discounts is not null)", ""),
        ("outcomes of 0 where no status is known", "steps.step = 'returned' or m.canceled_orders is not null", "true"),
    ),
    *_of(
        "kpi_summary",
        (
            "repeaters have one purchase",
            "count(*) filter (where purchases >= 2) as repeaters",
            "count(*) filter (where purchases >= 1) as repeaters",
        ),
        ("soon is before the limit", "gap_days <= repeat_days", "gap_days < repeat_days"),
        (
            "payments of 0 where none are known",
            "(case when knows_payments then coalesce(payments, 0) end)",
            "(coalesce(payments, 0))",
        ),
        (
            "refunds of 0 where none are known",
            "(case when knows_refunds then coalesce(refunds, 0) end)",
            "(coalesce(refunds, 0))",
        ),
        ("tax of 0 where none is known", "(case when knows_tax then coalesce(tax, 0) end)", "(coalesce(tax, 0))"),
        (
            "discounts of 0 where no amount is known",
            "(case when knows_discount_amounts then coalesce(discounts, 0) end)",
            "(coalesce(discounts, 0))",
        ),
        (
            "pending payments of 0 where no status is known",
            "(case when knows_payment_statuses then coalesce(pending_payments, 0) end)",
            "(coalesce(pending_payments, 0))",
        ),
        ("no order was discounted", "(case when knows_discounts then coalesce", "(case when true then coalesce"),
        ("nothing was returned", "case when knows_deliveries then returned_orders", "case when true then returned_orders"),
        ("nobody ordered again without dates", "case when as_of is not null then repeaters", "case when true then repeaters"),
        (
            "a median of the whole history",
            "a customer is active. Up to the as-of date.",
            "a customer is active. Whole history.",
        ),
        ("refunds of canceled orders", "    from fct_refunds\n    where is_valid\n", "    from fct_refunds\n"),
    ),
    *_of(
        "fct_payments",
        ("invalid orders too", "where o.is_valid and o.payment_count is not null", "where o.payment_count is not null"),
        (
            "what rounding leaves over is lost",
            "case when place > 1 then net_share else net_sales end as net_part",
            "net_share as net_part",
        ),
        ("orders without payment are lost", "    left join paid as p", "    join paid as p"),
    ),
    *_of(
        "kpi_breakdown",
        ("invalid orders too", "    where o.is_valid\n", ""),
        ("anonymous orders are customers", "case when o.is_anonymous then 0 else r.repeater end as repeater", "r.repeater"),
        ("growth on two years before", "make_date(year(s.period) - 1", "make_date(year(s.period) - 2"),
    ),
    *_of(
        "kpi_bridge",
        ("discounts with the sign turned", "f.d - t.d as discount", "t.d - f.d as discount"),
        ("the mix forgets anonymous orders", "orders_per_customer - anonymous - units", "orders_per_customer - units"),
        ("the mix forgets prices", "units_per_order - price - discount", "units_per_order - discount"),
        ("against two months before", "b.number = a.number - 1 or", "b.number = a.number - 2 or"),
        ("an effect of discounts of unknown amounts", "\n    where (select has_discount_amounts from data_availability)", ""),
    ),
    *_of("kpi_churn", ("repeaters from the third purchase", "(where p.purchase_number = 2)", "(where p.purchase_number = 3)")),
    *_of(
        "cohort_retention",
        ("not yet is incomplete", "case when m.month is not null then c.is_complete", "case when true then c.is_complete"),
        ("not yet is zero", "when m.month is not null then coalesce(r.customers, 0)", "else coalesce(r.customers, 0)"),
        ("another order of the month is a return", "where o.previous_order_date < o.month and", "where"),
        ("returns after the as-of date", " and o.order_date <= reporting_period.as_of\n    group", "\n    group"),
    ),
    *_of("cohort_value", ("later orders are lost", "    where not later.is_first_order\n", "    where later.is_first_order\n")),
    *_of(
        "second_order_curve",
        ("orders for purchases", "where opens_purchase and purchase_number <= 2", "where purchase_number <= 2"),
    ),
    *_of("rfm_migration", ("invalid orders too", "where o.is_valid and o.customer_id", "where o.customer_id")),
    *_of(
        "customer_concentration",
        ("tenths rounded down", "((decile - 1) * customers + 9) // 10", "((decile - 1) * customers) // 10"),
    ),
    *_of("order_gaps", ("a gap of one day is none", "where days > 0", "where days > 1")),
    *_of(
        "product_performance",
        ("refused lines counted", "    where is_valid\n    group by product_id, order_id", "    group by product_id, order_id"),
        ("products that never sold are lost", "left join sums", "join sums"),
        (
            "orders counted by line",
            "    group by product_id, order_id\n),\n\nsums",
            "    group by product_id, order_id, line\n),\n\nsums",
        ),
        (
            "the share that ends there, not before",
            "when r.sales_so_far - r.net_sales < settings.abc_a_share",
            "when r.sales_so_far < settings.abc_a_share",
        ),
        ("B up to its bound and beyond", "< settings.abc_b_share", "<= settings.abc_b_share"),
        (
            "ranked from the least",
            "over (order by net_sales desc, product_id) as rank_by_sales",
            "over (order by net_sales, product_id) as rank_by_sales",
        ),
        (
            "ties by the larger id",
            "over (partition by category order by net_sales desc, product_id)",
            "over (partition by category order by net_sales desc, product_id desc)",
        ),
        (
            "returns among all orders",
            "count(*) filter (where s.is_returnable) as returnable_orders",
            "count(*) as returnable_orders",
        ),
        (
            "gross profit at any coverage",
            "when r.costed_sales >= settings.cost_coverage * nullif(r.net_sales, 0) then",
            "when r.costed_sales > 0 then",
        ),
        ("the last sale from the first", "max(s.order_date) as last_sold", "min(s.order_date) as last_sold"),
    ),
    *_of(
        "category_performance",
        ("people counted by order", "count(distinct s.customer_id)", "count(s.customer_id)"),
        ("the unknown is another category", "    where category <> 'unknown'\n    group by order_id", "    group by order_id"),
        ("baskets without lines", "where is_valid and items > 0)", "where is_valid)"),
        ("several from one on", "having count(*) > 1", "having count(*) >= 1"),
        ("refused lines counted", "    where is_valid\n    group by category, order_id", "    group by category, order_id"),
    ),
    *_of(
        "product_journey",
        ("the purchase before", "bought.purchase_number + 1", "bought.purchase_number - 1"),
        (
            "any later purchase",
            "later.purchase_number = bought.purchase_number + 1",
            "later.purchase_number > bought.purchase_number",
        ),
        ("lines for purchases", "select distinct s.customer_id, o.purchase_number", "select s.customer_id, o.purchase_number"),
        (
            "people counted by step",
            "        count(distinct customer_id) as customers,",
            "        count(customer_id) as customers,",
        ),
        ("refused lines counted", "where s.is_valid and s.order_date is not null and", "where s.order_date is not null and"),
    ),
    *_of(
        "discount_sensitivity",
        ("refused lines counted", "    where is_valid\n    group by category, order_id", "    group by category, order_id"),
        ("orders without lines counted", "    where o.is_valid and o.items > 0", "    where o.is_valid"),
        ("the share among all", "(units - units_with_discount)::double", "units::double"),
    ),
    *_of(
        "first_product_value",
        (
            "orders after the as-of date",
            "where o.is_first_order and o.order_date <= reporting_period.as_of",
            "where o.is_first_order",
        ),
        (
            "90 days for everybody",
            "count(*) filter (where p.known_90d and p.repeated_90d)",
            "count(*) filter (where p.repeated_90d)",
        ),
        ("89 days are enough", "f.known_days >= 90", "f.known_days >= 89"),
        ("the year's last day left out", "o.order_date) <= 365", "o.order_date) < 365"),
        ("canceled orders in the first year", "f.known_days >= 365 and o.is_valid and", "f.known_days >= 365 and"),
        ("the third purchase for the second", "purchase_number = 2", "purchase_number = 3"),
        ("categories counted by line", "    select distinct order_id, category", "    select order_id, category"),
    ),
    *_of(
        "delivery_performance",
        ("canceled orders too", "where is_valid and status = 'delivered'", "where status in ('delivered', 'canceled')"),
        (
            "the month of delivery",
            "    select\n        month,\n        coalesce",
            "    select\n        date_trunc('month', delivered_date)::date as month,\n        coalesce",
        ),
        ("late among all delivered", "nullif(count(is_late), 0)", "nullif(count(*), 0)"),
        ("delays of orders on time", "case when is_late then delay_days end", "delay_days"),
        ("transit for handling", "sum(handling_days)::double", "sum(transit_days)::double"),
        ("the median for the ninth tenth", "quantile_cont(lead_days::double, 0.9)", "quantile_cont(lead_days::double, 0.5)"),
        ("orders without a state are lost", "and month is not null", "and month is not null and state is not null"),
    ),
    *_of(
        "returns_leakage",
        (
            "refused lines leak",
            "    from fct_sales\n    where is_valid\n    group by product_id, order_id",
            "    from fct_sales\n    group by product_id, order_id",
        ),
        (
            "kept lines leak",
            "sum(case when is_returned then net_sales end)::decimal(18, 2) as returned_sales\n    from fct_sales\n"
            "    where is_valid\n    group by product_id",
            "sum(net_sales)::decimal(18, 2) as returned_sales\n    from fct_sales\n    where is_valid\n    group by product_id",
        ),
        (
            "an order returned if all of it was",
            "        category as member,\n        order_id,\n        min(status) as status,\n        bool_or(is_returned)",
            "        category as member,\n        order_id,\n        min(status) as status,\n        bool_and(is_returned)",
        ),
        ("the rate among all orders", "nullif(s.delivered_orders + s.returned_orders, 0)", "nullif(s.orders, 0)"),
        (
            "unknown is delivered",
            "status in ('delivered', 'returned') and not is_returned",
            "status in ('delivered', 'returned', 'unknown') and not is_returned",
        ),
    ),
    *_of(
        "order_status_sales",
        (
            "valid orders alone",
            "    from fct_orders\n    cross join reporting_period\n",
            "    from fct_orders\n    cross join reporting_period\n    where is_valid\n",
        ),
        (
            "ages from orders still to come",
            "case when order_date <= as_of then date_diff('day', order_date, as_of)::double end",
            "date_diff('day', order_date, as_of)::double",
        ),
        ("age with the sign turned", "date_diff('day', order_date, as_of)", "date_diff('day', as_of, order_date)"),
    ),
    *_of(
        "fct_refunds",
        ("the month of the order", "date_trunc('month', r.refunded_at)", "date_trunc('month', o.order_date)"),
        ("refunds of canceled orders lost", "on o.order_id = r.order_id", "on o.order_id = r.order_id and o.is_valid"),
        ("all refunds so far", "and current row", "and unbounded following"),
        ("refunds of canceled orders are valid", "    o.is_valid,\n", "    true as is_valid,\n"),
    ),
    *_of(
        "fct_payments",
        ("pending payments paid", "    where status in ('paid', 'unknown')\n", ""),
    ),
    *_of(
        "target_progress",
        ("a rate is to be reached", "when reached <= target then", "when reached >= target then"),
        ("the whole target is expected of a running month", "else share_of_days end as", "else 1.0::double end as"),
    ),
    *_of("shop_events", ("an event lasts a day less", " + 1 as event_days", " as event_days")),
    *_of(
        "payment_mix",
        ("payments of canceled orders", "and o.is_valid and o.month", "and o.month"),
        ("failed payments paid", "p.status in ('paid', 'unknown')", "p.status <> 'pending'"),
        (
            "orders counted by payment",
            "        count(*) as orders,\n        sum(payment_count)",
            "        sum(payment_count) as orders,\n        sum(payment_count)",
        ),
        ("instalments of an order, not a payment", "nullif(s.known_instalments, 0)", "s.orders"),
        ("unknown instalments are 0", "nullif(s.known_instalments, 0)", "s.payment_count"),
        (
            "the share of all months",
            "join months as m on m.month = s.month",
            "cross join (select sum(payments) as payments from months) as m",
        ),
    ),
    *_of(
        "seller_scorecard",
        ("the late are best", "order by late_rate nulls last", "order by late_rate desc nulls last"),
        ("worst reviews are best", "order by avg_review desc nulls last", "order by avg_review nulls last"),
        ("idle sellers are lost", "left join sums", "join sums"),
        ("sales of canceled orders", "sum(case when is_valid then net_sales end)", "sum(net_sales)"),
        ("compared with everybody", "count(late_rate) over (partition by is_scored)", "count(late_rate) over ()"),
        ("one order is enough", ">= settings.seller_min_orders", ">= 1"),
        ("above, not from, so many orders", ">= settings.seller_min_orders", "> settings.seller_min_orders"),
        ("ranked from the last", "order by score desc nulls last, net_sales desc", "order by score nulls last, net_sales desc"),
        (
            "canceled among the valid",
            "s.canceled_orders::double / s.placed_orders end",
            "s.canceled_orders::double / nullif(s.orders, 0) end",
        ),
        (
            "reviews of canceled orders",
            "sum(case when p.is_valid then o.review_score::decimal(9, 4) end)",
            "sum(o.review_score::decimal(9, 4))",
        ),
    ),
    *_of(
        "review_summary",
        ("the month of the answer", "date_trunc('month', r.created_at)", "date_trunc('month', r.answered_at)"),
        ("any review promotes", "count(*) filter (where is_latest and score >= 5)", "count(*) filter (where score >= 5)"),
        ("a 3 is passive", "is_latest and score <= 3", "is_latest and score < 3"),
        ("every review is the latest", "f.review_id = r.review_id as is_latest", "f.order_id = r.order_id as is_latest"),
        ("after, not before, delivery", "r.created_at < o.delivered_at", "r.created_at > o.delivered_at"),
        ("hours as minutes", "0.5) / 3600", "0.5) / 60"),
        ("reviews of valid orders alone", "where r.created_at is not null", "where r.created_at is not null and f.is_valid"),
        ("a 2 is a 1", "where score < 2)", "where score <= 2)"),
    ),
)
