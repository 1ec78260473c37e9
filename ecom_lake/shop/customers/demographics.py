from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Money, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class Demographics(Gold, group="customers"):
    """One row per gender and per age group, whichever the shop knows, as of the as-of date."""

    dimension = Text("What people are told apart by.", key=True, one_of=("gender", "age_group"))
    member = Text("The gender or the age group; `unknown` where the shop does not know the person's.", key=True)
    customers = Count("People of it.", at_least=1)
    share = Share("Their share of all people in the dimension.")
    orders = Count("Their valid orders.", at_least=1)
    net_sales = Money("Their net sales.")
    net_sales_share = Share("Their share of all net sales in the dimension.", nullable=True)
    aov = Number("net_sales / orders.")
    net_sales_per_customer = Number("net_sales / customers.")
    repeat_rate = Share("Share of them with two or more purchases.")

    rules = (
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        ratio("sales_per_customer", "net_sales_per_customer", "net_sales", "customers"),
        Rule("customers_within_orders", "customers <= orders", "Everybody has an order."),
    )
    needs = ("customers.gender or customers.age",)
    identities = (
        agree(
            "each_dimension_has_all_people",
            "In each dimension there is everybody in customer_metrics, with their orders, and their net sales to the cent.",
            "select dimension, sum(customers), sum(orders), sum(net_sales) from demographics group by dimension",
            "select d.dimension, m.customers, m.orders, m.net_sales from (select distinct dimension from demographics) as d"
            " cross join (select count(*) as customers, sum(orders) as orders, sum(net_sales) as net_sales from customer_metrics)"
            " as m",
        ),
        Identity(
            "shares_are_of_the_dimension",
            "select dimension, member from (select *, sum(customers) over all_of_it as people,"
            " sum(net_sales) over all_of_it as sales from demographics window all_of_it as (partition by dimension)) as whole"
            f" where not ({same('share * people', 'customers')})"
            f" or (net_sales_share is null) <> (sales = 0) or not ({same('net_sales_share * sales', 'net_sales')})",
            "Shares are of the people and the net sales of the dimension.",
        ),
    )
