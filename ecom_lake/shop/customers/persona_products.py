from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class PersonaProducts(Gold):
    """One row per persona and category that its customers bought, up to the as-of date."""

    persona = vocabulary.persona.replace(key=True)
    category = vocabulary.category.replace(key=True)
    customers = vocabulary.customers.replace(at_least=1)
    units = vocabulary.units
    net_sales = vocabulary.net_sales
    share = vocabulary.share_of_net_sales

    identities = (
        agree(
            "categories_sum_to_personas",
            "A persona's categories sum to the units and net sales of its customers, to the cent.",
            "select persona, sum(units), sum(net_sales) from persona_products group by persona",
            "select persona, sum(units), sum(net_sales) from customer_metrics where items > 0 group by persona",
        ),
        Identity(
            "shares_are_of_the_persona",
            "select persona, category from (select *, sum(net_sales) over (partition by persona) as sales from persona_products)"
            f" as whole where (share is null) <> (sales = 0) or not ({same('share * sales', 'net_sales')})",
            "Shares are of the persona's net sales.",
        ),
    )
