from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Money, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

_EXPECTED = ("horizon_days", "expected_orders", "predicted_value", "low", "high", "spend_method")


class CustomerValue(Gold):
    """One row per customer with a valid order up to the as-of date: net sales to date, and the prediction for horizon_days,
    which are the days of the model's test; 365 where a twelve-month test was passed."""

    customer_id = vocabulary.customer_id.replace(key=True)
    historic_value = Money("Net sales to date, as in customer_metrics.")
    p_alive = Share(
        "Probability that the customer is still active. NULL where no model is published, and for one-time buyers"
        " under BG/NBD, which assumes that nobody drops out before a second purchase: see p_order.",
        nullable=True,
    )
    horizon_days = vocabulary.horizon_days.replace(nullable=True, at_most=365)
    expected_orders = Number(
        "Expected purchases (days with an order) within horizon_days.", nullable=True, at_least=0, unit="count"
    )
    p_order = Share("Probability of at least one purchase within horizon_days.", nullable=True)
    predicted_value = Money(
        "Expected net sales within horizon_days; each quarter is discounted from its middle to the as-of date at "
        "the setting yearly_discount.",
        nullable=True,
        at_least=0,
    )
    low = Money(
        "Lower bound of predicted_value (80%): the uncertainty of the model's parameters. The actual value of one"
        " customer varies far more: most buy nothing, see p_order.",
        nullable=True,
        at_least=0,
    )
    high = Money("Upper bound of predicted_value (80%), likewise.", nullable=True, at_least=0)
    expected_orders_12m = Number(
        "expected_orders where horizon_days is 365; NULL where a twelve-month forecast was not tested or failed its test.",
        nullable=True,
        at_least=0,
        unit="count",
    )
    p_order_12m = Share("p_order where horizon_days is 365, else NULL.", nullable=True)
    predicted_value_12m = Money("predicted_value where horizon_days is 365, else NULL.", nullable=True, at_least=0)
    next_order_date = Date(
        "Median date of the next order if the customer is still active: only for repeat buyers whose p_alive is "
        "at least the setting value_min_alive, and where the date lies within horizon_days.",
        nullable=True,
    )
    method = Text(
        "Method that predicts the purchases; none where only historic_value is known.",
        one_of=("BG/NBD", "MBG/NBD", "mean of the shop", "none"),
    )
    spend_method = Text(
        "Method that predicts the net sales per purchase.",
        nullable=True,
        one_of=("Gamma-Gamma", "mean of people who buy as often", "mean of the shop"),
    )

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "bounds_hold_the_value",
            "low <= predicted_value and predicted_value <= high",
            "The predicted value lies within its bounds.",
        ),
        Rule(
            "none_foretells_nothing",
            " and ".join(f"(method = 'none') = ({column} is null)" for column in _EXPECTED),
            "A forecast has all of its columns, or none.",
        ),
        Rule(
            "only_models_know_who_is_alive",
            "(method in ('BG/NBD', 'MBG/NBD')) = (p_order is not null)"
            " and (p_order is not null or p_alive is null) and (p_alive is not null or next_order_date is null)",
            "Only a model gives probabilities and next orders.",
        ),
        Rule(
            "who_left_does_not_order",
            "p_order <= p_alive",
            "The probability of an order is at most the probability that the customer is still active.",
        ),
        Rule(
            "at_least_one_is_expected_of_who_orders",
            "p_order <= expected_orders + 0.00001",
            "The expected number of orders is at least the probability of an order.",
        ),
        Rule(
            "twelve_months_only_where_tested",
            "(coalesce(horizon_days, 0) = 365) = (expected_orders_12m is not null)"
            " and (coalesce(horizon_days, 0) = 365) = (predicted_value_12m is not null)"
            " and (p_order_12m is not null) = (coalesce(horizon_days, 0) = 365 and p_order is not null)"
            " and coalesce(expected_orders_12m = expected_orders and predicted_value_12m = predicted_value, true)"
            " and coalesce(p_order_12m = p_order, true)",
            "The twelve-month columns are those of the horizon where it is 365 days, else NULL.",
        ),
    )
    identities = (
        Identity(
            "a_model_is_published_for_the_days_it_was_tested_on",
            "select distinct horizon_days from customer_value where method in ('BG/NBD', 'MBG/NBD') and horizon_days not in"
            " (select value from customer_value_fit where kind = 'rival' and name = 'days held out')",
            "The horizon of a published model is the number of days that its test held out.",
        ),
        agree(
            "everybody_has_a_value",
            "Exactly the customers of customer_metrics are listed, with their net sales to the cent.",
            "select customer_id, historic_value from customer_value",
            "select customer_id, net_sales from customer_metrics",
        ),
        Identity(
            "next_orders_are_those_of_repeat_buyers",
            "select v.customer_id from customer_value as v join customer_metrics as m on m.customer_id = v.customer_id"
            " cross join reporting_period"
            " where v.next_order_date is not null and (m.purchases < 2 or v.next_order_date <= as_of)",
            "Dates of next orders lie after the as-of date and belong to customers with two or more purchases.",
        ),
    )
