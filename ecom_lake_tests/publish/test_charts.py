"""The bars of the waterfall on the quality page, in percent of the largest sum."""

from __future__ import annotations

from ecom_lake.publish.pages.charts import waterfall


def test_refunds_start_at_net_sales_and_not_at_the_payments_before_them() -> None:
    amounts = {
        "net_sales": 80,
        "realized": 80,
        "freight": 20,
        "gmv": 100,
        "payments": 100,
        "refunds": -30,
        "net_sales_after_refunds": 50,
    }
    bars = {bar["step"]: bar for bar in waterfall([{"step": step, "amount": amount} for step, amount in amounts.items()])}
    assert {step: (bar["left"], bar["width"], bar["is_sum"]) for step, bar in bars.items()} == {
        "net_sales": (0, 80, True),
        "realized": (0, 80, False),
        "freight": (80, 20, False),
        "gmv": (0, 100, True),
        "payments": (0, 100, True),
        "refunds": (50, 30, False),
        "net_sales_after_refunds": (0, 50, True),
    }
