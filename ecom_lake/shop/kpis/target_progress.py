from __future__ import annotations

from ecom_lake.engine.contracts.columns import Number, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary
from ecom_lake.shop.canonical.targets import ADDED_UP, HELD, KEPT_BELOW


class TargetProgress(Gold):
    """One row per month and KPI with a target: what was reached, and whether a running month is on track.

    Of a KPI that grows during the month, the expected value is the target times the share of its days that have passed up to the
    latest order. A pace by days knows neither weekdays nor seasons."""

    month = vocabulary.month.replace(key=True)
    kpi = vocabulary.kpi.replace(one_of=(*ADDED_UP, *HELD, *KEPT_BELOW), key=True)
    is_complete = vocabulary.is_complete.replace(nullable=True)
    target = vocabulary.target
    reached = Number("Value of kpi_monthly; NULL where it is not known, and for a month without orders.", nullable=True)
    expected_so_far = Number(
        "Value that is expected by the day of the latest order; the target of a month that has ended.", at_least=0
    )
    attainment = Number("Value divided by the target.", nullable=True, unit="ratio")
    status = Text(
        "met or missed: a complete month. on_track or off_track: a month that runs. unknown: without orders, the shop does not"
        " know the KPI, or the month is over and incomplete.",
        one_of=("met", "missed", "on_track", "off_track", "unknown"),
    )

    needs = ("orders.ordered_at", "targets")
    rules = (
        Rule("expected_within_target", "expected_so_far <= target", "At most the whole target is expected."),
        Rule("known_with_a_value", "status = 'unknown' OR reached IS NOT NULL", "Only a value can be judged."),
        Rule(
            "verdicts_follow_completeness",
            "status = 'unknown' OR (status IN ('met', 'missed')) = is_complete",
            "Complete months are met or missed, the others on or off track.",
        ),
    )
    identities = (
        agree(
            "only_the_latest_month_runs",
            "A value is judged in complete months and in the month of the latest order.",
            "select month, kpi from target_progress where status <> 'unknown'",
            "select month, kpi from target_progress where reached is not null"
            " and (is_complete or month = (select max(month) from kpi_monthly))",
        ),
        agree(
            "every_target_is_there",
            "Each target of silver has one row, with its value.",
            "select month, kpi, target from target_progress",
            "select month, kpi, target from targets",
        ),
        agree(
            "values_are_those_of_the_months",
            "Net sales and orders are those of kpi_monthly.",
            "select month, kpi, round(reached, 2) from target_progress where kpi in ('net_sales', 'orders')"
            " and reached is not null",
            "select t.month, t.kpi, round(case when t.kpi = 'orders' then m.orders::double else m.net_sales::double end, 2)"
            " from target_progress as t join kpi_monthly as m on m.month = t.month where t.kpi in ('net_sales', 'orders')",
        ),
    )
