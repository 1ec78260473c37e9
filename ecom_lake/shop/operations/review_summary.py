from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Month, Number, Share
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class ReviewSummary(Gold, group="operations"):
    """One row per month in which reviews were created: all of them, whatever became of their order."""

    month = Month("The month in which the reviews were created; a review without that date is in none.", key=True)
    reviews = Count("Reviews, once for each order that they speak of.", at_least=1)
    avg_score = Number("Their mean score.", at_least=1, at_most=5)
    share_1 = Share("Share of them with 1; of a shop with decimals, below 2.")
    share_2 = Share("Share with 2, or from 2 to below 3.")
    share_3 = Share("Share with 3, or from 3 to below 4.")
    share_4 = Share("Share with 4, or from 4 to below 5.")
    share_5 = Share("Share with 5.")
    latest_reviews = Count("… which are the latest of their order.")
    nps_proxy = Number(
        "Of the latest_reviews, share of 5s less share of 1 to 3, times 100: a proxy.", nullable=True, at_least=-100, at_most=100
    )
    median_answer_hours = Number("Median hours from creation to the answer.", nullable=True)
    reviews_before_delivery = Count("… created before their order, which was delivered, had come.")

    needs = ("reviews.created_at",)
    rules = (
        Rule(
            "shares_make_the_whole",
            "abs(share_1 + share_2 + share_3 + share_4 + share_5 - 1) < 0.000001",
            "Every review has one of five scores.",
        ),
        Rule(
            "average_within_its_shares",
            "avg_score >= share_1 + 2 * share_2 + 3 * share_3 + 4 * share_4 + 5 * share_5 - 0.000001"
            " AND avg_score < share_1 + 2 * share_2 + 3 * share_3 + 4 * share_4 + 5 * share_5 + 1",
            "The mean is that of the scores.",
        ),
        Rule(
            "parts_within_reviews", "latest_reviews <= reviews AND reviews_before_delivery <= reviews", "Parts are of the whole."
        ),
        Rule(
            "nps_where_latest", "(nps_proxy IS NULL) = (latest_reviews = 0)", "Where there is a latest review there is a proxy."
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
            "Each month has the reviews created in it, and their mean score.",
        ),
        Identity(
            "one_latest_review_an_order",
            "select s.latest, o.reviewed, r.undated from (select coalesce(sum(latest_reviews), 0) as latest from review_summary)"
            " as s cross join (select count(review_score) as reviewed from fct_orders) as o cross join"
            " (select count(*) as undated from reviews where created_at is null) as r"
            " where s.latest > o.reviewed or s.latest < o.reviewed - r.undated",
            "As many reviews are the latest of their order as orders have one, but for those without a date.",
        ),
    )
