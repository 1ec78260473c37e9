"""The shared columns and the KPIs of an online shop: what each number means, defined once.

Here: every column that two or more tables have, with its type, meaning and unit, and the formula of every KPI. A contract takes
a column from here (`net_sales = vocabulary.net_sales`) and states only its own constraints (`.replace(nullable=True)`).
A meaning fits every table that has the column: what a row is, and which period it covers, is the grain of the table.
Not here: columns of one table only, which are in its contract. `HOMONYMS` lists the names that are exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.engine.contracts.columns import (
    Column,
    Count,
    Date,
    Flag,
    Integer,
    Money,
    Month,
    Number,
    Price,
    Share,
    Text,
    Timestamp,
)
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.engine.contracts.order_index import OrderIndex

ENTERS_BY_VALUE = True
"""A contract enters the fingerprint of its table with its columns: a change of another definition here makes no table due."""

# Identifiers

order_id = OrderIndex.table.columns["order_id"].replace(key=False)
customer_id = Text(
    "Identifier of the customer: one person, stable over all of their orders. NULL for an anonymous order, which has no customer"
    " identity; an identity without a customer record is a customer all the same."
)
product_id = Text("Identifier of the product.")
seller_id = Text("Identifier of the seller.", nullable=True)
review_id = Text(
    "Identifier of the review, which may cover several orders. In fct_orders, the order's latest review: greatest (answered_at,"
    " created_at, review_id), NULLs last."
)
refund_id = Text(
    "Identifier of the refund in its order. A refund of several lines has a row, and an identifier, for each of them."
)
line = Integer("Number of the line in its order, counted from 1.", at_least=1)

# Time

month = OrderIndex.table.columns["month"]
date = Date("The day.")
weekday_name = Text("English name of the weekday.")
ordered_at = OrderIndex.table.columns["ordered_at"]
order_date = Date("Day on which the order was placed.", nullable=True)
delivered_at = Timestamp("Time of delivery: of an order to the customer, of a file to the landing folder (in UTC).")
refunded_at = Timestamp("Time when the money was given back.")
as_of = Date("As-of date: the row uses what was known by the end of this day.")
period = Date("First day of the period; of the whole history, the first day of its first month.")
grain = Text("Length of the period: month or day.", one_of=("month", "day"))
is_complete = Flag("Whether all months of the row are complete: growth against or from an incomplete month is NULL.")
horizon_days = Integer("Days after the as-of date that the prediction covers; NULL where nothing is predicted.", at_least=1)
lifespan_days = Integer("Days from the customer's first valid order to the latest one.", unit="days", nullable=True, at_least=0)
recency_days = Integer("Days from the customer's latest purchase to the as-of date.", unit="days", nullable=True, at_least=0)
registration_delay_days = Integer("Days from the customer's registration to the first valid order.", unit="days", nullable=True)

# Orders and their lines

status = Text("Status of the order, in the terms that all shops share.")
source_status = Text("Status of the order in the source's own term; NULL where the source states none.", nullable=True)
channel = Text("Sales channel.", nullable=True)
shipping_method = Text("Shipping method that the customer chose.", nullable=True)
coupon_code = Text("Code of the coupon that was used.", nullable=True)
is_valid = Flag(
    "Whether the row counts as a sale: the order is neither canceled nor unavailable, and the source does not mark the order or"
    " the line as invalid."
)
is_anonymous = Flag(
    "Whether the order has no customer identity, as with a guest: it counts as an order, with its units and money, and never as a"
    " customer."
)
order_number = Count(
    "Number of the valid order among the customer's, by time and order_id; NULL where it is not valid or anonymous.",
    nullable=True,
)
purchase_number = Count(
    "Number of the purchase that the order belongs to; NULL where it is not valid or anonymous.", nullable=True
)
previous_order_date = Date("Day of the customer's previous valid order.", nullable=True)
is_timeline_sound = Flag(
    "False where a later stage of the order is dated before an earlier one; all times are kept as delivered."
)
is_returned = Flag(
    "Whether the order or line was returned, in full or in part; NULL where the source does not know.", nullable=True
)
is_discounted = Flag(
    "Whether a discount was given, also where the source states no amount; NULL where it states neither.", nullable=True
)
size = Text("Size of the product as it was sold, such as L or 42.", nullable=True)
colour = Text("Colour of the product as it was sold.", nullable=True)
quantity = Integer("Units on the line.", unit="count", at_least=1)
unit_price = Price("Price of one unit, before discount.", at_least=0)
unit_cost = Price("Cost of one unit to the shop.", nullable=True, at_least=0)
list_price = Price("Price of one unit before any discount, as in the product catalogue.", nullable=True, at_least=0)
discount = Money("Discount given on the line.", at_least=0)
instalments = Integer(
    "Number of instalments, 1 means paid at once; of an order, the largest number among its payments. NULL where the source"
    " states none.",
    nullable=True,
)
payment_count = Count("Number of payments, without pending and failed ones; NULL where the shop does not know payments.")
payment_method = Text("Payment method; `unknown` where the source does not state it.")
refund_reason = Text("Reason for the refund, in the source's own words.", nullable=True, personal=True)
amount = Money("Amount of money; in the waterfall, discounts and refunds are negative.")

# Targets and events

kpi = Text("KPI that the target is for, as in kpi_monthly.")
target = Number("Value that the shop wants the month to reach; of a rate, to stay below. Rates are fractions.", at_least=0)
event_date = Date("First day of the event.")
event = Text("What happened, in a few words.")
note = Text("More about the event.", nullable=True)

# Addresses

city = Text("City of the address: of an order its delivery address, of a customer that of the latest order.", nullable=True)
state = Text("State of the address: of an order its delivery address, of a customer that of the latest order.", nullable=True)
region = Text("Region of the country that the state belongs to.", nullable=True)
country = Text("Country of the address, as an ISO 3166 two-letter code.", nullable=True)
zip = Text("Zip code or zip prefix of the address, as text: leading zeros count.", nullable=True)  # noqa: A001

# Customers

registered_at = Timestamp("Time when the customer registered with the shop.", nullable=True)
age = Integer("Age in years, as the shop last knew it.", nullable=True, at_most=130, at_least=0)
gender = Text("Gender as the shop knows it; `unknown` where its records conflict.", nullable=True)
source_segment = Text("Customer segment in the source system.", nullable=True)
is_subscriber = Flag("Whether the customer subscribes.", nullable=True)
prior_purchases = Count("Purchases that the source states the customer made before its export.", nullable=True)
purchase_frequency_days = Integer("Days between purchases, as stated by the customer.", unit="days", nullable=True, at_least=0)
has_record = Flag("Whether the shop delivered a record of it; False where only orders or order lines refer to it.")
loyalty_tier = Text(
    "Loyalty tier, by number of purchases, those before the export included.", one_of=("New", "Returning", "Loyal")
)
persona = Text(
    "Persona: the first rule that applies to the customer.",
    one_of=("Loyal High-Value", "Premium", "High Churn Risk", "Low-Premium", "Standard"),
)
segment = Text("Name of the customer segment.")
segment_id = Integer(
    "Number of the segment. It is kept from fit to fit while the segment holds similar customers; at first, repeat buyers come"
    " before one-time buyers, and then segments go by falling median net_sales. 0, not scored: the customer's group had no"
    " customers when the segments were fitted.",
    at_least=1,
)
buyers = Text(
    "Group of customers that is segmented by itself; a segment never mixes groups.",
    one_of=("repeat buyers", "one-time buyers", "registered buyers", "buyers before registration", "buyers without registration"),
)
is_one_time = Flag("Whether the customers made one purchase only; NULL where customers are grouped by registration instead.")
rfm_code = Text("Recency, frequency and monetary score, in this order.")
r = Integer("Recency score: 5 for the most recent fifth of customers; equal recencies get equal scores.", at_least=1, at_most=5)
f = Integer("Frequency score, by fixed bands of the number of purchases.", at_least=1, at_most=5)
m = Integer(
    "Monetary score: 5 for the fifth of customers with the highest net sales; equal amounts get equal scores.",
    at_least=1,
    at_most=5,
)
decile = Integer("Decile, from 1 to 10: 1 has the highest net sales or, in scores, the highest risk.", at_least=1, at_most=10)
cohort = Month("Month of the customers' first valid order.")
cohort_size = Count("Customers whose first valid order lies in the cohort's month.", at_least=1)
month_number = Integer("Months since the cohort's month, which is month 0.", at_least=0)
people = Count("Customers who are in the group now.")

# Products

category = Text("Product category in English; `unknown` where the shop states none.")
brand = Text("Brand of the product.", nullable=True)
product_name = Text("Name of the product.", nullable=True)
photos = Count("Number of photos of the product.", nullable=True)
weight_g = Number("Weight in grams; NULL where the shop states none or 0.", nullable=True, at_least=0)

# Numbers of orders, customers and units

orders = Count(
    "Valid orders: neither canceled nor unavailable (order_status_sales counts all). An order counts in every category, product,"
    " seller and payment method that it contains."
)
placed_orders = Count("Orders placed, valid or not.")
canceled_orders = Count(
    "Orders placed that were canceled or are unavailable; NULL where the status of every order placed is unknown."
)
delivered_orders = Count("Valid orders that were delivered; in returns_leakage, without those returned.")
late_orders = Count("Valid orders that were delivered after the promised date.")
promised_orders = Count("Delivered orders whose delivery and promised dates are both known.")
discounted_orders = Count(
    "Valid orders with a discount, also where the source states no amount; NULL where the shop does not know discounts."
)
returned_orders = Count("Valid orders that were returned, in full or in part; NULL where the shop does not know returns.")
unknown_status_orders = Count("Valid orders whose status is unknown.")
anonymous_orders = Count("Valid orders without a customer identity: they are in `orders`, and no number of customers has them.")
anonymous_net_sales = Money("Net sales of the anonymous orders: they are in `net_sales`, and no table of customers has them.")
customers = Count(
    "Distinct customers with a valid order; they do not add up over periods or overlapping members. Among the KPIs NULL where all"
    " orders are anonymous."
)
new_customers = Count("Customers whose first valid order lies in the period; NULL where customers is.", nullable=True)
returning_customers = Count(
    "Customers with a valid order in the period whose first valid order lies in an earlier one; NULL where customers is.",
    nullable=True,
)
purchases = Count("Purchases: days on which the customer placed valid orders.", at_least=1)
items = Count("Order lines.")
units = Count("Units on the order lines.")
baskets = Count("Baskets: valid orders with at least one line; in basket_itemsets, with at most max_basket_size items.")

# Money

gross_sales = Money("Unit price times quantity, rounded half away from zero to the cent on each line, before discount.")
discounts = Money(
    "Discounts given on order lines. Where the source states that lines were discounted, and no amount of any, the sums are NULL;"
    " an order then has 0, and its gross sales are its net sales."
)
net_sales = Money("Revenue: gross_sales - discounts, without freight.")
freight = Money("Freight charged on order lines.")
gmv = Money("Gross merchandise value: net_sales + freight.")
tax = Money("Tax on lines and freight, where the source states it; never part of net_sales.", nullable=True)
payments = Money(
    "Value of the payments, which is not revenue, without pending and failed ones; NULL where the shop does not know payments."
)
pending_payments = Money(
    "Value of pending payments, which are not among the payments; NULL where no status of a payment is stated.", nullable=True
)
failed_payments = Money(
    "Value of failed payments, which are not among the payments; NULL where no status of a payment is stated.", nullable=True
)
refunds = Money(
    "Money given back for valid orders, by the day on which it was given back, freight and tax included; NULL where the shop does"
    " not know refunds. Months end with the last order: money given back later is in the whole history and in no month.",
    nullable=True,
)
net_sales_after_refunds = Money(
    "net_sales - refunds: sales go by the day of the order. Refunds contain tax and freight, and net sales do not.", nullable=True
)
cogs = Money("Cost of goods sold, where unit costs are known.", nullable=True)
costed_sales = Money("net_sales of the lines with a known cost.")
gross_profit = Money("net_sales - cogs; NULL where cost is known for too small a share of net sales.", nullable=True)
returned_sales = Money("Net sales of returned order lines; NULL where the shop does not know returns.")

# Averages and rates

aov = Number("Average order value: net_sales / orders.", unit="money")
net_sales_per_customer = Number("net_sales / customers.", unit="money")
items_per_order = Number("Order lines per valid order: items / orders.", unit="count", nullable=True)
cogs_coverage = Share("Share of net sales with a known cost; NULL where the shop knows no cost at all.", nullable=True)
margin = Number("Gross margin: gross_profit / net_sales.", unit="share", nullable=True)
cancel_rate = Share(
    "Cancellation rate: canceled_orders / placed_orders; NULL where the status of every order placed is unknown.", nullable=True
)
return_rate = Share(
    "Return rate: returned orders among those delivered or returned; NULL where the shop never states a delivery.",
    nullable=True,
)
return_rate_units = Share(
    "Return rate by units: returned units among those delivered or returned; NULL where the shop never states a delivery.",
    nullable=True,
)
discounted_share = Share("Share of discounted orders: discounted_orders / orders.", nullable=True)
return_share = Share("Returned orders among all valid orders whose return is known.", nullable=True)
late_rate = Share(
    "Late delivery rate: orders delivered after the promised date, among those delivered with both dates known.", nullable=True
)
avg_lead_days = Number("Mean days from order to delivery.", unit="days", nullable=True)
avg_review = Number(
    "Mean review score, from 1 to 5: the latest review of each order, once per order.",
    unit="score",
    nullable=True,
    at_least=1,
    at_most=5,
)
nps_proxy = Number(
    "NPS proxy from the latest review of each order: share of 5s less share of scores up to 3, times 100.",
    unit="points",
    nullable=True,
    at_least=-100,
    at_most=100,
)
repeat_rate = Share(
    "Repeat purchase rate: share of the customers with two or more purchases; NULL where the shop states no dates.", nullable=True
)
repeat_purchase_rate = Share(
    "Customers with two or more purchases, among those with at least one; orders of one day are one purchase. NULL where the shop"
    " states no dates.",
    nullable=True,
)
net_sales_share = Share("Share of the net sales of all rows (in demographics, of the dimension's rows).", nullable=True)
cumulative_share = Share("Share of all net sales in this row and those ranked before it.", nullable=True)
net_sales_yoy = Number(
    "Year-over-year growth of net sales: against the same period a year earlier; NULL unless both are complete.",
    unit="growth",
    nullable=True,
)

# Members of a dimension

dimension = Text("Dimension that the rows are grouped by; dimensions that the shop knows nothing about are left out.")
member = Text("Member of the dimension; `unknown` where the shop states none, and `none` for orders without a payment.")
rank = Integer("Rank, counted from 1; ties are broken down to the key. NULL where the row is not ranked.", at_least=1)

share_of_customers = Share(
    "Share of the customers of all rows: of those with the same as-of date or dimension, where it has one."
)
share_of_net_sales = Share(
    "Share of the net sales of all rows: of those in the same period, dimension or persona, where it has one.", nullable=True
)

# Baskets

level = Text("What a basket's items are: product (by product_id) or category.", one_of=("product", "category"))
support = Share("orders / baskets.")
rules_tested = Count(
    "Rules that the correction for multiple testing counts: each frequent antecedent with every other frequent item, whether"
    " or not the rule is published."
)

# Models and statistics

model = Text("Name of the model: that of its table.")
model_version = Text("Hash of the fitted segments: equal versions assign equal customers to equal segments.")
metric = Text("Name of the metric.")
value = ModelFit.value
low = ModelFit.low
high = ModelFit.high
x = ModelFit.x
position = ModelFit.position.replace(key=False)
forecast_method = Text("Forecasting method; of a category, only the method that its forecast is made with.")
forecast_series = Text(
    "Time series: `total`, a category, or `other categories`, which are too young or sold too rarely to have one."
)
steps_ahead = Integer("Periods from the last known period to the one that is forecast.", at_least=1)
forecast = Money("Forecast net sales.", at_least=0)
is_champion = Flag("Whether the method or candidate performed best.")
probability = Share(
    "Predicted probability; NULL where the prediction was no better out of time than a constant rate: see model_cards.",
    nullable=True,
)
top_reasons = Text(
    "Features that raise the risk most above that of a typical row, strongest first; NULL outside the top decile.", nullable=True
)
baseline_rate = Share("Share of the group who buy within the follow-up days without any treatment, as last measured.")
ci_low = Number("Lower bound of the confidence interval, 95% unless the statement names another level; NULL where there is none.")
ci_high = Number("Upper bound of the confidence interval; NULL where there is none.")
p_adjusted = Share("p-value, corrected for multiple testing (Benjamini-Hochberg).")
n = Count("Number of orders, customers or months that the value is computed from.")

# Sentences and the lake's own tables

rule = Text("The rule that assigns or names the group, with its thresholds.")
reason = Text("The reason, in a sentence.")
statement = Text("The finding, in a sentence.")
meaning = Text("The meaning, as the contract states it.")
layer = Text("Layer of the table: silver or gold.")
table_name = Text("Name of the table.")
column_name = Text("Name of the column; `*` where rows are counted.")


# KPIs: formulas over sums of the orders of one period, a month or the whole history


@dataclass(frozen=True)
class Kpi:
    """A KPI: its name, its column, which states its meaning and unit, and its formula."""

    name: str
    column: Column
    formula: str
    """SQL over the sums of one period: those below, and in kpi_summary those of customers."""
    is_as_of: bool = False
    """Whether it ends at the as-of date, as all numbers of customers do; the others cover all orders."""


def _ratio(part: str, whole: str) -> str:
    return f"{part}::double / nullif({whole}, 0)"


PLACED_SUMS = {
    "placed_orders": "count(*)",
    "canceled_orders": "count(*) filter (where status in ('canceled', 'unavailable'))",
    "known_status_orders": "count(*) filter (where status <> 'unknown')",
}
"""Sums of all orders of a period."""

KNOWN = {
    "knows_payments": "count(payments) > 0",
    "knows_returns": "count(is_returned) > 0",
    "knows_deliveries": "count(*) filter (where status = 'delivered') > 0",
    "knows_costs": "count(cogs) > 0",
    "knows_tax": "count(tax) > 0",
    "knows_discounts": "count(is_discounted) > 0",
    "knows_discount_amounts": "(select has_discount_amounts from data_availability)",
    "knows_payment_statuses": "count(pending_payments) > 0",
    "knows_refunds": "(select count(*) from fct_refunds) > 0",
}
"""What the shop knows at all: a sum over no orders is 0, but a sum of what the shop does not know is NULL."""

VALID_SUMS = {
    "orders": "count(*)",
    "new_customers": "count(*) filter (where is_first_order)",
    "anonymous_orders": "count(*) filter (where is_anonymous)",
    "anonymous_net_sales": "(sum(net_sales) filter (where is_anonymous))::decimal(18, 2)",
    "items": "sum(items)",
    "units": "sum(units)",
    "gross_sales": "sum(gross_sales)::decimal(18, 2)",
    "discounts": "sum(discounts)::decimal(18, 2)",
    "net_sales": "sum(net_sales)::decimal(18, 2)",
    "freight": "sum(freight)::decimal(18, 2)",
    "gmv": "sum(gmv)::decimal(18, 2)",
    "tax": "sum(tax)::decimal(18, 2)",
    "payments": "sum(payments)::decimal(18, 2)",
    "pending_payments": "sum(pending_payments)::decimal(18, 2)",
    "failed_payments": "sum(failed_payments)::decimal(18, 2)",
    "cogs": "sum(cogs)::decimal(18, 2)",
    "costed_sales": "sum(costed_sales)::decimal(18, 2)",
    "returned_sales": "sum(returned_sales)::decimal(18, 2)",
    "discounted_orders": "count(*) filter (where is_discounted)",
    "returned_orders": "count(*) filter (where is_returned)",
    "returnable_orders": "count(is_returned) filter (where is_returned or status = 'delivered')",
    "returned_units": "sum(returned_units)",
    "returnable_units": "sum(units) filter (where is_returned or status = 'delivered')",
    "orders_with_known_return": "count(is_returned)",
    "unknown_status_orders": "count(*) filter (where status = 'unknown')",
    "late_orders": "count(*) filter (where is_late)",
    "promised_orders": "count(is_late)",
    "lead_days": "sum(lead_days)",
    "timed_orders": "count(lead_days)",
    "review_scores": "sum(review_score::decimal(9, 4))::decimal(18, 4)",
    "reviews": "count(review_score)",
    "promoters": "count(*) filter (where review_score >= 5)",
    "detractors": "count(*) filter (where review_score <= 3)",
}
"""Sums of the valid orders of a period. Its distinct customers are a further one: each table counts them in its own way."""

REFUND_SUMS = {"refunds": "sum(amount)::decimal(18, 2)"}
"""Sums of the refunds of valid orders that were given back in a period."""

GROSS_PROFIT = "case when costed_sales >= cost_coverage * nullif(net_sales, 0) then net_sales - cogs end"
"""A sum of sums: cost_coverage is the setting of the smallest share of net sales whose cost must be known."""

_STATUSES_KNOWN = "known_status_orders > 0 or coalesce(placed_orders, 0) = 0"
"""Of no orders placed, none were canceled."""

_CUSTOMERS_KNOWN = "customers > 0 or coalesce(orders, 0) = 0"
"""Where all orders are anonymous, the number of their customers is not known: it is not 0."""

_KPIS = (
    Kpi("orders", orders, "coalesce(orders, 0)"),
    Kpi("customers", customers, f"case when {_CUSTOMERS_KNOWN} then coalesce(customers, 0) end"),
    Kpi("new_customers", new_customers, f"case when {_CUSTOMERS_KNOWN} then coalesce(new_customers, 0) end"),
    Kpi(
        "returning_customers",
        returning_customers,
        f"case when {_CUSTOMERS_KNOWN} then coalesce(customers - new_customers, 0) end",
    ),
    Kpi("anonymous_orders", anonymous_orders, "coalesce(anonymous_orders, 0)"),
    Kpi("anonymous_net_sales", anonymous_net_sales, "coalesce(anonymous_net_sales, 0)"),
    Kpi("items", items, "coalesce(items, 0)"),
    Kpi("units", units, "coalesce(units, 0)"),
    Kpi("gross_sales", gross_sales, "coalesce(gross_sales, 0)"),
    Kpi("discounts", discounts, "case when knows_discount_amounts then coalesce(discounts, 0) end"),
    Kpi("net_sales", net_sales, "coalesce(net_sales, 0)"),
    Kpi("freight", freight, "coalesce(freight, 0)"),
    Kpi("gmv", gmv, "coalesce(gmv, 0)"),
    Kpi("payments", payments, "case when knows_payments then coalesce(payments, 0) end"),
    Kpi("pending_payments", pending_payments, "case when knows_payment_statuses then coalesce(pending_payments, 0) end"),
    Kpi("failed_payments", failed_payments, "case when knows_payment_statuses then coalesce(failed_payments, 0) end"),
    Kpi("refunds", refunds, "case when knows_refunds then coalesce(refunds, 0) end"),
    Kpi(
        "net_sales_after_refunds",
        net_sales_after_refunds,
        "case when knows_refunds then coalesce(net_sales, 0) - coalesce(refunds, 0) end",
    ),
    Kpi("tax", tax, "case when knows_tax then coalesce(tax, 0) end"),
    Kpi("cogs", cogs, "cogs"),
    Kpi("cogs_coverage", cogs_coverage, f"case when knows_costs then {_ratio('costed_sales', 'net_sales')} end"),
    Kpi("gross_profit", gross_profit, "gross_profit"),
    Kpi("margin", margin, _ratio("gross_profit", "net_sales")),
    Kpi("aov", aov, _ratio("net_sales", "orders")),
    Kpi("items_per_order", items_per_order, _ratio("items", "orders")),
    Kpi("placed_orders", placed_orders, "coalesce(placed_orders, 0)"),
    Kpi("canceled_orders", canceled_orders, f"case when {_STATUSES_KNOWN} then coalesce(canceled_orders, 0) end"),
    Kpi("cancel_rate", cancel_rate, f"case when {_STATUSES_KNOWN} then {_ratio('canceled_orders', 'placed_orders')} end"),
    Kpi("discounted_orders", discounted_orders, "case when knows_discounts then coalesce(discounted_orders, 0) end"),
    Kpi("discounted_share", discounted_share, f"case when knows_discounts then {_ratio('discounted_orders', 'orders')} end"),
    Kpi("returned_orders", returned_orders, "case when knows_returns then coalesce(returned_orders, 0) end"),
    Kpi("returned_sales", returned_sales, "case when knows_returns then coalesce(returned_sales, 0) end"),
    Kpi("return_rate", return_rate, f"case when knows_deliveries then {_ratio('returned_orders', 'returnable_orders')} end"),
    Kpi(
        "return_rate_units",
        return_rate_units,
        f"case when knows_deliveries then {_ratio('returned_units', 'returnable_units')} end",
    ),
    Kpi("return_share", return_share, _ratio("returned_orders", "orders_with_known_return")),
    Kpi("unknown_status_orders", unknown_status_orders, "coalesce(unknown_status_orders, 0)"),
    Kpi("late_rate", late_rate, _ratio("late_orders", "promised_orders")),
    Kpi("avg_lead_days", avg_lead_days, _ratio("lead_days", "timed_orders")),
    Kpi("avg_review", avg_review, _ratio("review_scores", "reviews")),
    Kpi("nps_proxy", nps_proxy, _ratio("(100 * (promoters - detractors))", "reviews")),
    Kpi(
        "repeat_purchase_rate",
        repeat_purchase_rate,
        f"case when as_of is not null then {_ratio('repeaters', 'people')} end",
        is_as_of=True,
    ),
    Kpi(
        "repeat_order_rate",
        Share("Customers with two or more orders, among those with at least one."),
        _ratio("reorderers", "people"),
        is_as_of=True,
    ),
    Kpi(
        "repeat_purchase_rate_soon",
        Share(
            "Customers with a second purchase within {repeat_days} days of the first, among those whose first purchase is at"
            " least as old."
        ),
        _ratio("soon_repeated", "first_purchases"),
        is_as_of=True,
    ),
    Kpi(
        "gap_p50_days",
        Number("Median of the days between purchases: up to it, a customer is active.", unit="days"),
        "p50",
        is_as_of=True,
    ),
    Kpi(
        "gap_p80_days",
        Number(
            "80th percentile of the days between purchases: up to it, a customer is at risk, and beyond it lapsed.", unit="days"
        ),
        "p80",
        is_as_of=True,
    ),
    Kpi(
        "gini",
        Number(
            "Gini coefficient of the customers' net sales: 0 means all spend the same, 1 that one customer spends all.",
            unit="ratio",
        ),
        "gini",
        is_as_of=True,
    ),
    Kpi("complete_months", Count("Number of complete months."), "complete_months"),
)
KPIS = {kpi.name: kpi for kpi in _KPIS}


HOMONYMS = {
    "name": "The product's name in products, a line of a fitted model in models.",
    "kind": "A kind of row: each table lists and explains its own kinds.",
    "status": "The status of an order, of an insight, of a model or of a check.",
    "method": "A payment method, a forecasting method, or the method of customer_value.",
    "series": "A time series in forecasts, one line of several on a model's curve.",
    "score": "The score of a review, of a seller, or of a deviation in anomalies.",
    "reason": "A reason in a sentence; of a refund, the source's own words.",
    "size": "The size of a product as it was sold; in basket_itemsets, the number of items of a set.",
    "sequence": "The number of a payment in its order, or of a delivery.",
    "share": "A share of customers, of net sales, of payments or of returned sales: in each table, of what its rows divide up.",
    "low": "A bound of a number, or of an amount of money in customer_value and experiment_simulation.",
    "high": "Likewise.",
    "segment_centres.*": "Coordinates of a segment's centre, named after the columns of customers that they are means of.",
    "model_cards.anonymous_orders": "Up to the as-of date of the model, and NULL for models that leave out none.",
    "model_cards.anonymous_net_sales": "Likewise.",
    "dim_date.month": "The month of the year, a number from 1 to 12.",
    "dim_date.day": "The day of the month; in second_order_curve, days since the first purchase.",
    "reporting_period.as_of": "The as-of date of the shop; elsewhere that of the row.",
    "order_items.is_valid": "Silver keeps the source's own flag of the line; gold combines it with the order's.",
    "order_gaps.gap_days": "A percentile of gaps, which may lie between two whole numbers of days.",
    "basket_itemsets.items": "The items of a set, as text.",
    "experiment_simulation.discount": "A discount as a share of the price.",
    "revenue_waterfall.step": "A step of the waterfall; in forecasts, the number of periods ahead.",
    "model_cards.margin": "How far a candidate must be ahead; elsewhere the gross margin.",
    "model_cards.baseline": "The name of the rival; in insights, a number.",
    "quality_scorecard.rule": "The name of a contract's rule; elsewhere a rule in words.",
}
"""Names whose meaning differs between tables, with the reason: `name`, or `table.name` where one table alone differs."""
