"""What became of the delivered rows, and which rules they failed."""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import Column, Count, Share
from ecom_lake.publish.powerbi.measures.measure import Measure
from ecom_lake.shop.trust.ledger import Ledger
from ecom_lake.shop.trust.quality_scorecard import QualityScorecard

FOLDER = "Trust"
_FATES = ("rejected", "quarantined", "pending", "superseded", "collapsed", "left_out", "erased")
_LEDGER = tuple(f"ledger.{name}" for name in ("rows_delivered", "published", *_FATES))
_CHECKS = ("quality_scorecard.checked_rows", "quality_scorecard.failed_rows")


def _of_ledger(name: str, column: Column, dax: str, sql: str, published: str) -> Measure:
    return Measure(
        name,
        FOLDER,
        column,
        dax,
        f"select 'all' as label, sum({sql}) as value from ledger",
        f"select 'all' as label, sum({published}) as value from ledger",
        _LEDGER,
    )


def _of_checks(name: str, column: Column, dax: str, sql: str, published: str) -> Measure:
    return Measure(
        name,
        FOLDER,
        column,
        dax,
        f"select table_name || '.' || rule as label, {sql} as value from quality_scorecard group by all",
        f"select table_name || '.' || rule as label, {published} as value from quality_scorecard",
        _CHECKS,
    )


MEASURES = (
    _of_ledger(
        "Rows Delivered",
        Ledger.table.columns["rows_delivered"],
        "SUM ( Deliveries[rows_delivered] )",
        "rows_delivered",
        f"published + {' + '.join(_FATES)}",
    ),
    _of_ledger(
        "Rows Published",
        Ledger.table.columns["published"],
        "SUM ( Deliveries[published] )",
        "published",
        f"rows_delivered - {' - '.join(_FATES)}",
    ),
    _of_ledger(
        "Rows Refused",
        Count("Malformed records, and rows that failed a rule of a contract: they are kept, with the reason."),
        "SUM ( Deliveries[rejected] ) + SUM ( Deliveries[quarantined] )",
        "rejected + quarantined",
        "rows_delivered - published - pending - superseded - collapsed - left_out - erased",
    ),
    _of_ledger(
        "Rows Not Accounted For",
        Count("Delivered rows without a known fate. It is 0, or the ledger is wrong."),
        "SUM ( Deliveries[rows_delivered] ) - SUM ( Deliveries[published] )"
        + "".join(f" - SUM ( Deliveries[{fate}] )" for fate in _FATES),
        f"rows_delivered - published - {' - '.join(_FATES)}",
        "0",
    ),
    _of_checks(
        "Checked Rows",
        QualityScorecard.table.columns["checked_rows"],
        "SUM ( 'Quality Checks'[checked_rows] )",
        "sum(checked_rows)",
        "checked_rows",
    ),
    _of_checks(
        "Failed Rows",
        QualityScorecard.table.columns["failed_rows"],
        "SUM ( 'Quality Checks'[failed_rows] )",
        "sum(failed_rows)",
        "failed_rows",
    ),
    _of_checks(
        "Pass Rate",
        Share("Share of the checked rows that passed; blank where none were checked."),
        "DIVIDE ( [Checked Rows] - [Failed Rows], [Checked Rows] )",
        "1 - sum(failed_rows) / nullif(sum(checked_rows), 0)",
        "pass_rate",
    ),
)
