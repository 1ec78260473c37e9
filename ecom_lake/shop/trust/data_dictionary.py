from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Text
from ecom_lake.engine.contracts.table import Gold


class DataDictionary(Gold, group="trust"):
    """One row per table and column: what it means, in the words of its contract."""

    table_name = Text("The table.", key=True)
    column_name = Text("The column.", key=True)
    layer = Text("silver or gold.")
    position = Integer("Place of the column in the table, from 1.", at_least=1)
    type = Text("Type, as DuckDB spells it.")
    meaning = Text("What the column means.")
    nullable = Flag("Whether it may be NULL.")
    is_personal = Flag("Whether its values say who a customer is, where they live, or what they wrote.")
    example = Text("A value from the first row of the table; NULL where it has none, and of a personal column.", nullable=True)
    source = Text("The contract that promises it.")
