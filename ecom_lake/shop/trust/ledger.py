from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Text
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class Ledger(Gold):
    """One row per delivery and table that its records are read as: the delivered rows, and where each of them went."""

    sequence = Integer("Permanent number of the delivery; a later delivery has a higher one.", key=True, at_least=1)
    table_name = vocabulary.table_name
    read_as = Text(
        "The table that the records are read as: a canonical table of a shop with a map, whose records may be read as several"
        " tables; otherwise the delivered table itself.",
        key=True,
    )
    delivered_at = vocabulary.delivered_at
    file = Text("File as it was landed; a member of a zip file follows the name of the zip.")
    content_hash = Text("Hash of the file's content: the same content is one delivery, whatever its name.")
    rows_delivered = Count("Records in the file, malformed ones included.")
    rejected = Count("Malformed records, kept with their raw text.")
    quarantined = Count("Rows that failed a rule of a contract, kept with the rule and the raw record.")
    pending = Count("Rows whose order has not been delivered yet; every build checks them again.")
    superseded = Count("Older versions of a row that was delivered again.")
    collapsed = Count("Rows merged into another: points of a zip, aliases of a customer, translations of a category.")
    left_out = Count("Rows that the map leaves out, by its `where` or because it reads their file as no table.")
    published = Count("Rows published in silver.")
    erased = Count("Rows of erased persons, which are not stored.")

    rules = (
        Rule(
            "every_row_accounted",
            "rows_delivered = rejected + quarantined + pending + superseded + collapsed + left_out + published + erased",
            "Every delivered record is rejected, quarantined, pending, superseded, collapsed, left out, published or erased.",
        ),
    )
