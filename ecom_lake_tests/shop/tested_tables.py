"""Every silver and gold table has a test file of its own, `test_TABLE.py` in the folder of its area.

A table that is built together with another may be tested in that one's file: its contract names the other in `beside`.
`make check` runs `python -m ecom_lake_tests.shop.tested_tables`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ecom_lake_tests import catalog

FOLDER = Path(__file__).parent


def _area(table: str) -> str:
    """The folder of the table's contract; the engine's own order index is tested with the canonical tables."""
    return "canonical" if table == "order_index" else catalog.file_of(table).parent.name


def untested(folder: Path) -> Iterator[str]:
    """A sentence for each table without a test file in this folder."""
    for name, table in {**catalog.silver(), **catalog.gold()}.items():
        area = _area(name)
        accepted = [f"{area}/test_{tested}.py" for tested in (name, table.beside) if tested]
        if not any((folder / file).exists() for file in accepted):
            yield f"The table {name} has no test: write ecom_lake_tests/shop/{' or '.join(accepted)}."


if __name__ == "__main__":
    found = list(untested(FOLDER))
    sys.stdout.writelines(f"{sentence}\n" for sentence in found)
    sys.exit(1 if found else 0)
