"""What METRICS.md derives from the delivered rows of a shop before any table: valid orders, purchases, complete months.

Here: one row per order, per line and per customer, and the calendar of the shop. Not here: the gold tables (a module per family).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from ecom_lake_tests.recomputed.delivered_shop import DeliveredShop

NOT_A_SALE = ("canceled", "unavailable")
PAID = ("paid", "unknown")
STAGES = ("ordered_at", "approved_at", "shipped_at", "delivered_at")
MIN_COVERAGE = 0.95


class ShopFacts:
    """The facts of a shop, each computed once."""

    def __init__(self, delivered: DeliveredShop, as_of: str | None = None) -> None:
        self.delivered = delivered
        self.stated_as_of = as_of

    @cached_property
    def lines(self) -> pd.DataFrame:
        """One row per order line, with what it has from its order and its product."""
        shop = self.delivered
        placed = _dated(shop.orders)
        of_order = placed.set_index("order_id")[
            ["order_date", "month", "ordered_at", "customer_id", "status", "is_valid", "channel", "state", "region"]
        ]
        of_product = shop.products.set_index("product_id")[["category", "brand", "unit_cost"]].rename(
            columns={"unit_cost": "unit_cost_listed"}
        )
        lines = shop.lines.join(of_order, on="order_id").join(of_product, on="product_id")
        lines = lines.assign(unit_cost=lines["unit_cost"].fillna(lines["unit_cost_listed"]))
        gross = rounded_half_up(lines["unit_price"] * lines["quantity"], 100)
        cogs = rounded_half_up(lines["unit_cost"] * lines["quantity"], 100)
        net = gross - lines["discount"]
        is_returned = lines["is_returned"].mask(lines["status"] == "returned", True)
        is_discounted = lines["is_discounted"].mask(lines["discount"] > 0, True)
        if shop.states_everything:
            is_returned, is_discounted = is_returned.fillna(False), is_discounted.fillna(False)
        return lines.assign(
            is_anonymous=lines["customer_id"].isna(),
            category=lines["category"].fillna("unknown"),
            gross_sales=gross,
            net_sales=net,
            cogs=cogs,
            gross_profit=net - cogs,
            costed_sales=net.where(cogs.notna(), 0),
            is_returned=is_returned,
            is_discounted=is_discounted,
            returned_units=lines["quantity"].where(is_returned.fillna(False), 0),
            returned_sales=net.where(is_returned.fillna(False), 0),
        )

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order, valid or not: lines, payments and reviews are aggregated before they are joined."""
        orders = _dated(self.delivered.orders).set_index("order_id")
        orders = orders.join(self._amounts).join(self._payments).join(self._latest_reviews)
        counted = [
            "items",
            "units",
            "gross_sales",
            "discounts",
            "net_sales",
            "freight",
            "costed_sales",
            "payment_count",
            "payments",
        ]
        orders[counted] = orders[counted].fillna(0)
        if self.delivered.states_everything:
            attempts = ["pending_payments", "failed_payments"]
            orders[attempts] = orders[attempts].fillna(0).where(orders["states_a_status"].eq(True))
        orders["gmv"] = orders["net_sales"] + orders["freight"]
        return _with_deliveries(self._with_returns(orders)).join(_history(orders)).reset_index()

    @cached_property
    def valid(self) -> pd.DataFrame:
        """The valid orders."""
        return self.orders[self.orders["is_valid"]]

    @cached_property
    def valid_lines(self) -> pd.DataFrame:
        return self.lines[self.lines["is_valid"]]

    @cached_property
    def past(self) -> pd.DataFrame:
        """The valid orders of customers up to the as-of date."""
        return self.valid[(self.valid["order_date"] <= self.as_of) & self.valid["customer_id"].notna()]

    @cached_property
    def past_lines(self) -> pd.DataFrame:
        lines = self.valid_lines
        return lines[(lines["order_date"] <= self.as_of) & lines["customer_id"].notna()]

    @cached_property
    def purchases(self) -> pd.DataFrame:
        """One row per customer and day with a valid order, up to the as-of date."""
        return purchases_of(self.past)

    @cached_property
    def months(self) -> pd.DatetimeIndex:
        """All months from the first order to the last one."""
        return pd.date_range(self.orders["month"].min(), self.orders["month"].max(), freq="MS", unit="us")

    @cached_property
    def complete_months(self) -> pd.DatetimeIndex:
        """The longest run of months with at least 10% of the orders of the median non-empty month; the latest of equal runs."""
        placed = self.orders.groupby("month").size()
        enough = placed.reindex(self.months, fill_value=0) >= 0.1 * placed.median()
        days = self.orders["order_date"]
        if (days.min() - self.months[0]).days > 3:
            enough.iloc[0] = False
        if (self.months[-1] + pd.offsets.MonthEnd(0) - days.max()).days > 3:
            enough.iloc[-1] = False
        runs = [list(run.index) for _, run in enough[enough].groupby((~enough).cumsum())]
        longest = max(runs, key=lambda run: (len(run), run[0]))
        return pd.DatetimeIndex(longest)

    @cached_property
    def as_of(self) -> pd.Timestamp:
        """The last day of the last complete month, unless the shop states another."""
        if self.stated_as_of:
            return pd.Timestamp(self.stated_as_of)
        return self.complete_months[-1] + pd.offsets.MonthEnd(0)

    @cached_property
    def snapshots(self) -> list[pd.Timestamp]:
        """The ends of the complete months, up to the as-of date."""
        return [end for end in self.complete_months + pd.offsets.MonthEnd(0) if end <= self.as_of]

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per person, of the customer file or of orders only; the address is that of the latest order."""
        records = self.delivered.customers
        genders = records.dropna(subset="gender").groupby("customer_id")["gender"].nunique()
        known = records.drop_duplicates("customer_id", keep="last").set_index("customer_id")
        known["gender"] = known["gender"].mask(known.index.isin(genders[genders > 1].index), "unknown")
        latest = self.orders.dropna(subset="customer_id").sort_values(["ordered_at", "order_id"]).groupby("customer_id").tail(1)
        addresses = latest.set_index("customer_id")[["city", "state", "region", "country", "zip"]]
        people = known.join(addresses, how="outer").assign(has_record=lambda rows: rows.index.isin(known.index))
        return people.assign(age_group=_age_groups(people["age"])).rename_axis("customer_id").reset_index()

    @cached_property
    def _amounts(self) -> pd.DataFrame:
        lines = self.lines.assign(units=self.lines["quantity"], discounts=self.lines["discount"])
        whole = ["units", "gross_sales", "discounts", "net_sales", "freight", "costed_sales", "returned_units", "returned_sales"]
        by_order = lines.groupby("order_id")
        return (
            by_order[whole]
            .sum()
            .assign(
                items=by_order.size(),
                tax=by_order["tax"].sum(min_count=1),
                cogs=by_order["cogs"].sum(min_count=1),
                a_line_returned=by_order["is_returned"].max(),
                is_discounted=by_order["is_discounted"].max(),
            )
        )

    @cached_property
    def _payments(self) -> pd.DataFrame:
        payments = self.delivered.payments
        paid = payments[payments["status"].isin(PAID)].groupby("order_id")
        attempts = {
            status: payments[payments["status"] == status].groupby("order_id")["amount"].sum() for status in ("pending", "failed")
        }
        counted = pd.DataFrame(
            {"payment_count": paid.size(), "payments": paid["amount"].sum(), "instalments": paid["instalments"].max()}
        )
        counted = counted.join(pd.DataFrame({f"{status}_payments": sums for status, sums in attempts.items()}), how="outer")
        stating = payments.loc[payments["status"] != "unknown", "order_id"]
        return counted.assign(states_a_status=counted.index.isin(stating))

    @cached_property
    def reviews(self) -> pd.DataFrame:
        """One row per review and order; `is_latest` marks the order's latest review."""
        order = ["answered_at", "created_at", "review_id"]
        reviews = self.delivered.reviews.sort_values(order, na_position="first", kind="stable")
        return reviews.assign(is_latest=~reviews.duplicated("order_id", keep="last"))

    @cached_property
    def _latest_reviews(self) -> pd.DataFrame:
        latest = self.reviews[self.reviews["is_latest"]].set_index("order_id")
        return latest.rename(columns={"score": "review_score", "is_imputed": "is_review_imputed"})[
            ["review_id", "review_score", "is_review_imputed"]
        ]

    def _with_returns(self, orders: pd.DataFrame) -> pd.DataFrame:
        """An order is returned if its status or one of its lines is."""
        sent_back = (orders["status"] == "returned") | orders["a_line_returned"].astype("boolean").fillna(False)
        if not self.delivered.states_everything:
            return orders.assign(is_returned=pd.NA, returned_units=pd.NA, returned_sales=pd.NA)
        returned = {name: orders[name].fillna(0) for name in ("returned_units", "returned_sales")}
        return orders.assign(is_returned=sent_back.astype("boolean"), **returned)


def rounded_half_up(amounts: pd.Series, units: int) -> pd.Series:
    """Amounts that are not negative in a unit that is `units` times as large, rounded half away from zero."""
    return (2 * amounts + units) // (2 * units)


def purchases_of(orders: pd.DataFrame) -> pd.DataFrame:
    """One row per customer and day, with the days since the customer's previous purchase."""
    days = orders[["customer_id", "order_date"]].drop_duplicates().sort_values(["customer_id", "order_date"])
    return days.assign(
        gap=days.groupby("customer_id")["order_date"].diff().dt.days, number=days.groupby("customer_id").cumcount() + 1
    )


def ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """A zero denominator gives NULL."""
    return part.astype("float64") / whole.astype("float64").where(lambda values: values != 0)


def money_ratio(cents: pd.Series, whole: pd.Series) -> pd.Series:
    """An amount of money, in units of the currency, per thing."""
    return ratio(cents, whole) / 100


def _dated(orders: pd.DataFrame) -> pd.DataFrame:
    day = orders["ordered_at"].dt.normalize()
    return orders.assign(order_date=day, month=month_of(day), is_valid=~orders["status"].isin(NOT_A_SALE))


def month_of(days: pd.Series) -> pd.Series:
    return days.dt.normalize() - pd.to_timedelta(days.dt.day - 1, unit="D")


def _with_deliveries(orders: pd.DataFrame) -> pd.DataFrame:
    """Differences of dates; delivered means status delivered."""
    day = {stage: orders[stage].dt.normalize() for stage in (*STAGES, "promised_at")}
    delivered = day["delivered_at"].where(orders["status"] == "delivered")
    delay = (delivered - day["promised_at"]).dt.days
    sound = pd.Series(True, index=orders.index)
    for number, earlier in enumerate(STAGES):
        for later in STAGES[number + 1 :]:
            sound &= ~(orders[later] < orders[earlier])
    return orders.assign(
        delivered_date=delivered,
        promised_date=day["promised_at"],
        approval_days=(day["approved_at"] - day["ordered_at"]).dt.days,
        handling_days=(day["shipped_at"] - day["approved_at"]).dt.days,
        transit_days=(delivered - day["shipped_at"]).dt.days,
        lead_days=(delivered - day["ordered_at"]).dt.days,
        delay_days=delay,
        is_late=(delay > 0).astype("boolean").mask(delay.isna()),
        is_timeline_sound=sound,
    )


def _history(orders: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a customer's valid orders, by (ordered_at, order_id)."""
    own = orders[orders["is_valid"] & orders["customer_id"].notna()].reset_index()
    own = own.sort_values(["customer_id", "ordered_at", "order_id"])
    by_customer = own.groupby("customer_id")
    previous = by_customer["order_date"].shift()
    opens = previous.isna() | (previous != own["order_date"])
    history = own.assign(
        order_number=by_customer.cumcount() + 1,
        purchase_number=opens.groupby(own["customer_id"]).cumsum(),
        previous_order_date=previous,
        gap_days=(own["order_date"] - previous).dt.days.where(opens),
        opens_purchase=opens,
    ).set_index("order_id")[["order_number", "purchase_number", "previous_order_date", "gap_days", "opens_purchase"]]
    history = history.reindex(orders.index)
    return history.assign(
        opens_purchase=history["opens_purchase"].eq(True),
        is_first_order=history["order_number"].eq(1),
        is_anonymous=orders["customer_id"].isna(),
    )


def _age_groups(ages: pd.Series, groups: int = 4) -> pd.Series:
    """Quantile bins over persons, with their bounds in the label; persons of one age are in one bin."""
    known = ages.dropna().astype("int64")
    younger = known.rank(method="min") - 1
    bins = np.floor(groups * younger / len(known))
    bounds = known.groupby(bins).agg(["min", "max"])
    labels = bins.map(bounds["min"].astype(str) + "-" + bounds["max"].astype(str)) if len(known) else known.astype(str)
    return labels.reindex(ages.index)
