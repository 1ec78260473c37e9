from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Money, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity


class PersonaProducts(Gold, group="customers"):
    """One row per persona and category that its people bought, up to the as-of date."""

    persona = Text(
        "The persona.",
        key=True,
        one_of=("Loyal High-Value", "Premium", "High Churn Risk", "Low-Premium", "Standard"),
    )
    category = Text("The category; `unknown` where the shop names none.", key=True)
    customers = Count("People of the persona who bought it.", at_least=1)
    units = Count("Units that they bought.")
    net_sales = Money("Net sales that it brought from them.")
    share = Share("Share of the persona's net sales.", nullable=True)

    identities = (
        agree(
            "categories_sum_to_personas",
            "A persona's categories have the units and, to the cent, the net sales of its people.",
            "select persona, sum(units), sum(net_sales) from persona_products group by persona",
            "select persona, sum(units), sum(net_sales) from customer_metrics where items > 0 group by persona",
        ),
        Identity(
            "shares_are_of_the_persona",
            "select persona, category from (select *, sum(net_sales) over (partition by persona) as sales from persona_products)"
            f" as whole where (share is null) <> (sales = 0) or not ({same('share * sales', 'net_sales')})",
            "A share is of the persona's net sales.",
        ),
    )
