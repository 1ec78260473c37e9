from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Text, Timestamp
from ecom_lake.engine.contracts.table import Gold, Rule


class Ledger(Gold, group="trust"):
    """One row per delivery and table: what was delivered, and where every row of it went."""

    sequence = Integer("The delivery's permanent number; the higher one is the later one.", key=True, at_least=1)
    table_name = Text("The bronze table that it was delivered for.", key=True)
    delivered_at = Timestamp("When the file was put into landing, in UTC.")
    file = Text("The file as it was landed; a member of a zip after the zip's name.")
    content_hash = Text("Hash of the file's content: the same content is one delivery, whatever its name.")
    rows_delivered = Count("Records in the file, malformed ones too.")
    rejected = Count("Malformed records, kept with their raw text.")
    quarantined = Count("Rows that broke a contract, kept with the rule and the raw record.")
    pending = Count("Rows whose order has not come yet; looked at again in every build.")
    superseded = Count("Older versions of a row that came again.")
    collapsed = Count("Rows merged into another: the points of a zip, the aliases of a person, the translation of a category.")
    published = Count("Rows that stand in silver.")

    rules = (
        Rule(
            "every_row_accounted",
            "rows_delivered = rejected + quarantined + pending + superseded + collapsed + published",
            "Every delivered record is rejected, quarantined, pending, superseded, collapsed or published.",
        ),
    )
