"""Builds one tiny shop from its files to its release and checks the result.

Here: the build, and checks of the ledger, the totals, the numbers and every read-only command. Not here: the shapes of the
shops (shape.py) and their rows (export.py).
"""

from __future__ import annotations

import io
import math
import re
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from os import environ
from pathlib import Path
from unittest.mock import patch

import polars as pl
import polars.selectors as cs
import pytest

from ecom_lake.cli import main
from ecom_lake.cli.ask import show
from ecom_lake.cli.lake_options import LakeOptions
from ecom_lake.engine.serve.answering import answer, unanswerable
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.catalog import questions
from ecom_lake_tests.tiny_shops.export import Export, export_of
from ecom_lake_tests.tiny_shops.shape import Shape

READERS = (("status",), ("doctor",), ("tables",), ("ledger",), ("quarantine",), ("ask",))
"""Commands that print and change nothing."""
_STYLE, _TAG = re.compile("<style.*?</style>", re.DOTALL), re.compile("<[^>]+>")
_NOT_A_VALUE = re.compile(r".{0,40}\b(?:nan|inf|undefined)\b.{0,40}", re.IGNORECASE)


def build_and_check(export: Export, folder: Path) -> CanonicalShop:
    """The built and released shop; raises if a check fails."""
    shop = CanonicalShop(folder)
    export.land(shop)
    shop.build()
    check(shop, export)
    return shop


def why_it_fails(shape: Shape) -> str | None:
    """Builds and checks the shape; returns the stack trace of a failure."""
    with tempfile.TemporaryDirectory(prefix="ecom-lake-tiny-") as folder:
        try:
            build_and_check(export_of(shape), Path(folder))
        except Exception:
            return traceback.format_exc()
    return None


def check(shop: CanonicalShop, export: Export) -> None:
    """Raises if the release differs from the export's rows, or if a command fails."""
    _check_ledger(shop, export)
    _check_totals(shop, export.totals)
    _check_numbers(shop)
    _check_questions(shop)
    _check_commands(shop)


def _check_ledger(shop: CanonicalShop, export: Export) -> None:
    """Every row is valid, so every row is published."""
    found = shop.ask("select table_name, rows_delivered, published from ledger order by 1")
    delivered = sorted((name, len(rows), len(rows)) for name, rows in export.files.items())
    assert found == delivered, f"the ledger has {found}, but {delivered} were delivered"


def _check_totals(shop: CanonicalShop, totals: Mapping[str, float | None]) -> None:
    found = dict(shop.ask("select metric, value from kpi_summary"))
    wrong = {name: (found[name], total) for name, total in totals.items() if found[name] != pytest.approx(total)}
    assert not wrong, f"kpi_summary differs from the totals of the rows in {wrong}"


def _check_numbers(shop: CanonicalShop) -> None:
    """A number that cannot be computed is NULL: neither NaN nor infinite."""
    files = list((shop.root / "mine" / "gold").rglob("*.parquet"))
    assert files
    for file in files:
        numbers = pl.read_parquet(file, glob=False).select(cs.float())
        strange = [column.name for column in numbers if not column.drop_nulls().is_finite().all()]
        assert not strange, f"{file.stem} has numbers that are not finite in {strange}"


def _check_questions(shop: CanonicalShop) -> None:
    site = shop.site
    entry = released(site)
    open_ones = unanswerable(site, entry)
    with session(site, entry) as opened:
        for question in questions():
            if question.name in open_ones:
                continue
            answered = answer(opened, question, {})
            with _on_a_terminal():
                show(answered, LakeOptions(str(shop.root), "mine"))
            numbers = [value for row in answered.rows for value in row if isinstance(value, float)]
            assert all(map(math.isfinite, numbers)), f"{question.name} returns {numbers}"


def _check_commands(shop: CanonicalShop) -> None:
    pages = {name: shop.folder / f"{name}.html" for name in ("report", "quality")}
    for words in (*READERS, *((name, "--out", str(file)) for name, file in pages.items())):
        code, output = run(shop, *words)
        assert code == 0, f"ecom-lake {' '.join(words)} exits {code}: {output}"
    for file in pages.values():
        text = _TAG.sub(" ", _STYLE.sub("", file.read_text(encoding="utf-8")))
        assert not _NOT_A_VALUE.search(text), f"{file.name} contains {_NOT_A_VALUE.findall(text)}"


def run(shop: CanonicalShop, *words: str) -> tuple[int, str]:
    """The exit code and the output of a command on a terminal. An unexpected error is raised."""
    settings = {"ECOM_LAKE_CONFIG": str(shop.config), "ECOM_LAKE_ROOT": str(shop.root), "ECOM_LAKE_DEBUG": "1"}
    with patch.dict(environ, settings), _on_a_terminal() as printed:
        code = main([*words, "--shop", "mine"])
    return code, printed.getvalue()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def _on_a_terminal() -> Iterator[io.StringIO]:
    """Redirects the output to a simulated terminal, so that charts are drawn."""
    terminal = _Terminal()
    with patch.dict(environ, {"TERM": "xterm-256color", "COLUMNS": "100"}), redirect_stdout(terminal), redirect_stderr(terminal):
        yield terminal
