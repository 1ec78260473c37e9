from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Text
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class DataDictionary(Gold):
    """One row per table and column, with its meaning in the contract."""

    table_name = vocabulary.table_name.replace(key=True)
    column_name = vocabulary.column_name.replace(key=True)
    layer = vocabulary.layer
    position = vocabulary.position.replace(at_least=1)
    type = Text("Data type, in DuckDB's spelling.")
    meaning = vocabulary.meaning
    nullable = Flag("Whether the column may be NULL.")
    is_personal = Flag("Whether the values identify a customer, locate a customer's address, or are text that a customer wrote.")
    example = Text("Value from the first row of the table; NULL where it has none, and for personal columns.", nullable=True)
    source = Text("File of the contract that defines the column: its path in the package `ecom_lake` or in the project folder.")
