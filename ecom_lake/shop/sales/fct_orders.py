from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Flag, Integer, Key, Money, Month, Number, Text, Timestamp
from ecom_lake.engine.contracts.identities import agree, known
from ecom_lake.engine.contracts.relations import month_of
from ecom_lake.engine.contracts.table import Gold, Listing, Rule
from ecom_lake.shop.canonical.orders import CANCELED_IS_NO_SALE


class FctOrders(Gold, group="star"):
    """One row per order, valid or not, with its own amounts; marts count the valid ones."""

    order_id = Key("The order.")
    customer_id = Text("The person who ordered.")
    order_date = Date("Day on which it was placed.", nullable=True)
    month = Month("Month in which it was placed, as its first day.", nullable=True)
    ordered_at = Timestamp("When it was placed, in the shop's own time.", nullable=True)
    status = Text("Where the order stands.")
    source_status = Text("The status in the source's own word; NULL where it states none.", nullable=True)
    channel = Text("Sales channel.", nullable=True)
    is_valid = Flag("Whether it counts as a sale.")
    is_timeline_sound = Flag("False where a later stage is dated before an earlier one.")
    is_first_order = Flag("Whether it is the person's first valid order, by time and id.")
    order_number = Count(
        "Number of the valid order among the person's, by time and id; NULL where it is not valid.", nullable=True
    )
    purchase_number = Count("Number of the purchase that it belongs to; NULL where it is not valid.", nullable=True)
    previous_order_date = Date("Day of the person's valid order before it.", nullable=True)
    gap_days = Integer("Days since the person's purchase before; NULL on the same day and where there was none.", nullable=True)
    opens_purchase = Flag("Whether it is the first valid order of the person on its day.")
    items = Count("Order lines.")
    units = Count("Units on its lines.")
    gross_sales = Money("Unit price times quantity of its lines, before discount.")
    discounts = Money("Discount given on its lines.")
    net_sales = Money("gross_sales - discounts.")
    freight = Money("Freight charged on its lines.")
    gmv = Money("net_sales + freight.")
    cogs = Money("Cost of its lines, where the source knows cost.", nullable=True)
    costed_sales = Money("net_sales of its lines with a known cost.")
    payment_count = Count("Payments made; NULL where the shop knows of no payments.", nullable=True)
    payments = Money("Value of its payments; NULL where the shop knows of no payments.", nullable=True)
    instalments = Count("Most instalments of any of its payments.", nullable=True)
    delivered_date = Date("Day of delivery, of an order that was delivered.", nullable=True)
    promised_date = Date("Day by which delivery was promised.", nullable=True)
    approval_days = Integer("Days from placing to approval.", nullable=True)
    handling_days = Integer("Days from approval to the carrier.", nullable=True)
    transit_days = Integer("Days from the carrier to the customer.", nullable=True)
    lead_days = Integer("Days from placing to delivery.", nullable=True)
    delay_days = Integer("Days from the promised day to delivery; negative where it came early.", nullable=True)
    is_late = Flag("Delivered after the promised day; NULL where either day is not known.", nullable=True)
    is_returned = Flag("Returned, as a whole or in part; NULL where the shop knows of no returns.", nullable=True)
    returned_units = Count("Units sent back; NULL where the shop knows of no returns.", nullable=True)
    returned_sales = Money("net_sales of what was sent back; NULL where the shop knows of no returns.", nullable=True)
    review_score = Number("Score of its latest review.", nullable=True, at_least=1, at_most=5)
    is_review_imputed = Flag("Whether that score was filled in.", nullable=True)
    city = Text("City that it went to.", nullable=True)
    state = Text("State that it went to.", nullable=True)
    region = Text("Region of the country that the state lies in.", nullable=True)
    country = Text("Country that it went to, as an ISO 3166 two-letter code.", nullable=True)
    zip = Text("Zip code or zip prefix that it went to, as text.", nullable=True)

    rules = (
        Rule("net_is_gross_less_discounts", "net_sales = gross_sales - discounts", "Net sales are gross sales less discounts."),
        Rule("gmv_is_net_and_freight", "gmv = net_sales + freight", "GMV is net sales and freight."),
        Rule(
            "status_known",
            "status <> 'unknown' OR source_status IS NULL OR lower(source_status) = 'unknown' OR NOT is_valid",
            "A sale has a status that the lake knows. An order of any other status counts as a sale: where nothing was sold,"
            " export the status as canceled.",
            severity="warn",
            listing=Listing(by="source_status", sum_of="net_sales", noun="order"),
        ),
        CANCELED_IS_NO_SALE,
        Rule(
            "order_date_is_of_ordered_at",
            "order_date IS NOT DISTINCT FROM CAST(ordered_at AS DATE)",
            "The order's day is that of the time when it was placed.",
        ),
        month_of("month_is_of_ordered_at", "month", "ordered_at"),
        Rule(
            "valid_orders_are_numbered",
            "(order_number IS NOT NULL) = is_valid AND (purchase_number IS NOT NULL) = is_valid",
            "Valid orders, and only these, have a number among the person's orders and purchases.",
        ),
        Rule(
            "first_order_is_number_one",
            "is_first_order = coalesce(order_number = 1, false)",
            "The first valid order of a person is number 1.",
        ),
        Rule(
            "purchases_within_orders",
            "purchase_number BETWEEN 1 AND order_number",
            "Orders of one day are one purchase: a person has no more purchases than orders.",
        ),
        Rule(
            "first_order_has_none_before",
            "previous_order_date IS NULL"
            " OR (coalesce(order_number > 1, false) AND coalesce(previous_order_date <= order_date, true))",
            "Only a valid order after the person's first has one before it, which is not later.",
        ),
        Rule(
            "gap_is_since_the_order_before",
            "gap_days IS NOT DISTINCT FROM nullif(date_diff('day', previous_order_date, order_date), 0)",
            "The gap is the days since the order before; NULL on the same day and where there was none.",
        ),
        Rule(
            "opens_purchase_on_a_new_day",
            "opens_purchase = (is_valid AND coalesce(previous_order_date < order_date, true))",
            "A valid order opens a purchase unless the order before it is of the same day.",
        ),
        Rule(
            "amounts_are_of_lines",
            "units >= items AND (items > 0 OR (units = 0 AND gross_sales = 0 AND discounts = 0 AND freight = 0))",
            "Every line has a unit, and an order without lines has no amounts.",
        ),
        Rule("discounts_within_gross", "discounts <= gross_sales", "Discounts are at most gross sales."),
        Rule(
            "costed_sales_within_net",
            "costed_sales BETWEEN 0 AND net_sales AND (cogs IS NOT NULL OR costed_sales = 0)",
            "Sales with a known cost are part of net sales, and 0 where no cost is known.",
        ),
        Rule(
            "paid_by_payments",
            "(payments IS NULL) = (payment_count IS NULL) AND coalesce(payment_count > 0 OR payments = 0, true)"
            " AND (instalments IS NULL) = (coalesce(payment_count, 0) = 0)",
            "Money and instalments are those of payments: without a payment there are none.",
        ),
        Rule(
            "delivered_date_of_the_delivered",
            "delivered_date IS NULL OR status = 'delivered'",
            "Only an order that was delivered has a day of delivery.",
        ),
        Rule(
            "lead_days_from_placing_to_delivery",
            "lead_days IS NOT DISTINCT FROM date_diff('day', order_date, delivered_date)",
            "Lead days are those from placing to delivery.",
        ),
        Rule(
            "stages_sum_to_lead_days",
            "approval_days + handling_days + transit_days = lead_days",
            "The days of the stages, where all are known, sum to the lead days.",
        ),
        Rule(
            "delay_days_from_promise_to_delivery",
            "delay_days IS NOT DISTINCT FROM date_diff('day', promised_date, delivered_date)",
            "Delay days are those from the promised day to delivery.",
        ),
        Rule(
            "late_after_the_promised_day",
            "is_late IS NOT DISTINCT FROM (delivered_date > promised_date)",
            "An order is late when it was delivered after the promised day.",
        ),
        Rule(
            "returned_units_are_returned",
            "(is_returned IS NULL) = (returned_units IS NULL) AND (is_returned IS NULL) = (returned_sales IS NULL)"
            " AND coalesce(is_returned = (status = 'returned' OR returned_units > 0), true)",
            "An order is returned when its status or one of its lines is.",
        ),
        Rule(
            "returned_within_the_order",
            "returned_units <= units AND returned_sales BETWEEN 0 AND net_sales AND (returned_units > 0 OR returned_sales = 0)",
            "No more is returned than was ordered.",
        ),
        Rule(
            "imputed_where_scored",
            "(review_score IS NULL) = (is_review_imputed IS NULL)",
            "Whether a score was filled in is known of every score.",
        ),
    )
    identities = (
        agree(
            "every_silver_order_is_there",
            "Month by month there are as many orders as in silver: no join lost or multiplied one.",
            "select month, count(*) from fct_orders group by month",
            "select month, count(*) from orders group by month",
        ),
        agree(
            "payments_are_all_there",
            "Month by month payments sum to silver's, to the cent.",
            "select month, sum(payments) from fct_orders where payment_count > 0 group by month",
            "select month, sum(amount) from payments group by month",
        ),
        known("their_people_are_known", "Every order's person is in dim_customer.", "customer_id", "fct_orders", "dim_customer"),
        agree(
            "reviews_are_all_there",
            "Month by month as many orders have a score as silver has reviewed orders.",
            "select month, count(review_score) from fct_orders group by month having count(review_score) > 0",
            "select month, count(distinct order_id) from reviews group by month",
        ),
    )
