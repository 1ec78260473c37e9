from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Share, Text, Timestamp
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Rule


class QualityScorecard(Gold, group="trust"):
    """One row per table and rule: how many rows it was held against, and how many failed."""

    layer = Text("silver or gold.", key=True)
    table_name = Text("The table.", key=True)
    rule = Text("The rule's name, as it stands in quarantine.", key=True)
    severity = Text("block: a row that fails is kept out, or the table is; warn: it is reported.", one_of=("block", "warn"))
    meaning = Text("What the rule promises.")
    checked_rows = Count("Rows that the rule was held against.")
    failed_rows = Count("Rows that failed it.")
    pass_rate = Share("Share of the checked rows that passed; NULL where there were none.", nullable=True)
    last_run = Timestamp("Time of the latest delivery that the check has seen, in UTC.", nullable=True)
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
            "A rule passes when no row fails; a failed warning warns.",
        ),
    )
