from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Flag, Integer, Number
from ecom_lake.engine.contracts.identities import agree, known
from ecom_lake.engine.contracts.relations import month_of
from ecom_lake.engine.contracts.table import Gold, Identity, Listing, NarrowInput, Rule
from ecom_lake.shop import vocabulary
from ecom_lake.shop.canonical.orders import CANCELED_IS_NO_SALE

ANONYMOUS_WITHOUT_A_CUSTOMER = Rule(
    "anonymous_without_a_customer",
    "is_anonymous = (customer_id IS NULL)",
    "An order is anonymous if and only if it has no customer.",
)


class FctOrders(Gold, monthly=True):
    """One row per order, valid or not, with its own amounts; marts count the valid ones."""

    order_id = vocabulary.order_id.replace(key=True)
    customer_id = vocabulary.customer_id.replace(nullable=True)
    is_anonymous = vocabulary.is_anonymous
    order_date = vocabulary.order_date
    month = vocabulary.month.replace(nullable=True)
    ordered_at = vocabulary.ordered_at.replace(nullable=True)
    status = vocabulary.status
    source_status = vocabulary.source_status
    channel = vocabulary.channel
    shipping_method = vocabulary.shipping_method
    coupon_code = vocabulary.coupon_code
    is_valid = vocabulary.is_valid
    is_timeline_sound = vocabulary.is_timeline_sound
    is_first_order = Flag("Whether it is the customer's first valid order, by time and order_id.")
    order_number = vocabulary.order_number
    purchase_number = vocabulary.purchase_number
    previous_order_date = vocabulary.previous_order_date
    gap_days = Integer(
        "Days since the customer's previous purchase; NULL on the same day and for the first purchase.",
        nullable=True,
        unit="days",
    )
    opens_purchase = Flag("Whether it is the customer's first valid order of its day, and so opens a purchase.")
    items = vocabulary.items
    units = vocabulary.units
    gross_sales = vocabulary.gross_sales
    discounts = vocabulary.discounts
    net_sales = vocabulary.net_sales
    freight = vocabulary.freight
    gmv = vocabulary.gmv
    tax = vocabulary.tax
    is_discounted = vocabulary.is_discounted
    cogs = vocabulary.cogs
    costed_sales = vocabulary.costed_sales
    payment_count = vocabulary.payment_count.replace(nullable=True)
    payments = vocabulary.payments.replace(nullable=True)
    instalments = vocabulary.instalments.replace(at_least=0)
    pending_payments = vocabulary.pending_payments
    failed_payments = vocabulary.failed_payments
    delivered_date = Date("Day of delivery, of an order that was delivered.", nullable=True)
    promised_date = Date("Day by which delivery was promised.", nullable=True)
    approval_days = Integer("Days from order to approval.", nullable=True, unit="days")
    handling_days = Integer("Days from approval to the carrier.", nullable=True, unit="days")
    transit_days = Integer("Days from the carrier to the customer.", nullable=True, unit="days")
    lead_days = Integer("Days from order to delivery.", nullable=True, unit="days")
    delay_days = Integer(
        "Days from the promised date to delivery; negative where the order was early.", nullable=True, unit="days"
    )
    is_late = Flag("Whether the order was delivered after the promised date; NULL where either date is unknown.", nullable=True)
    is_returned = vocabulary.is_returned
    returned_units = Count("Units returned; NULL where the shop does not know returns.", nullable=True)
    returned_sales = vocabulary.returned_sales.replace(nullable=True)
    review_id = vocabulary.review_id.replace(nullable=True)
    review_score = Number("Score of that review.", nullable=True, at_least=1, at_most=5, unit="score")
    is_review_imputed = Flag("Whether that score was imputed.", nullable=True)
    city = vocabulary.city
    state = vocabulary.state
    region = vocabulary.region
    country = vocabulary.country
    zip = vocabulary.zip

    additive = (
        "items",
        "units",
        "gross_sales",
        "discounts",
        "net_sales",
        "freight",
        "gmv",
        "cogs",
        "costed_sales",
        "payment_count",
        "payments",
        "returned_units",
        "returned_sales",
    )
    narrow_inputs = (
        NarrowInput("data_availability", ("has_payments", "has_returns")),
        NarrowInput("repeat_orders", ("order_id", "order_number", "purchase_number", "previous_order_date"), matching="month"),
    )
    rules = (
        Rule("net_is_gross_less_discounts", "net_sales = gross_sales - discounts", "Net sales are gross sales less discounts."),
        Rule("gmv_is_net_and_freight", "gmv = net_sales + freight", "GMV is net sales plus freight."),
        Rule(
            "status_known",
            "status <> 'unknown' OR source_status IS NULL OR lower(source_status) = 'unknown' OR NOT is_valid",
            "A valid order has a known status. Orders with an unknown status count as sales: where nothing was sold, "
            "export the status as canceled.",
            severity="warn",
            listing=Listing(by="source_status", sum_of="net_sales", noun="order"),
        ),
        CANCELED_IS_NO_SALE,
        Rule(
            "order_date_is_of_ordered_at",
            "order_date IS NOT DISTINCT FROM CAST(ordered_at AS DATE)",
            "order_date is the day of ordered_at.",
        ),
        month_of("month_is_of_ordered_at", "month", "ordered_at"),
        ANONYMOUS_WITHOUT_A_CUSTOMER,
        Rule(
            "valid_orders_are_numbered",
            "(order_number IS NOT NULL) = (is_valid AND NOT is_anonymous)"
            " AND (purchase_number IS NOT NULL) = (order_number IS NOT NULL)",
            "Valid orders of customers, and only these, have an order number and a purchase number.",
        ),
        Rule(
            "first_order_is_number_one",
            "is_first_order = coalesce(order_number = 1, false)",
            "The customer's first valid order has number 1.",
        ),
        Rule(
            "purchases_within_orders",
            "purchase_number BETWEEN 1 AND order_number",
            "Orders of one day are one purchase: the purchase number is at most the order number.",
        ),
        Rule(
            "first_order_has_none_before",
            "previous_order_date IS NULL"
            " OR (coalesce(order_number > 1, false) AND coalesce(previous_order_date <= order_date, true))",
            "Only a valid order after the customer's first has a previous order, and it is not later.",
        ),
        Rule(
            "gap_is_since_the_order_before",
            "gap_days IS NOT DISTINCT FROM nullif(date_diff('day', previous_order_date, order_date), 0)",
            "The gap is the days since the previous order; NULL on the same day and for the first order.",
        ),
        Rule(
            "opens_purchase_on_a_new_day",
            "opens_purchase = (is_valid AND NOT is_anonymous AND coalesce(previous_order_date < order_date, true))",
            "A customer's valid order opens a purchase unless the previous order is of the same day.",
        ),
        Rule(
            "amounts_are_of_lines",
            "units >= items AND (items > 0 OR (units = 0 AND gross_sales = 0 AND discounts = 0 AND freight = 0))",
            "Every line has at least one unit, and an order without lines has no amounts.",
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
            " AND (instalments IS NULL OR coalesce(payment_count, 0) > 0)",
            "An order without payments has no payment value and no instalments.",
        ),
        Rule(
            "payment_statuses_are_known_together",
            "(pending_payments IS NULL) = (failed_payments IS NULL) AND (pending_payments IS NULL OR payments IS NOT NULL)",
            "Pending and failed payments are known together, and only of an order with payments.",
        ),
        Rule(
            "delivered_date_of_the_delivered",
            "delivered_date IS NULL OR status = 'delivered'",
            "Only a delivered order has a delivery date.",
        ),
        Rule(
            "lead_days_from_placing_to_delivery",
            "lead_days IS NOT DISTINCT FROM date_diff('day', order_date, delivered_date)",
            "Lead days are the days from order to delivery.",
        ),
        Rule(
            "stages_sum_to_lead_days",
            "approval_days + handling_days + transit_days = lead_days",
            "The days of the stages, where all are known, sum to the lead days.",
        ),
        Rule(
            "delay_days_from_promise_to_delivery",
            "delay_days IS NOT DISTINCT FROM date_diff('day', promised_date, delivered_date)",
            "Delay days are the days from the promised date to delivery.",
        ),
        Rule(
            "late_after_the_promised_day",
            "is_late IS NOT DISTINCT FROM (delivered_date > promised_date)",
            "An order is late if and only if it was delivered after the promised date.",
        ),
        Rule(
            "returned_units_are_returned",
            "(is_returned IS NULL) = (returned_units IS NULL) AND (is_returned IS NULL) = (returned_sales IS NULL)"
            " AND coalesce(is_returned = (status = 'returned' OR returned_units > 0), true)",
            "An order is returned if its status or one of its lines is.",
        ),
        Rule(
            "returned_within_the_order",
            "returned_units <= units AND returned_sales BETWEEN 0 AND net_sales AND (returned_units > 0 OR returned_sales = 0)",
            "Returned units and sales are at most those of the order.",
        ),
        Rule(
            "imputed_where_scored",
            "(review_score IS NULL) = (is_review_imputed IS NULL) AND (review_score IS NULL) = (review_id IS NULL)",
            "The review's identifier and the imputation flag are known if and only if there is a score.",
        ),
    )
    identities = (
        agree(
            "every_silver_order_is_there",
            "Each month has the number of orders that silver has: no join dropped or multiplied any.",
            "select month, count(*) from fct_orders group by month",
            "select month, count(*) from orders group by month",
        ),
        agree(
            "payments_are_all_there",
            "Each month's payments sum to those of silver that are paid or whose status is unknown, to the cent.",
            "select month, sum(payments) from fct_orders where payment_count > 0 group by month",
            "select month, sum(amount) from payments where status in ('paid', 'unknown') group by month",
        ),
        agree(
            "delivered_payments_are_all_there",
            "In each month, payments, pending and failed payments sum to all delivered payments, to the cent.",
            "select month, sum(payments + coalesce(pending_payments, 0) + coalesce(failed_payments, 0)) from fct_orders"
            " where payment_count > 0 or pending_payments is not null group by month",
            "select month, sum(amount) from payments group by month",
        ),
        Identity(
            "orders_are_in_one_currency",
            "select distinct currency from orders where currency is not null"
            " and (select count(distinct currency) from orders) > 1",
            "All orders that state a currency state the same one. Where an export has several, the setting currency_code names"
            " the shop's: orders in another currency are then refused.",
        ),
        Identity(
            "a_customer_has_one_first_order",
            "select customer_id, count(*) as first_orders from fct_orders where is_first_order group by customer_id"
            " having count(*) > 1",
            "Of a customer's valid orders exactly one is the first.",
        ),
        known(
            "their_people_are_known",
            "The customer of every order is in dim_customer.",
            "customer_id",
            "fct_orders",
            "dim_customer",
        ),
        agree(
            "reviews_are_all_there",
            "In each month, as many orders have a score as silver has reviewed orders.",
            "select month, count(review_score) from fct_orders group by month having count(review_score) > 0",
            "select month, count(distinct order_id) from reviews group by month",
        ),
    )
