from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Share, Text, Timestamp
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class QualityScorecard(Gold):
    """One row per table and rule: the rows checked, and the rows that failed."""

    layer = vocabulary.layer.replace(key=True)
    table_name = vocabulary.table_name.replace(key=True)
    rule = Text("Name of the rule, as in quarantine.", key=True)
    severity = Text(
        "block: a row that fails is quarantined, or the table is not published; warn: it is reported.", one_of=("block", "warn")
    )
    meaning = vocabulary.meaning
    checked_rows = Count("Rows that the rule was checked on.")
    failed_rows = Count("Rows that failed the rule.")
    pass_rate = Share("Share of the checked rows that passed; NULL where none were checked.", nullable=True)
    last_run = Timestamp("Time of the latest delivery that the check covers, in UTC.", nullable=True)
    status = Text("pass, warn, or quarantined where failing rows were kept out.", one_of=("pass", "warn", "quarantined"))

    rules = (
        Rule(
            "pass_rate_of_the_checked",
            f"(pass_rate IS NULL) = (checked_rows = 0) AND {same('(1 - pass_rate) * checked_rows', 'failed_rows')}",
            "The pass rate is the share of checked rows that did not fail.",
        ),
        Rule(
            "status_of_the_failed",
            "failed_rows <= checked_rows AND (status = 'pass') = (failed_rows = 0)"
            " AND (status = 'warn') = (failed_rows > 0 AND severity = 'warn')",
            "A rule passes if no row fails; a failed warning has the status warn.",
        ),
    )
