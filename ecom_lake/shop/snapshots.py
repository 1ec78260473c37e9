"""The as-of date of the shop's models, and the changes of their inputs that a model card counts.

Not here: when a model runs (engine/build/gold/snapshots.py), and the cards (trust/model_cards.sql).
"""

from __future__ import annotations

from ecom_lake.engine.contracts.domain import Snapshots

AS_OF = """
    select max(date)
    from dim_date
    where (is_as_of or is_snapshot_date) and date <= (select max(ordered_at)::date from orders)
"""
"""The as-of date; if the deliveries have not reached it yet, the end of the last complete month that they have reached.

A month counts as complete up to three days before its end (`complete_month_edge_days`). A model that ran then would lack the last
orders of the month until the next one ends.
"""

CHANGES = """
    with
    day as (
        select max(date) as as_of from dim_date_before where is_as_of
    ),

    before as (
        select order_id, customer_id, order_date, net_sales
        from fct_orders_before
        cross join day
        where is_valid and coalesce(order_date <= as_of, true)
    ),

    now as (
        select order_id, customer_id, order_date, net_sales
        from fct_orders
        cross join day
        where is_valid and coalesce(order_date <= as_of, true)
    )

    select
        count(distinct coalesce(n.customer_id, b.customer_id)) as customers_changed,
        coalesce(sum(abs(coalesce(n.net_sales, 0) - coalesce(b.net_sales, 0))), 0)::decimal(18, 2) as net_sales_changed
    from now as n
    full join before as b on b.order_id = n.order_id and b.customer_id is not distinct from n.customer_id
    where
        n.order_id is null
        or b.order_id is null
        or n.order_date is distinct from b.order_date
        or n.net_sales is distinct from b.net_sales
"""
"""Valid orders up to the model's as-of date that were added, removed, moved to another day or customer, or have other sales."""

SNAPSHOTS = Snapshots(table="dim_date", as_of=AS_OF, changes=CHANGES)
