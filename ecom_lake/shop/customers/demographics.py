from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class Demographics(Gold):
    """One row per gender and per age group, where the shop knows them, as of the as-of date."""

    dimension = vocabulary.dimension.replace(key=True, one_of=("gender", "age_group"))
    member = vocabulary.member.replace(key=True)
    customers = vocabulary.customers.replace(at_least=1)
    share = vocabulary.share_of_customers
    orders = vocabulary.orders.replace(at_least=1)
    net_sales = vocabulary.net_sales
    net_sales_share = vocabulary.net_sales_share
    aov = vocabulary.aov
    net_sales_per_customer = vocabulary.net_sales_per_customer
    repeat_rate = vocabulary.repeat_rate

    rules = (
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        ratio("sales_per_customer", "net_sales_per_customer", "net_sales", "customers"),
        Rule("customers_within_orders", "customers <= orders", "Every customer has at least one order."),
    )
    needs = ("customers.gender or customers.age",)
    identities = (
        agree(
            "each_dimension_has_all_people",
            "Each dimension contains all customers of customer_metrics with their orders and net sales, to the cent.",
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
            "Shares are of the customers and the net sales of the dimension.",
        ),
    )
