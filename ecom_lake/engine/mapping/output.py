"""The value of a cell as text, in the spelling that every contract reads.

A text that a helper could not read is handed on as it is, so that the contract refuses the row and shows the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.engine.mapping.cells import Cell
from ecom_lake.engine.mapping.functions import AGGREGATES, GROUP_HELPERS, READERS, WORDS

OUT_OF_RANGE = "out of range"
"""The text of a value that cannot be computed, such as a product of too many digits."""
_TEXTS = "|| lower upper trim ltrim rtrim left right replace split_part concat contains starts_with ends_with ~~ !~~ length"
_SAFE = READERS | AGGREGATES | set(GROUP_HELPERS) | {"hashed", "demojibake", "nullif", "ifnull"} | set(_TEXTS.split())
"""Functions that cannot fail. Expressions with other ones are tried, which costs a little time."""
_PLAIN = ("BOOLEAN", "DATE", "TIMESTAMP", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


@dataclass(frozen=True)
class Output:
    value: str
    """The expression of the value."""
    unread: tuple[str, ...]
    """Expressions that are NULL, or a text that could not be read."""
    cell: Cell
    parsed: str | None = None
    """The text, if the value is the text parsed and nothing else."""

    @property
    def may_fail(self) -> bool:
        return may_fail(self.cell)


def may_fail(cell: Cell) -> bool:
    """Whether a value may exist with which the engine cannot compute a cell."""
    return any(not one.startswith(WORDS) and one not in _SAFE for one in cell.functions)


def is_value(kind: str) -> bool:
    """Whether a column may have DuckDB's type `kind`."""
    return kind in ("VARCHAR", "DOUBLE", "FLOAT", *_PLAIN) or kind.startswith("DECIMAL") or kind.strip('"') == "NULL"


def output_sql(output: Output, kind: str) -> str:
    """The expression of the text of a value of DuckDB's type `kind`."""
    text = _text(output.value, kind)
    if output.may_fail:
        # An empty text stands for NULL within, so that NULL can stand for an error.
        text = f"nullif(coalesce(try(coalesce({text}, '')), '{OUT_OF_RANGE}'), '')"
    elif output.parsed is not None:  # the text is parsed once, not a second time to see whether it could be
        return f"coalesce({text}, {output.parsed}::varchar)"
    return f"coalesce({', '.join([*output.unread, text])})" if output.unread else text


def _text(value: str, kind: str) -> str:
    """Numbers without trailing zeros; a number that is not exact, such as an average in a lookup, with six decimals."""
    if kind == "VARCHAR":
        return value
    exact = f"try_cast({value} as decimal(38,6))" if kind in ("DOUBLE", "FLOAT") else f"({value})"
    has_decimals = exact != f"({value})" or (kind.startswith("DECIMAL") and not kind.endswith(",0)"))
    return f"rtrim(rtrim({exact}::varchar, '0'), '.')" if has_decimals else f"{exact}::varchar"
