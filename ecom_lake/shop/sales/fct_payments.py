from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class FctPayments(Gold):
    """One row per valid order and payment method: the order's sales, split by payment value. An order without payments has the
    method `none`; where the shop does not know payments, the table is empty."""

    order_id = vocabulary.order_id.replace(key=True)
    method = vocabulary.payment_method.replace(key=True)
    month = vocabulary.month.replace(nullable=True)
    payment_count = vocabulary.payment_count
    payments = vocabulary.payments.replace(at_least=0)
    units = vocabulary.units
    gross_sales = vocabulary.gross_sales
    net_sales = vocabulary.net_sales

    additive = ("payment_count", "payments", "gross_sales", "net_sales")
    rules = (
        Rule(
            "none_is_unpaid",
            "payment_count > 0 OR (method = 'none' AND payments = 0)",
            "A row without payments has the method `none` and no payment value.",
        ),
    )
    identities = (
        agree(
            "methods_sum_to_orders",
            "In each month, the methods' units, sales and payments sum to those of the valid orders, to the cent.",
            "select month, count(distinct order_id), sum(units), sum(gross_sales), sum(net_sales), sum(payments),"
            " sum(payment_count) from fct_payments group by month",
            "select month, count(*), sum(units), sum(gross_sales), sum(net_sales), sum(payments), sum(payment_count)"
            " from fct_orders where is_valid and payment_count is not null group by month",
        ),
    )
