from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Number, Share
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class ReviewSummary(Gold):
    """One row per month in which reviews were created, with all of its reviews, whatever the status of their orders."""

    month = vocabulary.month.replace(key=True)
    reviews = Count("Reviews, counted once for each order that they cover.", at_least=1)
    avg_score = Number("Mean score of the reviews.", at_least=1, at_most=5, unit="score")
    share_1 = Share("Share of reviews with score 1 (below 2, where the shop has decimals).")
    share_2 = Share("Share of reviews with score 2 (from 2 to below 3).")
    share_3 = Share("Share of reviews with score 3 (from 3 to below 4).")
    share_4 = Share("Share of reviews with score 4 (from 4 to below 5).")
    share_5 = Share("Share of reviews with score 5.")
    latest_reviews = Count("Reviews that are the latest of their order.")
    nps_proxy = vocabulary.nps_proxy
    median_answer_hours = Number("Median hours from the request to the answer.", nullable=True, unit="hours")
    reviews_before_delivery = Count("Reviews created before their delivered order arrived.")

    needs = ("reviews.created_at",)
    rules = (
        Rule(
            "shares_make_the_whole",
            "abs(share_1 + share_2 + share_3 + share_4 + share_5 - 1) < 0.000001",
            "Shares sum to 1.",
        ),
        Rule(
            "average_within_its_shares",
            "avg_score >= share_1 + 2 * share_2 + 3 * share_3 + 4 * share_4 + 5 * share_5 - 0.000001"
            " AND avg_score < share_1 + 2 * share_2 + 3 * share_3 + 4 * share_4 + 5 * share_5 + 1",
            "The mean is consistent with the shares of the scores.",
        ),
        Rule(
            "parts_within_reviews",
            "latest_reviews <= reviews AND reviews_before_delivery <= reviews",
            "Latest reviews and reviews before delivery are among all reviews.",
        ),
        Rule(
            "nps_where_latest",
            "(nps_proxy IS NULL) = (latest_reviews = 0)",
            "The NPS proxy is known if and only if there is a latest review.",
        ),
    )
    identities = (
        Identity(
            "months_have_every_review",
            "select month, s.reviews, r.reviews as delivered from review_summary as s full join"
            " (select date_trunc('month', created_at)::date as month, count(*) as reviews,"
            " sum(score::decimal(9, 4))::double / count(*) as avg_score from reviews where created_at is not null"
            " group by date_trunc('month', created_at)::date) as r using (month)"
            " where s.reviews is distinct from r.reviews or abs(s.avg_score - r.avg_score) > 0.000001",
            "Each month has the reviews created in it, with their mean score.",
        ),
        Identity(
            "one_latest_review_an_order",
            "select s.latest, o.reviewed, r.undated from (select coalesce(sum(latest_reviews), 0) as latest from review_summary)"
            " as s cross join (select count(review_score) as reviewed from fct_orders) as o cross join"
            " (select count(*) as undated from reviews where created_at is null) as r"
            " where s.latest > o.reviewed or s.latest < o.reviewed - r.undated",
            "There are as many latest reviews as orders with a review, apart from reviews without a date.",
        ),
    )
