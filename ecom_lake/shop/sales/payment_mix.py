from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class PaymentMix(Gold):
    """One row per month and payment method of valid orders."""

    month = vocabulary.month.replace(key=True)
    method = vocabulary.payment_method.replace(key=True)
    orders = vocabulary.orders.replace(at_least=1)
    payment_count = vocabulary.payment_count.replace(at_least=1)
    payments = vocabulary.payments.replace(at_least=0)
    share = Share("Share of the value of the month's payments.", nullable=True)
    known_instalments = Count("Payments whose number of instalments is stated.")
    avg_installments = Number(
        "Mean number of instalments of the payments that state it; 1 means paid at once.", nullable=True, at_least=1, unit="count"
    )

    needs = ("orders.ordered_at", "payments.method")
    rules = (
        Rule("orders_within_payments", "orders <= payment_count", "Every order paid with the method has a payment."),
        Rule(
            "mean_of_known_instalments",
            "known_instalments <= payment_count AND (avg_installments IS NULL) = (known_instalments = 0)",
            "The mean number of instalments is of the payments that state it, and NULL where none does.",
        ),
    )
    identities = (
        Identity(
            "methods_share_the_month",
            "select month, share from (select month, sum(share) as share from payment_mix group by month) as m"
            " where abs(share - 1) > 0.000001",
            "A month's shares sum to 1.",
        ),
        agree(
            "methods_sum_to_months",
            "A month's methods sum to its payments, to the cent.",
            "select month, sum(payments), sum(payment_count) from payment_mix group by month",
            "select m.month, m.payments, o.payment_count from kpi_monthly as m join (select month, sum(payment_count)"
            " as payment_count from fct_orders where is_valid group by month) as o on o.month = m.month"
            " where o.payment_count > 0",
        ),
        Identity(
            "shares_are_of_the_month",
            "select month, method from (select *, sum(payments) over (partition by month) as paid from payment_mix) as whole"
            f" where (share is null) <> (paid = 0) or not ({same('share * paid', 'payments')})",
            "Shares are of the value of the month's payments.",
        ),
    )
