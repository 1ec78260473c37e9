from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class ProductJourney(Gold):
    """One row per category of a purchase and category of the same customer's next purchase."""

    from_category = Key("Category of the earlier purchase; `unknown` where the shop states none.")
    to_category = Key("Category of the next purchase.")
    customers = vocabulary.customers.replace(at_least=1)
    steps = Count("Number of such transitions.", at_least=1)
    from_customers = Count("Customers who made another purchase after one from from_category.", at_least=1)
    share = Share("customers / from_customers; a purchase may contain several categories, so that shares may sum to more than 1.")
    median_days = Number("Median days between the two purchases.", at_least=1, unit="days")

    rules = (
        Rule("customers_within_steps", "customers <= steps", "There are at least as many transitions as customers."),
        Rule(
            "share_of_those_who_went_on",
            "share = cast(customers as double) / from_customers",
            "The share is customers / from_customers.",
        ),
    )
    needs = ("orders.ordered_at",)

    identities = (
        agree(
            "journeys_go_on_from_purchases",
            "The transitions are the pairs of categories in consecutive purchases.",
            "select coalesce(sum(steps), 0) from product_journey",
            "with held as (select distinct o.customer_id, o.purchase_number, s.category from fct_orders as o"
            " join fct_sales as s on s.order_id = o.order_id where o.is_valid and s.is_valid and o.order_date is not null"
            " and o.customer_id in (select customer_id from fct_orders where purchase_number = 2)),"
            " counted as (select customer_id, purchase_number, count(*) as n from held group by customer_id, purchase_number)"
            " select coalesce(sum(earlier.n * later.n), 0) from counted as earlier join counted as later"
            " on later.customer_id = earlier.customer_id and later.purchase_number - earlier.purchase_number = 1",
        ),
        Identity(
            "journeys_are_of_buyers",
            "select j.from_category, j.to_category from product_journey as j"
            " left join category_performance as f on f.category = j.from_category"
            " left join category_performance as t on t.category = j.to_category"
            " where coalesce(f.customers < j.from_customers, true) or coalesce(t.customers < j.customers, true)",
            "A category's transitions have no more customers than the category.",
        ),
    )
