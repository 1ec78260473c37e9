from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Money
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import month_of
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class FctRefunds(Gold):
    """One row per order and refund, of valid and other orders; the month is that of the refund. Where the shop does not know
    refunds, the table is empty."""

    refund_id = vocabulary.refund_id.replace(key=True)
    order_id = vocabulary.order_id.replace(key=True)
    line = vocabulary.line.replace(nullable=True)
    month = vocabulary.month.replace(nullable=True)
    refunded_at = vocabulary.refunded_at.replace(nullable=True)
    refund_date = Date("Day on which the money was given back.", nullable=True)
    order_date = vocabulary.order_date
    is_valid = vocabulary.is_valid
    amount = vocabulary.amount.replace(at_least=0)
    refunded_so_far = Money("Refunds of the order up to this one, by time and refund_id.", at_least=0)
    payments = vocabulary.payments.replace(nullable=True)
    reason = vocabulary.refund_reason

    rules = (
        Rule(
            "refund_date_is_of_refunded_at",
            "refund_date IS NOT DISTINCT FROM CAST(refunded_at AS DATE)",
            "refund_date is the day of refunded_at.",
        ),
        month_of("month_is_of_the_refund", "month", "refunded_at"),
        Rule("amount_within_the_refunds", "amount <= refunded_so_far", "A refund is part of the refunds of its order."),
        Rule(
            "refunds_within_payments",
            "refunded_so_far <= payments",
            "The refunds of an order are at most its payments. Check the export for refunds that it contains twice.",
            severity="warn",
        ),
        Rule(
            "refund_after_the_order",
            "refund_date >= order_date",
            "A refund is not dated before its order.",
            severity="warn",
        ),
    )
    identities = (
        agree(
            "refunds_are_all_there",
            "Each month's refunds are those of silver, to the cent.",
            "select month, count(*), sum(amount) from fct_refunds group by month",
            "select date_trunc('month', refunded_at)::date as month, count(*), sum(amount) from refunds"
            " group by date_trunc('month', refunded_at)::date",
        ),
        agree(
            "refunds_are_of_their_orders",
            "An order's last refund has the sum of its refunds, and each has the payments and the validity of its order.",
            "select order_id, max(refunded_so_far), max(payments), bool_and(is_valid), bool_or(is_valid) from fct_refunds"
            " group by order_id",
            "select r.order_id, r.amount, o.payments, o.is_valid, o.is_valid from (select order_id, sum(amount) as amount"
            " from refunds group by order_id) as r join fct_orders as o on o.order_id = r.order_id",
        ),
    )
