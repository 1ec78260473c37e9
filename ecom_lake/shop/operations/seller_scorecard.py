from __future__ import annotations

from ecom_lake.engine.contracts.columns import Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

_PERCENTILES = ("late_percentile", "review_percentile", "cancel_percentile")
_SUM = " + ".join(f"coalesce({name}, 0)" for name in _PERCENTILES)
_KNOWN = f"({' + '.join(f'CAST({name} IS NOT NULL AS BIGINT)' for name in _PERCENTILES)})"


class SellerScorecard(Gold):
    """One row per seller; a seller has a score with enough orders to be compared."""

    seller_id = vocabulary.seller_id.replace(key=True)
    placed_orders = vocabulary.placed_orders
    orders = vocabulary.orders
    net_sales = vocabulary.net_sales.replace(at_least=0)
    late_rate = vocabulary.late_rate
    avg_review = vocabulary.avg_review
    cancel_rate = vocabulary.cancel_rate
    late_percentile = Share(
        "Share of the other scored sellers with a known late_rate who are no better: 1 is the best. NULL where not scored.",
        nullable=True,
    )
    review_percentile = Share(
        "Share of the other scored sellers with a known avg_review who are no better: 1 is the best.", nullable=True
    )
    cancel_percentile = Share(
        "Share of the other scored sellers with a known cancel_rate who are no better: 1 is the best.", nullable=True
    )
    score = Share(
        "Mean of the percentiles that are known; NULL for sellers with fewer valid orders than the setting "
        "seller_min_orders (10), and where no other seller is scored.",
        nullable=True,
    )
    rank = vocabulary.rank.replace(nullable=True)

    needs = ("order_items.seller_id",)
    rules = (
        Rule("valid_within_placed", "orders <= placed_orders", "Valid orders are among those placed."),
        Rule(
            "ranked_where_scored",
            "(rank IS NULL) = (score IS NULL)",
            "A seller has a rank if and only if the seller has a score.",
        ),
        Rule("late_percentile_of_a_rate", "late_percentile IS NULL OR late_rate IS NOT NULL", "Only known rates are compared."),
        Rule(
            "score_is_the_mean",
            f"(score IS NULL) = ({_KNOWN} = 0) AND abs(score * {_KNOWN} - ({_SUM})) < 0.000002",
            "The score is the mean of the percentiles that are known.",
        ),
        Rule(
            "canceled_are_not_valid",
            "(cancel_rate IS NULL OR placed_orders > 0)"
            " AND coalesce(cancel_rate * placed_orders <= placed_orders - orders + 0.000001, true)",
            "Canceled orders are not valid.",
        ),
    )
    identities = (
        agree(
            "sellers_sum_to_lines",
            "Sellers' net sales sum to those of the valid lines with a seller, to the cent, and each seller has one row.",
            "select count(*), coalesce(sum(net_sales), 0) from seller_scorecard",
            "select (select count(*) from dim_seller), coalesce(sum(net_sales), 0) from fct_sales"
            " where is_valid and seller_id is not null",
        ),
        agree(
            "canceled_where_a_status_is_known",
            "A seller has a cancellation rate if and only if the status of an order is known.",
            "select seller_id from seller_scorecard where cancel_rate is not null",
            "select distinct seller_id from fct_sales where seller_id is not null and status <> 'unknown'",
        ),
        Identity(
            "the_better_ranks_before",
            "select b.seller_id, b.rank from seller_scorecard as b left join seller_scorecard as a on a.rank + 1 = b.rank"
            " where b.rank > 1 and coalesce(a.score < b.score or (a.score = b.score and a.net_sales < b.net_sales)"
            " or (a.score = b.score and a.net_sales = b.net_sales and a.seller_id > b.seller_id), true)",
            "Ranks have no gap, and a higher score ranks before a lower one.",
        ),
        Identity(
            "no_percentile_against_the_rates",
            "select seller_id from (select seller_id, late_percentile, review_percentile, cancel_percentile,"
            " lag(late_percentile) over (order by late_rate, seller_id) as by_late,"
            " lag(review_percentile) over (order by avg_review desc, seller_id) as by_review,"
            " lag(cancel_percentile) over (order by cancel_rate, seller_id) as by_cancel"
            " from seller_scorecard where score is not null) as walked"
            " where late_percentile > by_late or review_percentile > by_review or cancel_percentile > by_cancel",
            "A better rate never has a lower percentile.",
        ),
    )
