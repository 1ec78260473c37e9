from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Integer, Key, Money, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

_EXPECTED = ("horizon_days", "expected_orders", "predicted_value", "low", "high", "spend_method")


class CustomerValue(Gold, group="models"):
    """One row per person with a valid order up to the as-of date: what they have brought, and are expected to bring in the
    days for which that was tested."""

    customer_id = Key("The person.")
    historic_value = Money("Their net sales to date, as in customer_metrics.")
    p_alive = Share(
        "Chance that they are still a customer. NULL where no model tells people apart, and of one-time buyers by BG/NBD, which"
        " supposes that nobody leaves before a second purchase and so cannot tell: see p_order.",
        nullable=True,
    )
    horizon_days = Integer(
        "Days after the as-of date that the forecast is for: as many as it was tested on (or, for the mean of the shop, made of)."
        " 365 where twelve months passed the test; NULL where nothing is forecast.",
        nullable=True,
        at_least=1,
        at_most=365,
    )
    expected_orders = Number("Purchases (days on which they order) expected in these days.", nullable=True, at_least=0)
    p_order = Share("Chance of at least one purchase in these days: how much is up to luck.", nullable=True)
    predicted_value = Money(
        "Net sales expected of them in these days, each quarter's discounted to the as-of date from its middle at the setting"
        " yearly_discount.",
        nullable=True,
        at_least=0,
    )
    low = Money(
        "Lower bound of predicted_value (80%): how far the expectation may be off because the models' parameters are"
        " estimated. What one person really brings is scattered far wider: most bring nothing, see p_order.",
        nullable=True,
        at_least=0,
    )
    high = Money("Upper bound, likewise.", nullable=True, at_least=0)
    expected_orders_12m = Number(
        "expected_orders where horizon_days is 365; NULL where a forecast of twelve months was not, or could not be, tested"
        " with success.",
        nullable=True,
        at_least=0,
    )
    p_order_12m = Share("p_order where horizon_days is 365, else NULL.", nullable=True)
    predicted_value_12m = Money("predicted_value where horizon_days is 365, else NULL.", nullable=True, at_least=0)
    next_order_date = Date(
        "Day by which the next order is as likely to have come as not, if they are still a customer; only of repeat buyers who"
        " probably are (setting value_min_alive), and where it lies within horizon_days.",
        nullable=True,
    )
    method = Text(
        "How purchases are foretold; none where only historic_value is known.",
        one_of=("BG/NBD", "MBG/NBD", "mean of the shop", "none"),
    )
    spend_method = Text(
        "How the spending of a purchase is foretold.",
        nullable=True,
        one_of=("Gamma-Gamma", "mean of people who buy as often", "mean of the shop"),
    )

    needs = ("orders.ordered_at",)
    rules = (
        Rule("bounds_hold_the_value", "low <= predicted_value and predicted_value <= high", "It is within its bounds."),
        Rule(
            "none_foretells_nothing",
            " and ".join(f"(method = 'none') = ({column} is null)" for column in _EXPECTED),
            "A forecast is there with all its parts, or not at all.",
        ),
        Rule(
            "only_models_know_who_is_alive",
            "(method in ('BG/NBD', 'MBG/NBD')) = (p_order is not null)"
            " and (p_order is not null or p_alive is null) and (p_alive is not null or next_order_date is null)",
            "Chances and next orders are a model's.",
        ),
        Rule("who_left_does_not_order", "p_order <= p_alive", "Only who is still a customer orders again."),
        Rule(
            "at_least_one_is_expected_of_who_orders",
            "p_order <= expected_orders + 0.00001",
            "The expected number is at least the chance of one.",
        ),
        Rule(
            "twelve_months_only_where_tested",
            "(coalesce(horizon_days, 0) = 365) = (expected_orders_12m is not null)"
            " and (coalesce(horizon_days, 0) = 365) = (predicted_value_12m is not null)"
            " and (p_order_12m is not null) = (coalesce(horizon_days, 0) = 365 and p_order is not null)"
            " and coalesce(expected_orders_12m = expected_orders and predicted_value_12m = predicted_value, true)"
            " and coalesce(p_order_12m = p_order, true)",
            "The columns of twelve months are those of the horizon where it is twelve months, and empty else.",
        ),
    )
    identities = (
        Identity(
            "a_model_is_published_for_the_days_it_was_tested_on",
            "select distinct horizon_days from customer_value where method in ('BG/NBD', 'MBG/NBD') and horizon_days not in"
            " (select value from customer_value_fit where kind = 'rival' and name = 'days held out')",
            "The horizon of a model's forecast is the number of days held out in its test.",
        ),
        agree(
            "everybody_has_a_value",
            "Exactly the people of customer_metrics, with their net sales to the cent.",
            "select customer_id, historic_value from customer_value",
            "select customer_id, net_sales from customer_metrics",
        ),
        Identity(
            "next_orders_are_those_of_repeat_buyers",
            "select v.customer_id from customer_value as v join customer_metrics as m on m.customer_id = v.customer_id"
            " cross join (select max(date) as as_of from dim_date where is_as_of) as today"
            " where v.next_order_date is not null and (m.purchases < 2 or v.next_order_date <= as_of)",
            "Days of next orders lie after the as-of date, and are those of people who bought at least twice.",
        ),
    )
