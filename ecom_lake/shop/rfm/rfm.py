from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Integer, Key, Money, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop.rfm.rfm_codes import SEGMENTS


class Rfm(Gold, group="customers"):
    """One row per person with a valid order, as of the shop's as-of date: recency, frequency and monetary scores."""

    customer_id = Key("The person.")
    as_of = Date("The day as of which they are scored.", nullable=True)
    recency_days = Integer("Days from their latest purchase to the as-of date.", nullable=True, at_least=0)
    frequency = Count("Purchases: days on which they bought.", at_least=1)
    monetary = Money("Their net sales.")
    r = Integer("Recency score: 5 for the most recent fifth; equal days score the same.", at_least=1, at_most=5)
    f = Integer("Frequency score, by fixed bands of purchases.", at_least=1, at_most=5)
    m = Integer("Monetary score: 5 for the highest fifth; equal sums score the same.", at_least=1, at_most=5)
    rfm_code = Text("The three scores side by side.")
    segment = Text(
        "The segment of the code; each of the 125 codes has one.",
        one_of=SEGMENTS,
    )

    rules = (Rule("code_is_the_scores", "rfm_code = cast(100 * r + 10 * f + m as varchar)", "The code is r, f and m."),)
    needs = ("orders.ordered_at",)

    identities = (
        agree(
            "everybody_is_scored_once",
            "Everybody in customer_metrics has one row, with their purchases and net sales.",
            "select count(*), coalesce(sum(frequency), 0), coalesce(sum(monetary), 0) from rfm",
            "select count(*), coalesce(sum(purchases), 0), coalesce(sum(net_sales), 0) from customer_metrics",
        ),
        agree(
            "scores_are_of_their_people",
            "Recency, frequency, sales and monetary score are the person's in customer_metrics, as of the as-of date.",
            "select customer_id, recency_days, frequency, monetary, m, as_of from rfm",
            "select customer_id, recency_days, purchases, net_sales, m, as_of from customer_metrics"
            " cross join (select max(date) as as_of from dim_date where is_as_of) as today",
        ),
        Identity(
            "segments_are_of_their_codes",
            "select rfm_code, segment from (select distinct rfm_code, segment from rfm) as found"
            " where not exists (select 1 from rfm_codes where rfm_codes.rfm_code = found.rfm_code"
            " and rfm_codes.segment = found.segment)",
            "Each code's segment is the one of rfm_codes.",
        ),
        Identity(
            "frequency_scores_are_of_the_bands",
            "select frequency, f from (select distinct frequency, f from rfm) as found cross join settings"
            " where f <> case when frequency >= rfm_f5 then 5 when frequency >= rfm_f4 then 4 when frequency >= rfm_f3 then 3"
            " when frequency >= rfm_f2 then 2 else 1 end",
            "The frequency score follows the bands of the settings.",
        ),
    )
