from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Money
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary
from ecom_lake.shop.rfm.rfm_codes import SEGMENTS


class Rfm(Gold):
    """One row per customer with a valid order, as of the shop's as-of date: recency, frequency and monetary scores."""

    customer_id = vocabulary.customer_id.replace(key=True)
    as_of = vocabulary.as_of.replace(nullable=True)
    recency_days = vocabulary.recency_days
    frequency = Count("Number of purchases: days with a valid order.", at_least=1)
    monetary = Money("Net sales of the customer.")
    r = vocabulary.r
    f = vocabulary.f
    m = vocabulary.m
    rfm_code = vocabulary.rfm_code
    segment = vocabulary.segment.replace(one_of=SEGMENTS)

    rules = (Rule("code_is_the_scores", "rfm_code = cast(100 * r + 10 * f + m as varchar)", "The code is r, f and m."),)
    needs = ("orders.ordered_at",)

    identities = (
        agree(
            "everybody_is_scored_once",
            "Every customer of customer_metrics has one row, with their purchases and net sales.",
            "select count(*), coalesce(sum(frequency), 0), coalesce(sum(monetary), 0) from rfm",
            "select count(*), coalesce(sum(purchases), 0), coalesce(sum(net_sales), 0) from customer_metrics",
        ),
        agree(
            "scores_are_of_their_people",
            "Recency, frequency, net sales and monetary score are the customer's in customer_metrics, at the as-of date.",
            "select customer_id, recency_days, frequency, monetary, m, as_of from rfm",
            "select customer_id, recency_days, purchases, net_sales, m, as_of from customer_metrics cross join reporting_period",
        ),
        Identity(
            "segments_are_of_their_codes",
            "select rfm_code, segment from (select distinct rfm_code, segment from rfm) as found"
            " where not exists (select 1 from rfm_codes where rfm_codes.rfm_code = found.rfm_code"
            " and rfm_codes.segment = found.segment)",
            "Each code's segment is the one in rfm_codes.",
        ),
        Identity(
            "frequency_scores_are_of_the_bands",
            "select frequency, f from (select distinct frequency, f from rfm) as found cross join settings"
            " where f <> case when frequency >= rfm_f5 then 5 when frequency >= rfm_f4 then 4 when frequency >= rfm_f3 then 3"
            " when frequency >= rfm_f2 then 2 else 1 end",
            "The frequency score follows the bands in the settings.",
        ),
    )
