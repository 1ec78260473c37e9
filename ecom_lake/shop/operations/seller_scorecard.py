from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Key, Money, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

_PERCENTILES = ("late_percentile", "review_percentile", "cancel_percentile")
_SUM = " + ".join(f"coalesce({name}, 0)" for name in _PERCENTILES)
_KNOWN = f"({' + '.join(f'CAST({name} IS NOT NULL AS BIGINT)' for name in _PERCENTILES)})"


class SellerScorecard(Gold, group="operations"):
    """One row per seller, scored where they have enough orders to be compared."""

    seller_id = Key("The seller.")
    placed_orders = Count("Orders that hold their goods, valid or not.")
    orders = Count("… which are valid.")
    net_sales = Money("Net sales of their lines on valid orders.", at_least=0)
    late_rate = Share("Their orders delivered after the promised day, of those delivered with both days known.", nullable=True)
    avg_review = Number("Mean score of their orders' latest reviews, once per order.", nullable=True, at_least=1, at_most=5)
    cancel_rate = Share("Their orders canceled or unavailable, of placed_orders.", nullable=True)
    late_percentile = Share(
        "Share of the other scored sellers with a late_rate who do no better: 1 is the best. NULL where not scored.",
        nullable=True,
    )
    review_percentile = Share("The same of avg_review.", nullable=True)
    cancel_percentile = Share("The same of cancel_rate.", nullable=True)
    score = Share(
        "Mean of the three percentiles, of those that are known; NULL for sellers of fewer valid orders than the setting "
        "seller_min_orders (10), and where there is nobody to compare with.",
        nullable=True,
    )
    rank = Integer(
        "Place among the scored: by score, then net sales, then seller_id; NULL where not scored.", nullable=True, at_least=1
    )

    needs = ("order_items.seller_id",)
    rules = (
        Rule("valid_within_placed", "orders <= placed_orders", "Valid orders are among those placed."),
        Rule("ranked_where_scored", "(rank IS NULL) = (score IS NULL)", "Who is scored has a place, and nobody else."),
        Rule("late_percentile_of_a_rate", "late_percentile IS NULL OR late_rate IS NOT NULL", "Only what is known is compared."),
        Rule(
            "score_is_the_mean",
            f"(score IS NULL) = ({_KNOWN} = 0) AND abs(score * {_KNOWN} - ({_SUM})) < 0.000002",
            "The score is the mean of the percentiles that are known.",
        ),
        Rule(
            "canceled_are_not_valid",
            "(cancel_rate IS NULL) = (placed_orders = 0)"
            " AND coalesce(cancel_rate * placed_orders <= placed_orders - orders + 0.000001, true)",
            "A canceled order is none of the valid ones.",
        ),
    )
    identities = (
        agree(
            "sellers_sum_to_lines",
            "Sellers' net sales are those of the valid lines with a seller, to the cent; and each seller is there once.",
            "select count(*), coalesce(sum(net_sales), 0) from seller_scorecard",
            "select (select count(*) from dim_seller), coalesce(sum(net_sales), 0) from fct_sales"
            " where is_valid and seller_id is not null",
        ),
        Identity(
            "the_better_ranks_before",
            "select b.seller_id, b.rank from seller_scorecard as b left join seller_scorecard as a on a.rank + 1 = b.rank"
            " where b.rank > 1 and coalesce(a.score < b.score or (a.score = b.score and a.net_sales < b.net_sales)"
            " or (a.score = b.score and a.net_sales = b.net_sales and a.seller_id > b.seller_id), true)",
            "Ranks follow each other without a gap, the higher score before the lower.",
        ),
        Identity(
            "no_percentile_against_the_rates",
            "select seller_id from (select seller_id, late_percentile, review_percentile, cancel_percentile,"
            " lag(late_percentile) over (order by late_rate, seller_id) as by_late,"
            " lag(review_percentile) over (order by avg_review desc, seller_id) as by_review,"
            " lag(cancel_percentile) over (order by cancel_rate, seller_id) as by_cancel"
            " from seller_scorecard where score is not null) as walked"
            " where late_percentile > by_late or review_percentile > by_review or cancel_percentile > by_cancel",
            "Fewer late and canceled orders and better reviews never make a lower percentile.",
        ),
    )
